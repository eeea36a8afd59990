"""Objects on their way: an existing one is found by its key, several are held, and nobody else's is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cascade.models import Replication
from cascade.services import (
    replication_calls,
    replication_preview,
    replication_resend,
    replication_work,
)
from objects.models import CrmObject
from tests.factories import PLACED_AT
from tests.objects.conftest import Program
from tests.sandbox.conftest import Wire

State = Replication.State
WHEN = datetime(2026, 7, 1, 14, 30, tzinfo=UTC)
LATER = {"version_at": PLACED_AT + timedelta(hours=1)}
ABOUT = {"contact_email": "ada@example.com"}


def only(program: Program, table: str) -> dict[str, Any]:
    (row,) = program.rows(table)
    return row


def test_an_existing_company_is_brought_up_to_date_and_blank_never_overwrites(program: Program) -> None:
    there = {"Company": "SMITH-DOE Inc", "Website": "https://old.example", "Phone1": "1", "_Ref": "kept"}
    (company,) = program.shop.sandbox.seed(Company=[there])["Company"]
    sent = program.send("company", title="Smith & Doe, Inc.", phone="555-0101", website="")
    row = only(program, "Company")
    assert (sent.state, row["Id"], row["Phone1"]) == (State.SUCCEEDED, company, "555-0101")
    assert (row["Website"], row["_Ref"], row["Company"]) == (
        "https://old.example",
        "kept",
        "Smith & Doe, Inc.",
    )
    assert CrmObject.objects.get().crm_id == company


def test_what_the_crm_shows_already_is_not_written(program: Program) -> None:
    program.send("company", title="Acme", custom_fields={"_Ref": "r-1"})
    writes = len(program.shop.sandbox.effects())
    program.send("company", "2", title="ACME", custom_fields={"_Ref": "r-1"})
    assert len(program.shop.sandbox.effects()) <= writes + 1  # the name alone
    resent = program.shop.drive(replication_resend(program.newest(), user=None))
    assert resent.state == State.SUCCEEDED and len(program.rows("Company")) == 1


def test_several_of_one_name_are_held_until_a_person_has_merged_them(program: Program) -> None:
    ids = program.shop.sandbox.seed(Company=[{"Company": "Acme"}, {"Company": "ACME"}])["Company"]
    held = program.send("company", title="Acme", phone="555-0101")
    assert held.state == State.PARKED and all(str(company) in held.reason for company in ids)
    assert [row["Phone1"] for row in program.rows("Company")] == [None, None]
    program.shop.sandbox.reset()
    program.shop.sandbox.seed(Company=[{"Company": "Acme"}])
    assert program.shop.drive(replication_resend(held, user=None)).state == State.SUCCEEDED
    assert only(program, "Company")["Phone1"] == "555-0101"


def test_two_of_the_same_words_and_time_are_two_tasks_and_each_keeps_its_own(program: Program) -> None:
    task = {"title": "Call back", "happens_at": WHEN, "owner_email": "olga@example.com", **ABOUT}
    for object_id in ("1", "2"):
        assert program.send("task", object_id, **task).state == State.SUCCEEDED
    assert program.send("task", "2", text="Twice", **task, **LATER).state == State.SUCCEEDED
    notes = [row["CreationNotes"] for row in program.rows("ContactAction")]
    assert notes == ["ref: crm task/1", "Twice\nref: crm task/2"]


def test_a_task_of_the_merchant_s_own_at_that_time_is_taken_up(program: Program) -> None:
    (contact,) = program.shop.sandbox.seed(Contact=[{"Email": "ada@example.com"}])["Contact"]
    own = {"ContactId": contact, "ObjectType": "Task", "ActionDescription": "CALL back!", "UserID": 7}
    (task,) = program.shop.sandbox.seed(ContactAction=[{**own, "ActionDate": "2026-07-01T10:30:00"}])[
        "ContactAction"
    ]
    program.send("task", title="Call back", happens_at=WHEN, owner_email="olga@example.com", **ABOUT)
    assert only(program, "ContactAction")["Id"] == task


def test_an_opportunity_moves_on_by_the_name_of_its_stage(program: Program) -> None:
    deal = {"title": "Two teapots", "happens_at": WHEN, **ABOUT}
    program.send("opportunity", stage="New", **deal)
    program.send("opportunity", stage="WON", **deal, **LATER)
    assert only(program, "Lead")["StageID"] == 5
    missing = program.send("opportunity", "2", stage="Lost", **deal)
    assert missing.state == State.FAILED and "“Lost”" in missing.reason


def test_a_version_that_comes_in_during_the_run_is_sent(program: Program) -> None:
    def change(moment: str) -> None:
        if moment == "written":
            program.tell("company", title="Acme", text="new", **LATER)

    program.tell("company", title="Acme", text="old")
    program.shop.drive(program.newest(), watch=change)
    program.shop.drive(program.newest())
    assert only(program, "Company")["ContactNotes"] == "new"


def test_an_unknown_owner_is_a_warning(program: Program) -> None:
    sent = program.send("company", title="Acme", owner_email="nobody@example.com")
    assert (sent.state, sent.level) == (State.SUCCEEDED, "warning")


@pytest.mark.parametrize("kind", ["note", "company"])
def test_one_that_was_deleted_in_the_crm(program: Program, kind: str) -> None:
    """A note is made again; a company waits for a person."""
    values: dict[str, Any] = {"title": "Acme"} if kind == "company" else {"title": "Called", **ABOUT}
    program.send(kind, **values)
    table = "Company" if kind == "company" else "ContactAction"
    Wire(program.shop.sandbox)("DataService.delete", table, only(program, table)["Id"])
    again = program.send(kind, text="Two", **values, **LATER)
    assert again.state == (State.PARKED if kind == "company" else State.SUCCEEDED)
    assert len(program.rows("Company")) == 0
    assert len(program.rows("ContactAction")) == (1 if kind == "note" else 0)


def test_an_older_version_changes_nothing_and_the_preview_writes_nothing(program: Program) -> None:
    program.send("company", title="Acme", text="new", **LATER)
    program.tell("company", title="Acme", text="old")
    assert only(program, "Company")["ContactNotes"] == "new"
    told = program.tell("note", title="Called", **ABOUT)
    plan = replication_preview(told)
    operations = [call.operation for call in replication_calls(told, plan)]
    assert [step.kind for step in plan.steps] == ["upsert_contact", "add_activity"]
    assert "create_note" in operations and program.rows("ContactAction") == []


def test_one_that_lacks_a_part_of_its_key_is_held_and_the_part_is_named(program: Program) -> None:
    for kind, values, name in (
        ("note", {"title": "Called"}, "contact_email"),
        ("opportunity", {"title": "Deal", **ABOUT}, "stage"),
        ("company", {"title": "«…»"}, "title"),
    ):
        held = program.send(kind, **values)
        assert held.state == State.PARKED and f"“{name}”" in held.reason
    assert program.shop.sandbox.effects() == []


def test_a_value_that_its_type_has_not_is_left_out_with_a_warning(program: Program) -> None:
    sent = program.send("company", title="Acme", stage="New", contact_email="ada@example.com")
    assert (sent.state, sent.level, program.rows("Contact")) == (State.SUCCEEDED, "warning", [])


def test_one_company_told_twice_at_once_is_made_once(program: Program) -> None:
    program.tell("company", "1", title="Acme")
    first = program.newest()
    program.tell("company", "2", title="ACME")
    second = program.newest()

    def other_worker(moment: str) -> None:
        if moment == "before create_company":
            replication_work(second.pk)

    program.shop.drive(first, watch=other_worker)
    assert program.shop.drive(second).state == State.SUCCEEDED
    assert len(program.rows("Company")) == 1
