"""The pages of many mappings at once: who may do what, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from mappings.batch import files
from mappings.batch.work import batch_work
from mappings.models import BatchImport, Connection
from tests.factories import ConnectionFactory, MerchantFactory
from tests.mappings.batch.files import applied, checked, csv_of, everything
from tests.mappings.conftest import member_client
from tests.mappings.pages import page_url, told

pytestmark = pytest.mark.django_db
BODY = csv_of(["Item ID", "CRM product id"], ["BONE", "7"])
READS = ("one", "state", "report", "before")
BUTTONS = ("columns", "apply", "withdraw", "undo")


def url(name: str, row: Connection | BatchImport) -> str:
    suffix = f"_{name}" if name else ""
    return reverse(f"admin:mappings_connection_batch{suffix}", args=[row.pk])


def upload(client: Client, connection: Connection, body: bytes = BODY, scope: str = "items") -> Any:
    file = SimpleUploadedFile("mappings.csv", body)
    return client.post(url("", connection), {"file": file, "scope": scope}, follow=True)


def press(client: Client, name: str, batch: BatchImport) -> Any:
    return client.post(url(name, batch), follow=True)


def test_the_settings_page_links_here(editor: Client, connection: Connection) -> None:
    assert url("", connection) in editor.get(page_url(connection)).content.decode()


SHEET = csv_of(["Merchant Item ID", "Description", "Price", "Tags"], ["BONE", "A bone", "9.95", "Dog owner"])


def test_a_sheet_with_other_columns_is_asked_about(editor: Client, connection: Connection) -> None:
    """An item sheet as shops export it: nothing has to be renamed or removed by hand."""
    upload(editor, connection, SHEET)
    batch = connection.batch_imports.get()
    batch_work(batch.pk)
    page = editor.get(url("one", batch)).content.decode()
    assert "Say what its columns are" in page and page.count("<select") == 4
    assert page.count("<option selected>") == 2  # the item and the tags are guessed
    answer = editor.post(url("columns", batch), {"column-1": "Item ID"}, follow=True).content.decode()
    assert "at least one other" in answer
    answer = editor.post(
        url("columns", batch), {"column-0": "Item ID", "column-1": "Item ID"}, follow=True
    ).content.decode()
    assert "Two columns cannot both be “Item ID”" in answer
    editor.post(url("columns", batch), {"column-0": "Item ID", "column-3": "Contact tags"})
    batch_work(batch.pk)
    report = b"".join(editor.get(url("report", batch))).decode()
    assert "BONE" in report and "Dog owner" in report
    press(editor, "apply", batch)
    batch_work(batch.pk)
    assert list(connection.product_tags.values_list("item_id", "tag_name")) == [("BONE", "Dog owner")]


def test_upload_check_apply_and_undo(editor: Client, connection: Connection) -> None:
    page = upload(editor, connection)
    batch = connection.batch_imports.get()
    assert "Waits for its turn" in page.content.decode()
    assert b"data-busy" in editor.get(url("state", batch)).content
    batch_work(batch.pk)
    page = editor.get(url("one", batch)).content.decode()
    assert "Nothing is changed yet" in page
    assert "Apply all of it" in page
    assert "Being applied" in press(editor, "apply", batch).content.decode()
    batch_work(batch.pk)
    assert "the mappings are as the file says" in editor.get(url("one", batch)).content.decode()
    assert everything(connection)["products"] == [("BONE", 7)]
    before = b"".join(editor.get(url("before", batch)))
    assert before.decode("utf-8-sig").splitlines() == ["Item ID,CRM product id", "BONE,"]
    page = press(editor, "undo", batch)
    assert "Before mappings.csv" in page.content.decode()
    assert everything(connection)["products"] == [("BONE", 7)]


def test_what_is_wrong_is_told_and_there_is_no_button(editor: Client, connection: Connection) -> None:
    batch = checked(connection, csv_of(["Item ID", "CRM product id"], ["<b>", "x"]))
    page = editor.get(url("one", batch)).content.decode()
    assert "Correct the rows" in page
    assert "&lt;b&gt;" in page
    assert "Apply all of it" not in page
    report = b"".join(editor.get(url("report", batch)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "whole number" in report
    assert "look at its state" in told(press(editor, "apply", batch))


def test_exports(editor: Client, connection: Connection) -> None:
    applied(connection, BODY)
    answer: Any = editor.get(url("export", connection), {"format": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="mappings.csv"'
    assert b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1] == "BONE,7,,,,,"
    answer = editor.get(url("export", connection), {"format": "xlsx"})
    rows = list(files.rows_read(b"".join(answer.streaming_content)))
    assert rows[1][1][:2] == ["BONE", "7"]
    assert editor.get(url("export", connection), {"format": "xls"}).status_code == 404


def test_a_cell_that_no_workbook_holds_is_told(editor: Client, connection: Connection) -> None:
    for number in range(170):
        connection.product_tags.create(item_id="BONE", tag_name=f"{number:03}" + "x" * 197)
    page = editor.get(url("export", connection), {"format": "xlsx"}, follow=True)
    assert "export CSV instead" in told(page)


@pytest.mark.parametrize("body", [b"", b"x" * (files.MOST_BYTES + 1)])
def test_a_file_that_is_too_large_or_empty(editor: Client, connection: Connection, body: bytes) -> None:
    page = upload(editor, connection, body)
    assert page.context["form"].errors["file"]
    assert not BatchImport.objects.exists()


def test_withdrawing(editor: Client, connection: Connection) -> None:
    batch = checked(connection, BODY)
    assert "nothing was changed" in told(press(editor, "withdraw", batch))
    assert "nothing was withdrawn" in told(press(editor, "withdraw", batch))
    batch.refresh_from_db()
    assert (batch.state, bytes(batch.body)) == ("withdrawn", b"")
    assert editor.get(url("report", batch)).status_code == 404


def test_a_member_without_the_right_looks_and_exports(connection: Connection, viewer: Client) -> None:
    batch = checked(connection, BODY)
    assert upload(viewer, connection).status_code == 403
    assert viewer.get(url("export", connection)).status_code == 200
    assert "Upload and check" not in viewer.get(url("", connection)).content.decode()
    assert "Apply all of it" not in viewer.get(url("one", batch)).content.decode()
    assert [press(viewer, name, batch).status_code for name in BUTTONS] == [403] * 4
    batch.refresh_from_db()
    assert batch.state == "checked"


def test_another_merchant_s_pages_are_not_there(editor: Client) -> None:
    theirs = ConnectionFactory(merchant=MerchantFactory(name="Theirs"))
    batch = applied(theirs, BODY)
    assert upload(editor, theirs).status_code == 404
    assert editor.get(url("export", theirs)).status_code == 404
    for name in (*READS, *BUTTONS):
        assert editor.get(url(name, batch)).status_code == 404
        assert editor.post(url(name, batch)).status_code == 404


def test_buttons_are_posts_with_a_token(editor: Client, connection: Connection) -> None:
    batch = checked(connection, BODY)
    assert [editor.get(url(name, batch)).status_code for name in BUTTONS] == [405] * 4
    assert editor.post(url("one", batch)).status_code == 405
    strict = member_client(connection.merchant)
    strict.handler.enforce_csrf_checks = True
    assert strict.post(url("apply", batch)).status_code == 403
    assert upload(strict, connection).status_code == 403


def test_the_pages_queries_do_not_grow(
    editor: Client, connection: Connection, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        checked(connection, BODY)
    with django_assert_max_num_queries(8):
        editor.get(url("", connection))
