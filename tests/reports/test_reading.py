"""A run reads every row once, writes what changed, finds what is gone and shows all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.models import Connection
from reports.models import DataSet, RowVersion, Run
from reports.reading.reader import run_work
from reports.selectors import changes_of
from reports.services import run_cancel, run_start
from tests.reports.conftest import (
    MakeDataSet,
    change,
    contacts,
    lease_over,
    remove,
    run_on,
    run_whole,
    shown,
    written,
)
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
State, Proof = Run.State, Run.Proof
COLUMNS = ["Id", "FirstName", "Email", "City"]
OF_CONTACTS = {"arguments": {"table": "Contact"}, "columns": COLUMNS}
each_protocol = pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])


@each_protocol
def test_a_table_is_read_whole_and_proven(make: MakeDataSet, crm: Sandbox, protocol: str) -> None:
    Connection.objects.update(protocol=protocol)
    crm.seed(Contact=contacts(25))
    data_set = make(**OF_CONTACTS)
    run = run_whole(data_set, page_rows=10)
    assert (run.state, run.rows, run.added, run.pages) == (State.COMPLETE, 25, 25, 3)
    assert run.proof == (Proof.COUNTED if protocol == "xmlrpc" else Proof.READ_TO_END)
    rows = shown(data_set, *COLUMNS)
    assert rows[0][1:] == ("Ann 1", "ann1@example.com", "Ogden")
    assert [row[0] for row in rows] == sorted(int(row["Id"]) for row in crm.rows("Contact"))
    assert [(each["name"], each["type"]) for each in data_set.schema] == [
        ("Id", "id"),
        ("FirstName", "text"),
        ("Email", "text"),
        ("City", "text"),
    ]
    assert data_set.row_count == 25 and data_set.began_at == run.began_at


@each_protocol
def test_an_unchanged_reading_writes_nothing_and_changes_are_found(
    make: MakeDataSet, crm: Sandbox, protocol: str
) -> None:
    Connection.objects.update(protocol=protocol)
    ids = crm.seed(Contact=contacts(25))["Contact"]
    data_set = make(**OF_CONTACTS)
    run_whole(data_set, page_rows=10)
    before = written()
    again = run_whole(data_set, page_rows=10)
    assert (again.added, again.changed, again.removed, again.state) == (0, 0, 0, State.COMPLETE)
    assert written() == before
    remove(crm, "Contact", ids[3], ids[11], ids[24])
    change(crm, "Contact", ids[0], City="Provo")
    crm.seed(Contact=contacts(2, first=100))
    third = run_whole(data_set, page_rows=10)
    assert (third.added, third.changed, third.removed) == (2, 1, 3)
    assert shown(data_set, "City")[0] == ("Provo",)
    assert len(shown(data_set)) == data_set.row_count == 24
    feed = changes_of(data_set).filter(id__gt=max(before))
    assert sorted(feed.values_list("key", "gone")) == sorted(
        [(str(ids[0]), False), (str(ids[3]), True), (str(ids[11]), True), (str(ids[24]), True)]
        + [(str(row["Id"]), False) for row in crm.rows("Contact") if row["Id"] > ids[24]]
    )


def test_a_killed_reader_costs_one_call(make: MakeDataSet, crm: Sandbox, monkeypatch: Any) -> None:
    crm.seed(Contact=contacts(25))
    data_set = make(**OF_CONTACTS)
    run = run_start(data_set, Run.Trigger.PERSON)
    assert run is not None
    Run.objects.update(page_rows=10)
    run_work(run.pk, stop=lambda: True)  # one page
    run.refresh_from_db()
    assert (run.pages, run.rows, run.cursor["after"] > 0) == (1, 10, True)
    assert shown(data_set) == []  # nothing half done is seen
    Run.objects.update(lease_token="dead", lease_until="2099-01-01T00:00Z")
    assert run_work(run.pk) is None
    lease_over()
    done = run_on(run)
    assert (done.rows, done.added, done.pages) == (25, 25, 3)
    assert len(shown(data_set)) == 25


def test_a_replacement_that_is_cancelled_is_taken_back(make: MakeDataSet, crm: Sandbox) -> None:
    ids = crm.seed(Contact=contacts(25))["Contact"]
    data_set = make(**OF_CONTACTS)
    run_whole(data_set, page_rows=10)
    before, kept = shown(data_set, *COLUMNS), list(RowVersion.objects.values())
    for id in ids[:5]:
        change(crm, "Contact", id, City="Provo")
    remove(crm, "Contact", ids[6])
    run = run_start(DataSet.objects.get(), Run.Trigger.PERSON)
    assert run is not None
    Run.objects.filter(pk=run.pk).update(page_rows=10)
    run_work(run.pk, stop=lambda: True)
    assert RowVersion.objects.count() == 25 + 6
    assert shown(data_set, *COLUMNS) == before
    assert run_cancel(run)
    done = run_on(run)
    assert (done.state, shown(data_set, *COLUMNS)) == (State.CANCELLED, before)
    assert list(RowVersion.objects.values()) == kept
    assert not run_cancel(done)


def test_a_merge_keeps_what_is_gone_and_what_it_read_until_it_was_cancelled(
    make: MakeDataSet, crm: Sandbox
) -> None:
    ids = crm.seed(Contact=contacts(15))["Contact"]
    data_set = make(**OF_CONTACTS, mode="merge")
    run_whole(data_set)
    remove(crm, "Contact", ids[0])
    change(crm, "Contact", ids[1], City="Provo")
    change(crm, "Contact", ids[14], City="Provo")
    run = run_start(DataSet.objects.get(), Run.Trigger.PERSON)
    assert run is not None
    Run.objects.filter(pk=run.pk).update(page_rows=10)
    run_work(run.pk, stop=lambda: True)
    run_cancel(run)
    assert run_on(run).state == State.CANCELLED
    assert [city for (city,) in shown(data_set, "City")] == ["Ogden", "Provo", *["Ogden"] * 13]
    assert DataSet.objects.get().began_at == Run.objects.get(number=1).began_at


def test_an_append_keeps_every_run_s_rows(make: MakeDataSet, crm: Sandbox) -> None:
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS, mode="append")
    run_whole(data_set)
    run_whole(data_set)
    assert len(shown(data_set)) == 6


def test_a_second_run_does_not_begin_beside_the_first(make: MakeDataSet) -> None:
    data_set = make(**OF_CONTACTS)
    assert run_start(data_set, Run.Trigger.PERSON) is not None
    assert run_start(data_set, Run.Trigger.SCHEDULE) is None


def test_a_column_that_the_crm_does_not_know_is_left_out_and_told(make: MakeDataSet, crm: Sandbox) -> None:
    crm.seed(Contact=contacts(2))
    data_set = make(arguments={"table": "Contact"}, columns=["Id", "Validated", "FirstName"])
    crm.faults(
        {
            "method": "DataService.query",
            "call": 1,
            "do": "fault",
            "code": 8,
            "text": "[NoFieldFound]No field found: Contact.Validated",
        }
    )
    run = run_whole(data_set)
    assert run.state == State.COMPLETE
    assert run.notes == ["The CRM does not know the column Validated; the run went on without it."]
    assert [each["name"] for each in DataSet.objects.get().schema] == ["Id", "FirstName"]


def test_a_reply_without_rows_where_the_crm_counts_some_is_no_answer(
    make: MakeDataSet, crm: Sandbox, settings: Any
) -> None:
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    settings.REPORTS_MOST_ROWS = 2
    run = run_whole(data_set, page_rows=1)
    assert (run.state, len(shown(data_set))) == (State.INCOMPLETE, 3)
    assert "Stopped at 2 rows" in run.error


def test_a_refusal_fails_the_run_and_shows_what_was_there(make: MakeDataSet, crm: Sandbox) -> None:
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    crm.faults({"method": "DataService.query", "do": "fault", "code": 9, "text": "[NoTableFound]No table"})
    run = run_whole(data_set)
    assert (run.state, len(shown(data_set))) == (State.FAILED, 3)
    assert "does not open the part" in run.error
