"""The pick lists of the settings page and the state of the lists on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mappings.admin.pick_lists import LONGEST_QUERY, PICKS
from mappings.directory.schedule import KINDS
from mappings.models import Connection, DirectoryList, DirectoryRow
from tests.factories import ConnectionFactory
from tests.mappings.conftest import member_client
from tests.mappings.pages import page_url, told
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db


def url(name: str, connection: Connection) -> str:
    return reverse(f"admin:mappings_connection_{name}", args=[connection.pk])


def pick(client: Client, connection: Connection, **asked: Any) -> Any:
    answer = client.get(url("pick", connection), asked)
    assert answer.status_code == 200
    return answer.json()


def picked(client: Client, connection: Connection, **asked: Any) -> list[int]:
    return [record["id"] for record in pick(client, connection, **asked)["results"]]


def listed(connection: Connection, kind: str, *rows: dict[str, Any], **state: Any) -> None:
    now = timezone.now()
    DirectoryRow.objects.bulk_create(
        DirectoryRow(connection=connection, kind=kind, seen_at=now, **row) for row in rows
    )
    values = {"refreshed_at": now, "due_at": now + timedelta(hours=24), "count": len(rows), **state}
    DirectoryList.objects.create(connection=connection, kind=kind, **values)


@pytest.fixture
def products(connection: Connection) -> None:
    listed(
        connection,
        "product",
        {"crm_id": 7, "name": "Dog bone", "code": "BONE", "detail": {"sku": "BONE", "price": "9.95"}},
        {"crm_id": 12, "name": "Leash", "code": "L-7"},
        {"crm_id": 13, "name": "Old dog bone", "active": False},
        {"crm_id": 14, "name": "100% wool_coat"},
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dog", [7, 13]),  # inactive ones last
        ("bone", [7, 13]),
        ("l-7", [12]),
        ("7", [7, 12]),  # the id, and a code that holds it
        ("%", [14]),
        ("_", [14]),
        ("cat", []),
        ("9" * 90, []),
    ],
)
def test_products_are_found_by_name_sku_and_id(
    editor: Client, connection: Connection, products: None, query: str, expected: list[int]
) -> None:
    assert picked(editor, connection, kind="product", q=query) == expected


def test_a_record_is_told_from_others_of_its_name(
    editor: Client, connection: Connection, products: None
) -> None:
    listed(connection, "tag_category", {"crm_id": 3, "name": "Shop"})
    listed(connection, "tag", {"crm_id": 1, "name": "VIP", "parent_id": 3}, {"crm_id": 2, "name": "VIP"})
    tags = pick(editor, connection, kind="tag", q="vip")["results"]
    assert [(record["id"], record["note"]) for record in tags] == [(1, "Shop"), (2, "")]
    first, last = pick(editor, connection, kind="product", q="bone")["results"]
    assert (first["note"], last["note"]) == ("BONE · 9.95", "inactive")


def test_custom_fields_are_found_by_their_label(editor: Client, connection: Connection) -> None:
    listed(
        connection,
        "order_field",
        {"crm_id": 1, "name": "_AdSrc", "detail": {"label": "Advertising source", "type": "text_area"}},
    )
    (found,) = pick(editor, connection, kind="order_field", q="advert")["results"]
    assert found == {"id": 1, "name": "_AdSrc", "note": "Advertising source · text area"}


def test_twenty_at_a_time(editor: Client, connection: Connection, django_assert_max_num_queries: Any) -> None:
    listed(connection, "tag", *({"crm_id": key, "name": f"Tag {key:03}"} for key in range(1, 46)))
    with django_assert_max_num_queries(8):
        first = pick(editor, connection, kind="tag")
    assert ([record["id"] for record in first["results"]], first["more"]) == (list(range(1, 21)), True)
    last = pick(editor, connection, kind="tag", page=3)
    assert (len(last["results"]), last["more"]) == (5, False)
    for odd in ("0", "-1", "x", "9" * 30):
        assert len(pick(editor, connection, kind="tag", page=odd)["results"]) in (0, 20)
    assert len(picked(editor, connection, kind="tag", q="Tag" + " " * LONGEST_QUERY + "x")) == 20


def test_the_records_of_ids(editor: Client, connection: Connection, products: None) -> None:
    named = pick(editor, connection, kind="product", ids=f"7,7,99,x,{'9' * 40}")
    assert ([record["name"] for record in named["results"]], named["read"]) == (["Dog bone"], True)
    assert pick(editor, connection, kind="tag", ids="7") == {"results": [], "read": False}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "Not read from the CRM yet"),
        ({"refreshed_at": None, "error": "The CRM did not answer."}, "did not answer"),
        ({"supported": False, "error": "REST has no action sets."}, "REST has no action sets."),
        ({}, "list is empty"),
    ],
)
def test_an_empty_list_says_why(
    editor: Client, connection: Connection, state: dict[str, Any] | None, words: str
) -> None:
    if state is not None:
        listed(connection, "action_set", **state)
    answer = pick(editor, connection, kind="action_set")
    assert (answer["results"], answer["more"]) == ([], False)
    assert words in answer["empty"]


def test_nothing_resembles(editor: Client, connection: Connection, products: None) -> None:
    assert "resembles “cat”" in pick(editor, connection, kind="product", q="cat")["empty"]


def test_another_merchant_s_lists_are_not_there(connection: Connection, editor: Client) -> None:
    other = ConnectionFactory(bound_app="ab123")
    listed(other, "tag", {"crm_id": 1, "name": "Secret"})
    for name in ("pick", "lists"):
        assert editor.get(url(name, other), {"kind": "tag"}).status_code == 404
    assert editor.post(url("refresh", other)).status_code == 404
    assert picked(editor, connection, kind="tag") == []
    stranger = member_client(other.merchant)
    assert stranger.get(url("pick", connection), {"kind": "tag"}).status_code == 404
    assert Client().get(url("pick", connection), {"kind": "tag"}).status_code == 302


def test_an_unknown_kind_is_not_there(editor: Client, connection: Connection) -> None:
    for kind in ("", "order", "affiliate_field"):
        assert editor.get(url("pick", connection), {"kind": kind}).status_code == 404


# -- the button and the state ------------------------------------------------------------------------


def test_refreshing_is_for_editors_and_by_post(
    editor: Client, viewer: Client, connection: Connection
) -> None:
    Connection.objects.update(bound_app="demo")
    assert editor.get(url("refresh", connection)).status_code == 405
    assert viewer.post(url("refresh", connection)).status_code == 403
    assert not DirectoryList.objects.exists()
    assert "being read" in told(editor.post(url("refresh", connection), follow=True))
    assert DirectoryList.objects.filter(wanted_at__isnull=False).count() == len(KINDS)


@pytest.mark.parametrize(
    ("state", "words"),
    [({"bound_app": ""}, "Test now"), ({"bound_app": "demo", "paused_at": timezone.now()}, "paused")],
)
def test_what_keeps_the_lists_from_being_read_is_said(
    editor: Client, connection: Connection, state: dict[str, Any], words: str
) -> None:
    Connection.objects.update(**state)
    assert words in told(editor.post(url("refresh", connection), follow=True))
    assert not DirectoryList.objects.exists()


def test_the_page_says_how_far_it_is(editor: Client, connection: Connection) -> None:
    Connection.objects.update(bound_app="demo")
    now = timezone.now()
    listed(connection, "tag", {"crm_id": 1, "name": "VIP"}, count=1204)
    listed(connection, "product", lease_until=now + timedelta(minutes=1), started_at=now, seen=3000)
    listed(connection, "user", refreshed_at=None, error="The CRM refused.")
    listed(connection, "action_set", refreshed_at=None, supported=False, error="REST has none.")
    page = editor.get(url("lists", connection)).content.decode()
    for words in ("1,204", "Reading, 3,000 so far", "The CRM refused.", "REST has none.", "data-busy"):
        assert words in page
    assert "Could not be read: Users." in page
    assert page.strip() in editor.get(page_url(connection)).content.decode()


def test_a_viewer_sees_the_lists_without_the_button(viewer: Client, connection: Connection) -> None:
    page = viewer.get(page_url(connection)).content.decode()
    assert "Not read yet" in page
    assert url("refresh", connection) not in page


def test_fields_name_their_list(editor: Client, connection: Connection, crm: Sandbox) -> None:
    page = editor.get(page_url(connection))
    fields = page.context["adminform"].form.fields
    assert fields["contact_tags"].widget.attrs["data-pick"] == "tag"
    assert fields["contact_action_set_id"].widget.input_type == "text"
    tables = {
        table.formset.prefix: table.formset.empty_form for table in page.context["inline_admin_formsets"]
    }
    assert tables["product_mappings"]["crm_product_id"].field.widget.attrs["data-pick-id"] == "yes"
    assert tables["field_mappings"]["crm_field"].field.widget.attrs["data-pick-by"] == "target"


def test_every_pick_is_of_a_field_that_is_there() -> None:
    for key in PICKS:
        model, name = key.split(".")
        apps.get_model("mappings", model)._meta.get_field(name)
