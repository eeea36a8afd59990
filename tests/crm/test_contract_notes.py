"""The contract of the CRM on notes of a contact, judged by its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.contract import Crm
from crm.credentials import Endpoints, HeaderKey
from crm.errors import ConfigurationError, MissingInCrm, OutcomeUnknown, TransientError
from tests.crm.contract_helpers import MARKER, add_contact, rest
from tests.sandbox_client import Row, Sandbox

CRM_ZONE = ZoneInfo("America/New_York")
TITLES = ["50% off", "~null~", "~>~ 5", "a*b", "x;title==y", "it's <b> & \\n", "NONE", 'say "hi" (now)']


@pytest.fixture
def contact(sandbox: Sandbox) -> int:
    sandbox.seed(User=[{"FirstName": "Rita", "Email": "rita@example.com"}])
    return add_contact(sandbox)


@pytest.fixture
def rest_crm(sandbox: Sandbox) -> Iterator[Crm]:
    with rest(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url)) as crm:
        yield crm


def only_note(sandbox: Sandbox) -> Row:
    (row,) = sandbox.rows("ContactAction")
    return row


def test_a_note_is_put_on_the_contact(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    sandbox.options(long_text="fault")
    text = "Shipped by UPS: 1Z999\n<b>€ 5 & more</b> " + "x" * 4000
    note_id = crm.add_note(contact, MARKER, text)
    row = only_note(sandbox)
    assert (row["Id"], row["ContactId"], row["ObjectType"]) == (note_id, contact, "Note")
    assert (row["ActionDescription"], row["CreationNotes"]) == (MARKER, text)
    done = datetime.fromisoformat(row["CompletionDate"]).replace(tzinfo=CRM_ZONE)
    assert abs(done - datetime.now(UTC)) < timedelta(minutes=5)
    (effect,) = sandbox.effects("note.created")
    assert effect["ids"] == {"note": note_id}
    assert crm.find_notes(contact, MARKER) == [note_id]


def test_notes_are_found_by_their_exact_title_on_their_contact(
    crm: Crm, sandbox: Sandbox, contact: int
) -> None:
    other = add_contact(sandbox)
    first, second = crm.add_note(contact, MARKER, "one"), crm.add_note(contact, MARKER, "two")
    for title in (f"{MARKER}0", f"a {MARKER}", MARKER.upper()):
        crm.add_note(contact, title, "another")
    crm.add_note(other, MARKER, "somebody else's")
    assert crm.find_notes(contact, MARKER) == [first, second]
    assert crm.find_notes(contact, "shop order") == []
    assert crm.find_notes(contact, " ") == []


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_never_a_pattern_or_an_operator(
    crm: Crm, sandbox: Sandbox, contact: int, title: str
) -> None:
    note = {"ContactId": contact, "ObjectType": "Note"}
    others = ["50 or more off", title.swapcase() + "!", f"a {title}"]
    sandbox.seed(ContactAction=[{**note, "ActionDescription": other} for other in others])
    note_id = crm.add_note(contact, title, "text")
    assert crm.find_notes(contact, title) == [note_id]


def test_tasks_and_appointments_are_no_notes(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    action = {"ContactId": contact, "ActionDescription": MARKER}
    sandbox.seed(ContactAction=[{**action, "ObjectType": kind} for kind in ("Task", "Appointment")])
    assert crm.find_notes(contact, MARKER) == []


def test_many_notes_are_read_page_by_page(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    row = {"ContactId": contact, "ObjectType": "Note", "ActionDescription": MARKER}
    ids = sandbox.seed(ContactAction=[row] * 1001)["ContactAction"]
    assert crm.find_notes(contact, MARKER) == ids


def test_a_note_whose_reply_is_lost_is_looked_up(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    crm.add_note(contact, "first", "its author is known from here on")
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        crm.add_note(contact, MARKER, "text")
    assert len(crm.find_notes(contact, MARKER)) == 1
    assert len(sandbox.effects("note.created")) == 2


def test_a_failed_look_up_is_not_nothing(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    sandbox.faults({"method": "*", "do": "empty", "times": 2})  # automatic asks the other protocol too
    with pytest.raises(TransientError):
        crm.find_notes(contact, MARKER)


# -- what REST alone knows ---------------------------------------------------------------------------------


def test_over_rest_the_first_active_user_writes_and_is_read_once(sandbox: Sandbox, rest_crm: Crm) -> None:
    users = sandbox.seed(User=[{"FirstName": "Rita"}, {"FirstName": "Bo"}])["User"]
    contact = add_contact(sandbox)
    rest_crm.add_note(contact, "one", "")
    rest_crm.add_note(contact, "two", "")
    assert [row["UserID"] for row in sandbox.rows("ContactAction")] == [users[0]] * 2
    assert len(sandbox.calls("GET /v2/users")) == 1


def test_over_rest_a_note_without_a_user_is_not_sent(sandbox: Sandbox, rest_crm: Crm) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rest_crm.add_note(add_contact(sandbox), MARKER, "text")
    assert (caught.value.label, sandbox.rows("ContactAction")) == ("no-active-user", [])


def test_over_rest_a_contact_that_is_gone_is_missing(sandbox: Sandbox, rest_crm: Crm) -> None:
    sandbox.seed(User=[{"FirstName": "Rita"}])
    for call in (lambda: rest_crm.add_note(987654, MARKER, ""), lambda: rest_crm.find_notes(987654, MARKER)):
        with pytest.raises(MissingInCrm):
            call()
