"""The contract of the CRM on companies, opportunities, tasks and notes, judged by its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm.contract import Crm
from crm.credentials import Endpoints, HeaderKey
from crm.errors import ConfigurationError, CrmRejected, MissingInCrm, OutcomeUnknown, TransientError
from crm.list_records import DirectoryKind, FieldObject
from crm.object_records import CompanyData, NoteData, OpportunityData, TaskData
from crm.records import Address, ContactData
from tests.crm.contract_helpers import MARKER, add_contact, rest
from tests.sandbox_client import Row, Sandbox

CRM_ZONE = ZoneInfo("America/New_York")
WHEN = datetime(2026, 7, 1, 14, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    contact: int
    user: int
    stages: tuple[int, int]


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    """A contact, a user, two stages, and two custom fields of each kind of object."""
    forms = [-4, -5, -6]
    sandbox.seed(
        DataFormField=[
            {"Name": name, "Label": name, "FormId": form, "DataType": 15}
            for form in forms
            for name in ("Ref", "Mood")
        ]
    )
    ids = sandbox.seed(
        User=[{"FirstName": "Rita", "Email": "rita@example.com"}],
        Stage=[{"StageName": "New", "StageOrder": 1}, {"StageName": "Won", "StageOrder": 2}],
    )
    return Account(add_contact(sandbox), ids["User"][0], (ids["Stage"][0], ids["Stage"][1]))


@pytest.fixture
def rest_crm(sandbox: Sandbox) -> Iterator[Crm]:
    with rest(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url)) as crm:
        yield crm


def wall(moment: datetime) -> str:
    return moment.astimezone(CRM_ZONE).replace(tzinfo=None).isoformat()


@dataclass(frozen=True)
class Kind:
    """How one kind of object is made, changed and read through the contract, and where it is kept.

    `candidates` are the ids among which an existing one is looked for; `text` is the column that is changed.
    """

    table: str
    text: str
    create: Callable[[Crm, Account, dict[str, str]], int]
    change: Callable[[Crm, Account, int, str, dict[str, str]], None]
    read: Callable[[Crm, Account, int], Any]
    candidates: Callable[[Crm, Account], list[int]]


KINDS = {
    "company": Kind(
        "Company",
        "ContactNotes",
        lambda crm, _, fields: crm.create_company(CompanyData(name="Acme", notes="one", fields=fields)),
        lambda crm, _, key, notes, fields: crm.update_company(key, CompanyData(notes=notes, fields=fields)),
        lambda crm, _, key: crm.read_company(key, ["_Ref", "_Mood"]),
        lambda crm, _: [company.id for company in crm.find_companies("acme")],
    ),
    "opportunity": Kind(
        "Lead",
        "OpportunityNotes",
        lambda crm, account, fields: crm.create_opportunity(
            OpportunityData(
                contact_id=account.contact,
                title="Deal",
                stage_id=account.stages[0],
                notes="one",
                fields=fields,
            )
        ),
        lambda crm, _, key, notes, fields: crm.update_opportunity(
            key, OpportunityData(notes=notes, fields=fields)
        ),
        lambda crm, _, key: crm.read_opportunity(key, ["_Ref", "_Mood"]),
        lambda crm, account: [each.id for each in crm.list_opportunities(account.contact)],
    ),
    "task": Kind(
        "ContactAction",
        "CreationNotes",
        lambda crm, account, fields: crm.create_task(
            TaskData(
                contact_id=account.contact,
                title="Call",
                user_id=account.user,
                description="one",
                fields=fields,
            )
        ),
        lambda crm, _, key, notes, fields: crm.update_task(key, TaskData(description=notes, fields=fields)),
        lambda crm, _, key: crm.read_task(key, ["_Ref", "_Mood"]),
        lambda crm, account: [each.id for each in crm.list_tasks(account.contact)],
    ),
    "note": Kind(
        "ContactAction",
        "CreationNotes",
        lambda crm, account, fields: crm.create_note(
            account.contact, NoteData(title="Heard", text="one", user_id=account.user, fields=fields)
        ),
        lambda crm, account, key, notes, fields: crm.update_note(
            account.contact, key, NoteData(text=notes, fields=fields)
        ),
        lambda crm, account, key: crm.read_note(account.contact, key, ["_Ref", "_Mood"]),
        lambda crm, account: [each.id for each in crm.list_notes(account.contact)],
    ),
}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def row_of(sandbox: Sandbox, kind: Kind, key: int) -> Row:
    return next(row for row in sandbox.rows(kind.table) if row["Id"] == key)


@each_kind
def test_one_is_made_found_read_and_changed(crm: Crm, sandbox: Sandbox, account: Account, kind: Kind) -> None:
    assert kind.candidates(crm, account) == []
    made = kind.create(crm, account, {"_Ref": "r-1", "_Mood": "good"})
    assert kind.candidates(crm, account) == [made]
    for _ in range(2):
        kind.change(crm, account, made, f"two\n{MARKER}", {})
    row = row_of(sandbox, kind, made)
    assert (row[kind.text], row["_Ref"], row["_Mood"]) == (f"two\n{MARKER}", "r-1", "good")
    kind.change(crm, account, made, "", {"_Mood": "bad"})
    row = row_of(sandbox, kind, made)
    assert (row[kind.text] or "", row["_Ref"], row["_Mood"]) == ("", "r-1", "bad")
    assert kind.read(crm, account, made).fields == {"_Ref": "r-1", "_Mood": "bad"}
    assert len(sandbox.rows(kind.table)) == 1


@each_kind
@pytest.mark.parametrize("lists", ["replace", "merge"])
def test_no_custom_field_is_lost_however_lists_are_taken(
    crm: Crm, rest_crm: Crm, sandbox: Sandbox, account: Account, kind: Kind, lists: str
) -> None:
    sandbox.options(rest_lists=lists)
    made = kind.create(rest_crm, account, {"_Ref": "r-1"})
    kind.change(crm, account, made, "two", {})
    kind.change(rest_crm, account, made, "three", {"_Mood": "good"})
    row = row_of(sandbox, kind, made)
    assert (row[kind.text], row["_Ref"], row["_Mood"]) == ("three", "r-1", "good")


@each_kind
def test_one_that_is_gone_is_missing(crm: Crm, sandbox: Sandbox, account: Account, kind: Kind) -> None:
    with pytest.raises(MissingInCrm):
        kind.read(crm, account, 987654)
    with pytest.raises(MissingInCrm):
        kind.change(crm, account, 987654, "two", {})
    with pytest.raises(MissingInCrm):
        kind.create(crm, account, {"_Gone": "x"})
    assert sandbox.rows(kind.table) == []


@each_kind
def test_one_whose_reply_is_lost_is_among_the_candidates(
    crm: Crm, sandbox: Sandbox, account: Account, kind: Kind
) -> None:
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        kind.create(crm, account, {})
    assert len(kind.candidates(crm, account)) == 1


@each_kind
def test_a_failed_look_up_is_not_nothing(crm: Crm, sandbox: Sandbox, account: Account, kind: Kind) -> None:
    sandbox.faults({"method": "*", "do": "empty", "times": 2})
    with pytest.raises(TransientError):
        kind.candidates(crm, account)


@each_kind
def test_nothing_to_change_sends_nothing(crm: Crm, sandbox: Sandbox, kind: Kind) -> None:
    crm.update_company(1, CompanyData())
    crm.update_opportunity(1, OpportunityData())
    crm.update_task(1, TaskData())
    crm.update_note(1, 2, NoteData())
    assert sandbox.calls() == []


# -- companies ---------------------------------------------------------------------------------------------


def test_a_company_is_written_whole_and_its_address_is_one_value(
    crm: Crm, sandbox: Sandbox, account: Account
) -> None:
    made = crm.create_company(
        CompanyData(
            name="Smith & Doe, Inc.",
            email="office@example.com",
            phone="555 0101",
            website="https://example.com",
            notes=f"of old\n{MARKER}",
            first_name="Ann",
            owner_id=account.user,
            address=Address(street1="1 Main St", street2="Floor 2", city="Austin", region="TX", country="US"),
        )
    )
    crm.update_company(made, CompanyData(address=Address(street1="2 Side St", city="Bonn", country="DE")))
    (row,) = sandbox.rows("Company")
    assert (row["Company"], row["Email"], row["Phone1"]) == (
        "Smith & Doe, Inc.",
        "office@example.com",
        "555 0101",
    )
    assert (row["Website"], row["ContactNotes"], row["OwnerID"]) == (
        "https://example.com",
        f"of old\n{MARKER}",
        account.user,
    )
    assert (row["StreetAddress1"], row["StreetAddress2"] or "", row["City"], row["State"] or "") == (
        "2 Side St",
        "",
        "Bonn",
        "",
    )
    found = crm.read_company(made)
    assert (found.name, found.email, found.notes) == (row["Company"], row["Email"], row["ContactNotes"])
    assert (found.owner_id, found.address.city, found.address.country) == (account.user, "Bonn", "Germany")


@pytest.mark.parametrize("fields", ["added", "only"])
def test_companies_are_found_by_name_or_else_by_their_first_word(
    crm: Crm, sandbox: Sandbox, fields: str
) -> None:
    sandbox.options(company_fields=fields)
    names = ["Smith & Doe, Inc.", "SMITH & DOE, INC.", "Smith and Doe", "Smithers", "A. Smith", "50% Off"]
    ids = sandbox.seed(Company=[{"Company": name} for name in names])["Company"]

    def found(name: str) -> list[int]:
        return [company.id for company in crm.find_companies(name)]

    assert set(found("smith & doe, inc.")) >= set(ids[:2]) and ids[4] not in found("smith & doe, inc.")
    assert found("Smith Doe") == ids[:4]
    assert ids[5] in found("50% Off") and found("Smithers") == ids[3:4]
    assert found("Jones") == [] and found("  ") == []


def test_a_company_is_tagged_as_contacts_are(crm: Crm, sandbox: Sandbox) -> None:
    made, tag = crm.create_company(CompanyData(name="Acme")), crm.create_tag("Gold")
    assert crm.list_company_tags(made) == []
    for _ in range(2):
        crm.apply_company_tag(made, tag)
    assert crm.list_company_tags(made) == [tag]
    assert [effect["ids"] for effect in sandbox.effects("company.tagged")] == [{"company": made, "tag": tag}]
    with pytest.raises(MissingInCrm):
        crm.apply_company_tag(made, tag + 99)


def test_a_contact_is_put_into_its_company(crm: Crm, sandbox: Sandbox, account: Account) -> None:
    company = crm.create_company(CompanyData(name="Acme"))
    for _ in range(2):
        crm.update_contact(account.contact, ContactData(company="Acme", company_id=company))
    (row,) = sandbox.rows("Contact")
    assert (row["CompanyID"], row["Company"]) == (company, "Acme")


# -- opportunities -----------------------------------------------------------------------------------------


def test_an_opportunity_is_written_whole_and_goes_through_the_stages(
    crm: Crm, sandbox: Sandbox, account: Account
) -> None:
    made = crm.create_opportunity(
        OpportunityData(
            contact_id=account.contact,
            title="Deal",
            stage_id=account.stages[0],
            user_id=account.user,
            closes_at=WHEN,
            next_action_at=WHEN + timedelta(days=1),
            next_action_notes="call",
            revenue_low=Decimal("99.90"),
            revenue_high=Decimal("1500"),
        )
    )
    crm.update_opportunity(made, OpportunityData(stage_id=account.stages[1]))
    found = crm.read_opportunity(made)
    assert (found.contact_id, found.title, found.user_id) == (account.contact, "Deal", account.user)
    assert (found.stage_id, found.closes_at) == (account.stages[1], WHEN)
    assert (found.revenue_low, found.revenue_high) == (Decimal("99.90"), Decimal("1500"))
    (row,) = sandbox.rows("Lead")
    assert (row["EstimatedCloseDate"], row["NextActionNotes"]) == (wall(WHEN), "call")
    moves = [(move.from_stage_id, move.to_stage_id) for move in crm.list_stage_moves(made)]
    assert moves == [(0, account.stages[0]), account.stages]
    stages = crm.list_directory(DirectoryKind.STAGE).records
    assert [(stage.name, stage.detail["order"]) for stage in stages] == [("New", "1"), ("Won", "2")]


# -- tasks and notes ---------------------------------------------------------------------------------------


def test_a_task_is_written_whole(crm: Crm, sandbox: Sandbox, account: Account) -> None:
    task = TaskData(
        contact_id=account.contact,
        title="Call back",
        description=MARKER,
        due_at=WHEN,
        user_id=account.user,
        type="Call",
        priority="Essential",
    )
    made = crm.create_task(task)
    crm.update_task(made, TaskData(completed_at=WHEN + timedelta(hours=1), priority="critical"))
    (row,) = sandbox.rows("ContactAction")
    assert (row["ObjectType"], row["ActionDescription"], row["ActionType"]) == ("Task", "Call back", "Call")
    assert (row["ActionDate"], row["CompletionDate"]) == (wall(WHEN), wall(WHEN + timedelta(hours=1)))
    found = crm.read_task(made)
    assert (found.title, found.description, found.due_at) == ("Call back", MARKER, WHEN)
    assert (found.priority, found.user_id, found.contact_id) == ("Critical", account.user, account.contact)
    assert [each.id for each in crm.find_tasks("Call back")] == [made] and crm.find_tasks("Call") == []
    with pytest.raises(CrmRejected):
        crm.update_task(made, TaskData(priority="soon"))


def test_each_activity_is_only_what_it_is(crm: Crm, sandbox: Sandbox, account: Account) -> None:
    action = {"ContactId": account.contact, "ActionDescription": "x", "ActionDate": wall(WHEN)}
    kinds = [{"ObjectType": "Task"}, {"ObjectType": "Note"}, {"ObjectType": "Appointment"}]
    ids = sandbox.seed(ContactAction=[{**action, **kind} for kind in [*kinds, {"IsAppointment": 1}]])[
        "ContactAction"
    ]
    assert [task.id for task in crm.list_tasks(account.contact)] == ids[:1]
    assert [note.id for note in crm.list_notes(account.contact)] == ids[1:2]
    found = crm.find_appointments(account.contact, WHEN, WHEN)
    assert [each.id for each in found] == ids[2:]


def test_long_notes_are_read_page_by_page(crm: Crm, sandbox: Sandbox, account: Account) -> None:
    row = {"ContactId": account.contact, "ObjectType": "Note", "CreationNotes": "long " * 800}
    ids = sandbox.seed(ContactAction=[row] * 301)["ContactAction"]
    assert [note.id for note in crm.list_notes(account.contact)] == ids


@pytest.mark.needs("list_payment_types")
def test_over_xmlrpc_a_note_keeps_its_date_and_a_task_needs_nobody(
    crm: Crm, sandbox: Sandbox, account: Account
) -> None:
    made = crm.create_note(account.contact, NoteData(title="Heard", created_at=WHEN))
    assert crm.read_note(account.contact, made).created_at == WHEN
    task = crm.create_task(TaskData(title="Alone"))
    assert [each.id for each in crm.find_tasks("Alone")] == [task]


def test_over_rest_a_task_without_a_user_is_not_sent(sandbox: Sandbox, rest_crm: Crm) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rest_crm.create_task(TaskData(title="Alone"))
    assert (caught.value.label, sandbox.calls()) == ("task-without-user", [])


def test_over_rest_a_note_without_a_user_has_the_first_as_its_author(
    sandbox: Sandbox, rest_crm: Crm, account: Account
) -> None:
    made = rest_crm.create_note(account.contact, NoteData(title="Heard"))
    assert rest_crm.read_note(account.contact, made).user_id == account.user


@pytest.mark.parametrize("of", [FieldObject.COMPANY, FieldObject.OPPORTUNITY, FieldObject.ACTIVITY])
def test_custom_fields_of_every_object_are_listed(crm: Crm, account: Account, of: FieldObject) -> None:
    assert [field.name for field in crm.list_custom_fields(of)] == ["_Ref", "_Mood"]
