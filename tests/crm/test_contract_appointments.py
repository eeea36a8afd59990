"""The contract of the CRM on appointments, judged by its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm.contract import Crm
from crm.credentials import Endpoints, HeaderKey
from crm.errors import CrmRejected, MissingInCrm, NotSupported, OutcomeUnknown, TransientError
from crm.records import AppointmentChanges, AppointmentData
from tests.crm.contract_helpers import MARKER, add_contact, rest
from tests.sandbox_client import Row, Sandbox

CRM_ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 6, 1, 14, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.fixture
def contact(sandbox: Sandbox) -> int:
    return add_contact(sandbox)


@pytest.fixture
def rest_crm(sandbox: Sandbox) -> Iterator[Crm]:
    with rest(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url)) as crm:
        yield crm


def meeting(contact: int, start: datetime = START, **more: Any) -> AppointmentData:
    given = {"title": "Call", "description": f"Zone: Europe/Berlin\n{MARKER}", **more}
    return AppointmentData(contact_id=contact, starts_at=start, ends_at=start + HALF_AN_HOUR, **given)


def only_row(sandbox: Sandbox) -> Row:
    (row,) = sandbox.rows("ContactAction")
    return row


def wall(moment: datetime) -> str:
    return moment.astimezone(CRM_ZONE).replace(tzinfo=None).isoformat()


def test_an_appointment_is_made_and_read(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    (user,) = sandbox.seed(User=[{"FirstName": "Rita"}])["User"]
    made = crm.create_appointment(meeting(contact, user_id=user, location="Zoom", reminder_minutes=15))
    row = only_row(sandbox)
    assert (row["Id"], row["ContactId"], row["UserID"]) == (made, contact, user)
    assert (row["IsAppointment"], row["ObjectType"]) == (1, "Appointment")
    assert (row["ActionDescription"], row["CreationNotes"]) == ("Call", f"Zone: Europe/Berlin\n{MARKER}")
    times = [row[name] for name in ("PopupDate", "ActionDate", "EndDate")]
    assert times == [wall(START - HALF_AN_HOUR / 2), wall(START), wall(START + HALF_AN_HOUR)]
    assert [effect["ids"] for effect in sandbox.effects("appointment.created")] == [{"appointment": made}]
    found = crm.read_appointment(made)
    assert (found.id, found.contact_id, found.user_id, found.title) == (made, contact, user, "Call")
    assert (found.starts_at, found.ends_at) == (START, START + HALF_AN_HOUR)
    assert found.description.endswith(MARKER) and found.completed_at is None
    assert crm.find_appointments(contact, START, START) == [found]


# Two nights a year, zones of half and three quarters of an hour, and the first instant of a year.
INSTANTS = [
    "2026-03-08T01:59:00-05:00",
    "2026-03-08T03:00:00-04:00",
    "2026-11-01T00:59:00-04:00",
    "2026-11-01T01:30:00-05:00",
    "2026-11-01T02:00:00-05:00",
    "2026-07-01T09:15:00+05:30",
    "2026-07-01T09:15:00+05:45",
    "2027-01-01T00:00:00+00:00",
]


@pytest.mark.parametrize("written", INSTANTS)
def test_an_instant_stays_the_instant(crm: Crm, sandbox: Sandbox, contact: int, written: str) -> None:
    start = datetime.fromisoformat(written)
    made = crm.create_appointment(meeting(contact, start))
    assert only_row(sandbox)["ActionDate"] == wall(start)
    assert crm.read_appointment(made).starts_at == start
    assert [each.id for each in crm.find_appointments(contact, start, start)] == [made]


def test_of_the_hour_that_comes_twice_both_are_found(crm: Crm, contact: int) -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    made = [crm.create_appointment(meeting(contact, first + timedelta(hours=n))) for n in (0, 1)]
    found = crm.find_appointments(contact, first, first + timedelta(hours=1))
    assert [each.id for each in found] == made
    assert made[0] in [each.id for each in crm.find_appointments(contact, first, first)]


def test_appointments_are_found_by_contact_and_start_alone(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    starts = [START - DAY, START, START + HALF_AN_HOUR, START + DAY]
    made = [crm.create_appointment(meeting(contact, start)) for start in starts]
    crm.create_appointment(meeting(add_contact(sandbox)))
    action = {"ContactId": contact, "ActionDescription": "Call", "ActionDate": wall(START)}
    sandbox.seed(ContactAction=[{**action, "ObjectType": kind} for kind in ("Task", "Note")])
    found = crm.find_appointments(contact, START, START + HALF_AN_HOUR)
    assert [each.id for each in found] == made[1:3]
    assert crm.find_appointments(contact, START + timedelta(minutes=1), START + HALF_AN_HOUR / 2) == []


def test_many_are_read_page_by_page(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    row = {"ContactId": contact, "IsAppointment": 1, "ObjectType": "Appointment", "ActionDate": wall(START)}
    ids = sandbox.seed(ContactAction=[{**row, "EndDate": wall(START)}] * 401)["ContactAction"]
    assert [each.id for each in crm.find_appointments(contact, START, START)] == ids


def test_only_what_is_given_is_written_over_and_twice_is_once(
    crm: Crm, sandbox: Sandbox, contact: int
) -> None:
    made = crm.create_appointment(meeting(contact))
    moved = AppointmentChanges(starts_at=START + DAY, ends_at=START + DAY + HALF_AN_HOUR)
    for _ in range(2):
        crm.update_appointment(made, moved)
    crm.update_appointment(made, AppointmentChanges(title="CANCELED: Call", description=""))
    row = only_row(sandbox)
    assert (row["ActionDescription"], row["CreationNotes"] or "") == ("CANCELED: Call", "")
    assert (row["ActionDate"], row["EndDate"]) == (wall(START + DAY), wall(START + DAY + HALF_AN_HOUR))
    assert row["ContactId"] == contact and crm.read_appointment(made).title == "CANCELED: Call"


def test_nothing_to_change_sends_nothing(crm: Crm, sandbox: Sandbox) -> None:
    crm.update_appointment(1, AppointmentChanges())
    assert sandbox.calls() == []
    with pytest.raises(ValueError, match="reminder"):
        AppointmentChanges(reminder_minutes=5)


def test_one_that_is_gone_is_missing_and_deleted(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    made = crm.create_appointment(meeting(contact))
    for _ in range(2):
        crm.delete_appointment(made)
    assert sandbox.rows("ContactAction") == [] and len(sandbox.effects("appointment.deleted")) == 1
    with pytest.raises(MissingInCrm):
        crm.read_appointment(made)
    with pytest.raises(MissingInCrm):
        crm.update_appointment(made, AppointmentChanges(title="x", starts_at=START, ends_at=START))
    assert crm.find_appointments(contact, START - DAY, START + DAY) == []


def test_one_whose_reply_is_lost_is_looked_up(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        crm.create_appointment(meeting(contact))
    (found,) = crm.find_appointments(contact, START, START)
    assert found.description.endswith(MARKER) and len(sandbox.effects("appointment.created")) == 1


def test_a_failed_look_up_is_not_nothing(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    sandbox.faults({"method": "*", "do": "empty", "times": 4})
    with pytest.raises(TransientError):
        crm.find_appointments(contact, START, START)


@pytest.mark.parametrize("flag", ["both", "IsAppointment", "ObjectType"])
def test_whichever_column_marks_an_appointment(
    crm: Crm, rest_crm: Crm, sandbox: Sandbox, contact: int, flag: str
) -> None:
    """What one protocol made the other finds, changes and deletes."""
    sandbox.options(appointment_flag=flag)
    made = [one.create_appointment(meeting(contact)) for one in (crm, rest_crm)]
    for one in (crm, rest_crm):
        assert [each.id for each in one.find_appointments(contact, START, START)] == made
    crm.update_appointment(made[1], AppointmentChanges(title="Moved", starts_at=START, ends_at=START))
    assert rest_crm.read_appointment(made[1]).title == "Moved"


@pytest.mark.needs("complete_appointment")
def test_one_is_completed(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    made = crm.create_appointment(meeting(contact))
    for _ in range(2):
        crm.complete_appointment(made, START + DAY)
    assert only_row(sandbox)["CompletionDate"] == wall(START + DAY)
    assert crm.read_appointment(made).completed_at == START + DAY


@pytest.mark.needs("complete_appointment")
def test_type_priority_and_custom_fields_are_written(crm: Crm, sandbox: Sandbox, contact: int) -> None:
    sandbox.seed(DataFormField=[{"Name": "Topic", "Label": "Topic", "FormId": -5, "DataType": 15}])
    data = meeting(contact, action_type="Call", priority="Non-Essential", custom_fields={"_Topic": "Tax"})
    made = crm.create_appointment(data)
    row = only_row(sandbox)
    assert (row["ActionType"], row["Priority"], row["_Topic"]) == ("Call", 3, "Tax")
    crm.update_appointment(made, AppointmentChanges(priority="critical", custom_fields={"_Topic": "Law"}))
    assert (only_row(sandbox)["Priority"], only_row(sandbox)["_Topic"]) == (1, "Law")
    with pytest.raises(CrmRejected):
        crm.create_appointment(meeting(contact, priority="soon"))
    assert len(sandbox.rows("ContactAction")) == 1


def test_whose_appointments_are_seen(crm: Crm, rest_crm: Crm, sandbox: Sandbox, contact: int) -> None:
    users = sandbox.seed(User=[{"FirstName": "Rita"}, {"FirstName": "Bo"}])["User"]
    assert not rest_crm.sees_all_appointments()
    for user in users:
        crm.create_appointment(meeting(contact, user_id=user))
    assert crm.sees_all_appointments()
    sandbox.options(v1_appointment_users="own", v2_appointment_users="own")
    assert not rest_crm.sees_all_appointments()
    sandbox.options(v1_appointment_users="all", v2_appointment_users="absent")
    assert rest_crm.sees_all_appointments()


# -- what REST alone knows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"v1_appointment_users": "own"},
        {"v2_appointment_users": "own"},
        {"v2_appointment_users": "absent"},
        {"v1_appointment_id": False},
        {"v1_appointment_times": "local", "v2_appointment_users": "absent"},
    ],
    ids=str,
)
def test_over_rest_one_of_two_lists_finds_it(
    sandbox: Sandbox, rest_crm: Crm, contact: int, options: dict[str, Any]
) -> None:
    (user,) = sandbox.seed(User=[{"FirstName": "Rita"}])["User"]
    sandbox.options(**options)
    data = meeting(contact, user_id=user)
    try:
        rest_crm.create_appointment(data)
    except OutcomeUnknown:
        assert options == {"v1_appointment_id": False}
    (found,) = rest_crm.find_appointments(contact, START, START)
    assert (found.id, found.title, found.user_id) == (only_row(sandbox)["Id"], "Call", user)


def test_over_rest_an_appointment_without_an_id_is_not_nothing(
    sandbox: Sandbox, rest_crm: Crm, contact: int
) -> None:
    rest_crm.create_appointment(meeting(contact))
    sandbox.options(v1_appointment_id=False, v2_appointment_users="absent")
    with pytest.raises(NotSupported) as caught:
        rest_crm.find_appointments(contact, START, START)
    assert caught.value.label == "appointment-id-not-told"


def test_over_rest_another_user_s_appointment_cannot_be_read(
    sandbox: Sandbox, rest_crm: Crm, contact: int
) -> None:
    made = rest_crm.create_appointment(meeting(contact))
    sandbox.options(v1_appointment_users="own")
    with pytest.raises(NotSupported):
        rest_crm.read_appointment(made)


@pytest.mark.parametrize("way", ["denied", "absent"])
def test_over_rest_an_account_without_appointments_says_so(
    sandbox: Sandbox, rest_crm: Crm, contact: int, way: str
) -> None:
    sandbox.options(v1_appointments=way, v2_appointment_users="absent")
    changes = AppointmentChanges(title="x", starts_at=START, ends_at=START)
    for call in (
        lambda: rest_crm.create_appointment(meeting(contact)),
        lambda: rest_crm.update_appointment(5, changes),
        lambda: rest_crm.delete_appointment(5),
        lambda: rest_crm.find_appointments(contact, START, START),
    ):
        with pytest.raises(NotSupported) as caught:
            call()
        assert caught.value.label == "no-appointments"
    assert not rest_crm.sees_all_appointments()


def test_over_rest_a_contact_that_is_gone_is_missing(sandbox: Sandbox, rest_crm: Crm) -> None:
    with pytest.raises(MissingInCrm):
        rest_crm.create_appointment(meeting(987654))
    assert sandbox.rows("ContactAction") == []


def test_over_rest_a_reminder_is_one_that_the_api_takes(
    sandbox: Sandbox, rest_crm: Crm, contact: int
) -> None:
    made = rest_crm.create_appointment(meeting(contact, reminder_minutes=25))
    assert only_row(sandbox)["PopupDate"] is None
    rest_crm.update_appointment(made, AppointmentChanges(starts_at=START, reminder_minutes=25))
    assert only_row(sandbox)["PopupDate"] == wall(START - HALF_AN_HOUR)
