"""Appointments: the rows of ContactAction that are marked as such."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.errors import CrmRejected, MissingInCrm
from crm.records import AppointmentChanges, AppointmentData, AppointmentRecord, Priority
from crm.values import Struct, Unexpected, ignored, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.objects import ObjectCalls
from crm.xmlrpc.service import LONG_ROWS
from crm.xmlrpc.values import moment, optional_id

TABLE = "ContactAction"
APPOINTMENT = "Appointment"
MARKS: dict[str, Param] = {"IsAppointment": 1, "ObjectType": APPOINTMENT}  # which one decides is not known
COLUMNS = (
    *("Id", "ContactId", "UserID", "IsAppointment", "ObjectType"),
    *("ActionDescription", "CreationNotes", "ActionDate", "EndDate", "CompletionDate"),
)
PRIORITIES = {word.casefold(): number for number, word in enumerate(Priority, start=1)}
CLOCK_CHANGE = timedelta(hours=1)


class AppointmentCalls(ObjectCalls):
    def create_appointment(self, data: AppointmentData) -> int:
        """Put an appointment on the contact; return its id. Repeat: not safe: look with `find_appointments`.

        Docs: DataService.add on ContactAction; no column is known for the location.
        """
        columns = MARKS | {"ContactId": data.contact_id} | _columns(data)
        return self._add("create_appointment", TABLE, columns)

    def update_appointment(self, appointment_id: int, changes: AppointmentChanges) -> None:
        """Write what is given over the appointment; send nothing if that is nothing. Repeat: safe."""
        self._update("update_appointment", TABLE, appointment_id, _columns(changes))

    def complete_appointment(self, appointment_id: int, at: datetime) -> None:
        """Mark the appointment as done at that time. Repeat: safe."""
        self._update("complete_appointment", TABLE, appointment_id, {"CompletionDate": at})

    def read_appointment(self, appointment_id: int) -> AppointmentRecord:
        """Return one appointment. Raises MissingInCrm if it is gone."""
        return self._load("read_appointment", TABLE, appointment_id, COLUMNS, self._record)

    def find_appointments(self, contact_id: int, since: datetime, until: datetime) -> list[AppointmentRecord]:
        """Return the contact's appointments that begin from `since` to `until`, lowest id first.

        All activities of the contact are read and compared here: what a query makes of times, and which
        column marks an appointment, is not known for certain. An appointment in the hour that clocks go back
        over is found by either of its meanings.
        """

        def parse(row: Struct) -> AppointmentRecord | None:
            is_one = text(row, "ObjectType").strip().casefold() == APPOINTMENT.casefold()
            if (
                not (is_one or optional_id(row, "IsAppointment"))
                or optional_id(row, "ContactId") != contact_id
            ):
                return None
            found = self._record(row)
            local = found.starts_at.astimezone(self._wire.zone)
            is_twice = local.utcoffset() != local.replace(fold=0).utcoffset()
            starts = [found.starts_at, found.starts_at - CLOCK_CHANGE] if is_twice else [found.starts_at]
            return found if any(since <= start <= until for start in starts) else None

        where = {"ContactId": contact_id}
        return self._query("find_appointments", TABLE, where, COLUMNS, parse, page_rows=LONG_ROWS)

    def sees_all_appointments(self) -> bool:
        """Return true: a table is read whole."""
        return True

    def delete_appointment(self, appointment_id: int) -> None:
        """Delete the appointment; one that is gone is done. Repeat: safe."""
        try:
            self._wire.write("delete_appointment", "DataService.delete", [TABLE, appointment_id], ignored)
        except MissingInCrm:
            return

    def _record(self, row: Struct) -> AppointmentRecord:
        zone = self._wire.zone
        starts_at = moment(row, "ActionDate", zone)
        if starts_at is None:
            raise Unexpected("an appointment has a start")
        return AppointmentRecord(
            id=record_id(row.get("Id")),
            title=text(row, "ActionDescription"),
            starts_at=starts_at,
            ends_at=moment(row, "EndDate", zone) or starts_at,
            contact_id=optional_id(row, "ContactId"),
            description=text(row, "CreationNotes"),
            user_id=optional_id(row, "UserID"),
            completed_at=moment(row, "CompletionDate", zone),
        )


def _columns(data: AppointmentData | AppointmentChanges) -> dict[str, Param]:
    """Return the columns of what is given."""
    given: dict[str, Param | None] = {
        "ActionDescription": data.title,
        "CreationNotes": data.description,
        "ActionDate": data.starts_at,
        "EndDate": data.ends_at,
        "UserID": data.user_id,
        "ActionType": data.action_type,
        "Priority": priority_number(data.priority) if data.priority else None,
        "PopupDate": _popup(data),
    }
    columns = {name: value for name, value in given.items() if value is not None}
    return columns | dict(data.custom_fields)


def _popup(data: AppointmentData | AppointmentChanges) -> datetime | None:
    if data.reminder_minutes is None or data.starts_at is None:
        return None
    return data.starts_at - timedelta(minutes=data.reminder_minutes)


def priority_number(word: str) -> int:
    """Return the column's number for a word of `Priority`. Raises CrmRejected for another."""
    if number := PRIORITIES.get(word.strip().casefold()):
        return number
    raise CrmRejected(
        f"The CRM has no priority {word[:40]}. Choose Critical, Essential or Non-Essential in the settings.",
        label="priority-unknown",
    )
