"""A file on its way into the tables: checked, applied as a whole, undone."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from background.lease import LeaseLost
from background.periodic import Rounds
from mappings.batch.claim import MOST_ATTEMPTS, batch_claim, batches_due
from mappings.batch.export import export_csv, export_xlsx
from mappings.batch.services import (
    KEPT,
    batch_apply,
    batch_before,
    batch_report,
    batch_undo,
    batch_upload,
    batch_withdraw,
)
from mappings.batch.work import batch_work
from mappings.models import BatchImport, Connection, DirectoryList, DirectoryRow, ProductGoal
from mappings.periodic import UPLOADS
from mappings.tasks import work_batch
from tests.factories import ConnectionFactory
from tests.mappings.batch.files import applied, apply_now, checked, csv_of, everything, told, xlsx_of
from tests.mappings.batch.test_cells import NAMES

pytestmark = pytest.mark.django_db
ALL = ["Item ID", "CRM product id", "Contact tags", "Action set ids", "Goals", "Folder ID"]
BONE = ["BONE", "7", 'Dog owner, "Bones, large"', "12; 15", "shop/bought; club/joined", "treats"]


@pytest.fixture
def bone(connection: Connection) -> Connection:
    """A connection with everything mapped to one item."""
    applied(connection, csv_of(ALL, BONE))
    return connection


def exported(connection: Connection) -> bytes:
    return b"".join(export_csv(connection))


def rows_of(pieces: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


def directory_read(connection: Connection, kind: str, **records: int) -> None:
    now = timezone.now()
    DirectoryList.objects.create(connection=connection, kind=kind, refreshed_at=now, due_at=now)
    for name, crm_id in records.items():
        DirectoryRow.objects.create(connection=connection, kind=kind, crm_id=crm_id, name=name, seen_at=now)


# -- what a file does --------------------------------------------------------------------------------


def test_every_column_fills_its_table(bone: Connection) -> None:
    assert everything(bone) == {
        "products": [("BONE", 7)],
        "tags": [("BONE", "Bones, large"), ("BONE", "Dog owner")],
        "sets": [("BONE", 12), ("BONE", 15)],
        "goals": [("item", "BONE", "club", "joined"), ("item", "BONE", "shop", "bought")],
        "folders": [("BONE", "treats")],
    }


def test_a_missing_column_is_left_alone_and_an_empty_cell_removes(bone: Connection) -> None:
    batch = applied(bone, csv_of(["Item ID", "Contact tags", "Folder ID"], ["BONE", "", "chews"]))
    assert told(batch) == [
        (2, "changed", 'Contact tags: remove "Bones, large", Dog owner. Folder ID: treats → chews')
    ]
    left = everything(bone)
    assert (left["tags"], left["folders"]) == ([], [("BONE", "chews")])
    assert (left["products"], len(left["sets"]), len(left["goals"])) == ([("BONE", 7)], 2, 2)


def test_only_the_items_in_the_file_unless_it_stands_for_everything(bone: Connection) -> None:
    body = csv_of(["Item ID", "CRM product id"], ["LEASH", "8"])
    applied(bone, body)
    assert everything(bone)["products"] == [("BONE", 7), ("LEASH", 8)]
    batch = applied(bone, body, replaces_all=True)
    assert told(batch) == [(0, "removed", "CRM product id: remove 7")]
    left = everything(bone)
    assert left["products"] == [("LEASH", 8)]
    assert len(left["tags"]) == 2  # not a column of the file


def test_goals_of_other_triggers_and_other_connections_stay(bone: Connection) -> None:
    other = ConnectionFactory(merchant=bone.merchant, name="Other")
    applied(other, csv_of(ALL, BONE))
    bone.product_goals.create(
        trigger=ProductGoal.Trigger.FOLDER, value="BONE", integration="shop", call_name="bought"
    )
    before = everything(other)
    applied(bone, csv_of(["Item ID", "Goals"], ["X", "a/b"]), replaces_all=True)
    assert everything(bone)["goals"] == [("folder", "BONE", "shop", "bought"), ("item", "X", "a", "b")]
    assert everything(other) == before


def test_nothing_changes_for_a_file_that_says_what_is_there(bone: Connection) -> None:
    batch = checked(bone, exported(bone), replaces_all=True)
    assert (batch.state, batch.summary["unchanged"], batch.report) == ("checked", 1, [])


ITEMS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {
            "product": st.none() | st.integers(1, 2**31 - 1),
            "tags": st.sets(NAMES, max_size=3),
            "sets": st.sets(st.integers(1, 999), max_size=2),
            "goals": st.sets(st.tuples(NAMES, NAMES), max_size=2),
            "folder": st.none() | NAMES,
        }
    ),
    min_size=1,
    max_size=4,
)


@given(items=ITEMS, as_workbook=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_imported_elsewhere_is_the_same(
    connection: Connection, items: dict[str, Any], as_workbook: bool
) -> None:
    other = ConnectionFactory(merchant=connection.merchant, name=f"Other {Connection.objects.count()}")
    source = ConnectionFactory(merchant=connection.merchant, name=f"Source {Connection.objects.count()}")
    for item, mapped in items.items():
        if mapped["product"]:
            source.product_mappings.create(item_id=item, crm_product_id=mapped["product"])
        if mapped["folder"]:
            source.item_folders.create(item_id=item, folder_id=mapped["folder"])
        for tag in mapped["tags"]:
            source.product_tags.create(item_id=item, tag_name=tag)
        for number in mapped["sets"]:
            source.product_action_sets.create(item_id=item, action_set_id=number)
        for integration, call_name in mapped["goals"]:
            source.product_goals.create(value=item, integration=integration, call_name=call_name)
    if not any(everything(source).values()):
        return
    with export_xlsx(source) as workbook:
        applied(other, workbook.read() if as_workbook else exported(source))
    assert everything(other) == everything(source)


# -- the check ---------------------------------------------------------------------------------------


def test_wrong_rows_are_named_and_nothing_can_be_applied(connection: Connection) -> None:
    rows = [
        ["A", "7", ""],
        ["A", "8", ""],
        ["B", "x", ""],
        ["", "9", ""],
        ["C", "9", "a"],
        ["D" * 101, "", ""],
    ]
    batch = checked(connection, csv_of(["Item ID", "CRM product id", "Goals"], *rows))
    assert (batch.state, batch.rows, batch.bad_rows) == ("refused", 6, 5)
    lines = {line: sentence for line, kind, sentence in told(batch) if kind == "wrong"}
    assert "row 2" in lines[3]
    assert "whole number" in lines[4]
    assert "missing" in lines[5]
    assert "call name" in lines[6]
    assert "100 are the most" in lines[7]
    assert not batch_apply(batch)
    assert not connection.product_mappings.exists()


def test_what_the_crm_does_not_have_is_a_warning(connection: Connection) -> None:
    body = csv_of(["Item ID", "CRM product id", "Contact tags"], ["A", "7", "Dog owner, Cat"])
    assert checked(connection, body).summary["looked_up"] is False
    directory_read(connection, "product", Bone=8)
    directory_read(connection, "tag", Cat=1)
    batch = checked(connection, body)
    assert (batch.state, batch.summary["warnings"], batch.summary["looked_up"]) == ("checked", 2, True)
    assert "no product with the id 7. The CRM has no tag “Dog owner”." in told(batch)[0][2]
    apply_now(batch)
    assert connection.product_mappings.get().crm_product_id == 7


def test_the_full_report_has_every_row(connection: Connection) -> None:
    rows = [[f"=ITEM{n}", "0" if n % 2 else "7"] for n in range(300)]
    batch = checked(connection, csv_of(["Item ID", "CRM product id"], *rows))
    assert len(batch.report) == 100
    report = rows_of(batch_report(batch))
    assert (len(report), report[1][:3]) == (301, ["2", "'=ITEM0", "added"])
    assert report[2][2] == "wrong"


def test_an_export_names_the_product_and_the_import_ignores_it(bone: Connection) -> None:
    directory_read(bone, "product", Chewy=7)
    rows = rows_of(export_csv(bone))
    assert rows[1][:3] == ["BONE", "7", "Chewy"]
    rows[1][2] = "Anything"
    assert checked(bone, csv_of(*rows)).summary["unchanged"] == 1


def test_an_unreadable_file_is_refused_and_dropped(connection: Connection) -> None:
    batch = checked(connection, b"PK\x03\x04 no archive")
    assert (batch.state, bytes(batch.body)) == ("refused", b"")
    assert "no Excel workbook" in batch.problem
    assert "no item" in checked(connection, csv_of(ALL), replaces_all=True).problem


# -- applying ----------------------------------------------------------------------------------------


def test_undo_brings_back_exactly_what_was_before(bone: Connection) -> None:
    before = everything(bone)
    batch = applied(
        bone,
        csv_of(ALL, ["BONE", "9", "Cat", "", "", ""], ["NEW", "1", "x", "2", "a/b", "f"]),
        replaces_all=True,
    )
    assert everything(bone) != before
    undo = batch_undo(batch, user=None)
    assert undo is not None
    batch_work(undo.pk)
    undo.refresh_from_db()
    apply_now(undo)
    assert everything(bone) == before


def test_before_is_there_only_of_what_was_applied(connection: Connection) -> None:
    batch = checked(connection, csv_of(ALL, BONE))
    assert batch_before(batch) is None
    assert batch_undo(batch, user=None) is None


def test_changes_after_the_check_are_shown_before_anything_is_applied(connection: Connection) -> None:
    batch = checked(connection, csv_of(ALL[:2], ["A", "7"]))
    connection.product_mappings.create(item_id="A", crm_product_id=5)
    apply_now(batch)
    assert (batch.state, connection.product_mappings.get().crm_product_id) == ("checked", 5)
    assert "changed after the check" in batch.problem
    assert told(batch) == [(2, "changed", "CRM product id: 5 → 7")]
    apply_now(batch)
    assert (batch.state, connection.product_mappings.get().crm_product_id) == ("applied", 7)


def test_changes_elsewhere_after_the_check_do_not_matter(connection: Connection) -> None:
    batch = checked(connection, csv_of(ALL[:2], ["A", "7"]))
    connection.product_mappings.create(item_id="B", crm_product_id=5)
    assert apply_now(batch).state == "applied"


def test_only_the_first_of_two_who_press_apply(connection: Connection) -> None:
    batch = checked(connection, csv_of(ALL, BONE))
    assert [batch_apply(batch), batch_apply(batch)] == [True, False]
    assert [batch_work(batch.pk), batch_work(batch.pk)] == [True, False]
    assert not batch_apply(batch)
    assert not batch_withdraw(batch)


def test_two_files_applied_at_once_do_not_mix(connection: Connection) -> None:
    first = checked(connection, csv_of(ALL[:2], ["A", "7"]))
    assert batch_apply(first)
    second = checked(connection, csv_of(ALL[:2], ["A", "8"]))
    assert batch_apply(second)
    assert [batch_work(first.pk), batch_work(second.pk)] == [True, True]
    second.refresh_from_db()
    assert (second.state, connection.product_mappings.get().crm_product_id) == ("checked", 7)


# -- workers -----------------------------------------------------------------------------------------


def test_a_worker_has_an_upload_alone_until_its_lease_ends(connection: Connection) -> None:
    batch = batch_upload(connection, user=None, file_name="m.csv", body=csv_of(ALL, BONE))
    now = timezone.now()
    hold = batch_claim(batch.pk, now)
    assert hold is not None
    assert batch_claim(batch.pk, now) is None
    assert batches_due(now) == []
    later = now + timedelta(minutes=2)
    assert batches_due(later) == [batch.pk]
    assert batch_claim(batch.pk, later) is not None
    with pytest.raises(LeaseLost):
        hold.keep(done_rows=1)


def test_a_file_that_kills_its_workers_is_set_aside(connection: Connection) -> None:
    batch = batch_upload(connection, user=None, file_name="m.csv", body=csv_of(ALL, BONE))
    BatchImport.objects.filter(pk=batch.pk).update(attempts=MOST_ATTEMPTS)
    work_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, "Tell support" in batch.problem) == ("refused", True)


def test_a_withdrawn_file_is_not_worked_on(connection: Connection) -> None:
    batch = batch_upload(connection, user=None, file_name="m.csv", body=csv_of(ALL, BONE))
    hold = batch_claim(batch.pk, timezone.now())
    assert hold is not None
    assert batch_withdraw(batch)
    with pytest.raises(LeaseLost):
        hold.release(state="checked")
    assert not batch_work(batch.pk)


def test_a_newer_upload_takes_the_place_and_few_are_kept(connection: Connection) -> None:
    uploads = [checked(connection, csv_of(ALL, BONE)) for _ in range(KEPT + 3)]
    assert connection.batch_imports.count() == KEPT
    assert list(connection.batch_imports.exclude(state="withdrawn")) == [uploads[-1]]
    assert not connection.batch_imports.filter(state="withdrawn").exclude(body=b"").exists()


@pytest.mark.django_db(transaction=True)
def test_the_rounds_ring_first_and_then_do_it_themselves(connection: Connection, settings: Any) -> None:
    settings.SWEEP_DIRECT_AFTER_SECONDS = 0.0
    batch = batch_upload(connection, user=None, file_name="m.csv", body=csv_of(ALL, BONE))
    rung: list[int] = []
    rounds = Rounds(replace(UPLOADS, wake=lambda batch_id: rung.append(batch_id) is None))
    assert (rounds.once(timezone.now()), rung) == (0, [batch.pk])
    assert rounds.once(timezone.now()) == 1
    rounds.close()
    batch.refresh_from_db()
    assert (batch.state, rung) == ("checked", [batch.pk])


# -- queries -----------------------------------------------------------------------------------------


def queries(work: Any) -> int:
    with CaptureQueriesContext(database) as captured:
        work()
    return len(captured)


def test_queries_do_not_grow_with_the_rows_of_a_chunk(connection: Connection) -> None:
    few, many = ([[f"{n}", "7", "a, b", "1; 2", "a/b", "f"] for n in range(count)] for count in (5, 400))
    applied(connection, csv_of(ALL, *few))
    few_queries = (
        queries(lambda: exported(connection)),
        queries(lambda: checked(connection, csv_of(ALL, *few))),
    )
    applied(connection, csv_of(ALL, *many))
    body = csv_of(ALL, *many)
    assert queries(lambda: exported(connection)) == few_queries[0]
    assert queries(lambda: checked(connection, body)) <= few_queries[1] + 4  # progress, by the clock


def test_a_workbook_does_what_a_csv_does(connection: Connection) -> None:
    applied(connection, xlsx_of(ALL, BONE, [123, 8, None, 5, None, None]))
    assert everything(connection)["products"] == [("123", 8), ("BONE", 7)]
