"""Appointments: v1 writes and reads them, v2 lists them (`listTaskAppointments` of the vendor's client).

Each list may show the appointments of the key's own user alone, so both are asked.
Docs: the vendor's definition of v1: GET "retrieves all appointments for the authenticated user", one by its
      id needs the right to view all records; its replies name no id there, though clients read one. Times
      want milliseconds (amp-labs/connectors, pull request 1226). Only Classic accounts are said to have any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from crm.errors import ConfigurationError, MissingInCrm, NotSupported, PermanentError, TransientError
from crm.records import AppointmentChanges, AppointmentData, AppointmentRecord
from crm.rest.body import Param
from crm.rest.service import MAX_PAGES, Service, created
from crm.rest.values import moment, optional_id, utc
from crm.values import Struct, Unexpected, Value, ignored, record_id, rows, struct, text

LIST = "GET /v1/appointments"
CREATE = "POST /v1/appointments"
ONE = "/v1/appointments/{appointment_id}"
LIST_V2 = "GET /v2/taskAppointments"
PAGE_ROWS = 200  # descriptions may be long
REMINDERS = (5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880)  # minutes, no others are taken
MARGIN = timedelta(days=1)  # in which zone v1 searches is not said

T = TypeVar("T")


class AppointmentCalls(Service):
    def create_appointment(self, data: AppointmentData) -> int:
        """Put an appointment on the contact; return its id. Repeat: not safe: look with `find_appointments`.

        Raises: NotSupported where the account or the key has no appointments over v1; OutcomeUnknown if the
                reply names no id.
        """
        body: dict[str, Param] = {
            "contact_id": data.contact_id,
            "title": data.title,
            "start_date": _time(data.starts_at),
            "end_date": _time(data.ends_at),
            **{name: value for name, value in _others(data).items() if value},
        }
        if data.user_id is None:
            body.pop("remind_time", None)
        return self._v1("create_appointment", CREATE, created, body=body)

    def update_appointment(self, appointment_id: int, changes: AppointmentChanges) -> None:
        """Write what is given over the appointment; send nothing if that is nothing. Repeat: safe.

        Title and times are required in every body, so they are read first where they are not given.
        """
        given = {"title": changes.title, "starts_at": changes.starts_at, "ends_at": changes.ends_at}
        others = _others(changes)
        if not others and not any(value is not None for value in given.values()):
            return
        title, starts_at, ends_at = changes.title, changes.starts_at, changes.ends_at
        if title is None or starts_at is None or ends_at is None:
            there = self._read("update_appointment", appointment_id)
            title = there.title if title is None else title
            starts_at, ends_at = starts_at or there.starts_at, ends_at or there.ends_at
        body = {"title": title, "start_date": _time(starts_at), "end_date": _time(ends_at), **others}
        self._v1("update_appointment", f"PATCH {ONE}", ignored, at=appointment_id, body=body)

    def read_appointment(self, appointment_id: int) -> AppointmentRecord:
        """Return one appointment.

        Raises: MissingInCrm if it is gone; NotSupported if the key may not see it.
        """
        return self._read("read_appointment", appointment_id)

    def find_appointments(self, contact_id: int, since: datetime, until: datetime) -> list[AppointmentRecord]:
        """Return the contact's appointments that begin from `since` to `until`, lowest id first.

        Raises: NotSupported if neither list is there, or v1 shows one without its id that v2 does not show.
        """

        def parse(row: Struct) -> AppointmentRecord | None:
            record = _record(row)
            return record if record.contact_id == contact_id and since <= record.starts_at <= until else None

        times = f"start_time>={_time(since)};start_time<={_time(until)}"
        asked = {"filter": f"contact_id=={contact_id};{times}"}
        v1_asked: dict[str, str | int] = {
            "contact_id": contact_id,
            "since": _time(since - MARGIN),
            "until": _time(until + MARGIN),
        }
        over_v2 = self._v2_list("find_appointments", asked, parse)
        try:
            over_v1 = self._v1_list("find_appointments", v1_asked, parse)
        except NotSupported:
            if over_v2 is None:
                raise
            over_v1 = []
        found = {record.id: record for record in over_v2 or ()}
        known = {(record.title, record.starts_at) for record in found.values()}
        for record in over_v1:
            if record.id:
                found.setdefault(record.id, record)
            elif (record.title, record.starts_at) not in known:
                raise NotSupported(
                    "The CRM shows an appointment without its id over REST, so it cannot be recognised. "
                    "Choose XML-RPC or automatic as the connection's protocol.",
                    setting="credentials",
                    label="appointment-id-not-told",
                )
        return [found[number] for number in sorted(found)]

    def sees_all_appointments(self) -> bool:
        """Return whether one of the lists shows appointments of more than one user on its first page."""

        def parse(row: Struct) -> int | None:
            return _record(row).user_id

        over_v2 = self._v2_list("sees_all_appointments", {}, parse, first_page=True)
        if len(set(over_v2 or ())) > 1:
            return True
        try:
            return len(set(self._v1_list("sees_all_appointments", {}, parse, first_page=True))) > 1
        except NotSupported:
            return False

    def delete_appointment(self, appointment_id: int) -> None:
        """Delete the appointment; one that is gone is done. Repeat: safe."""
        try:
            self._v1("delete_appointment", f"DELETE {ONE}", ignored, at=appointment_id)
        except MissingInCrm:
            return

    def complete_appointment(self, appointment_id: int, at: datetime) -> None:
        """Raise NotSupported: no member of an appointment says that it is done."""
        raise NotSupported(
            "REST cannot mark an appointment as completed. Choose XML-RPC or automatic as the connection's "
            "protocol, or leave appointments as they are.",
            setting="credentials",
            label="no-completion",
        )

    def _read(self, operation: str, appointment_id: int) -> AppointmentRecord:
        def parse(value: Value) -> AppointmentRecord:
            return _record({**struct(value), "id": appointment_id})

        return self._v1(operation, f"GET {ONE}", parse, at=appointment_id)

    def _v1(
        self,
        operation: str,
        route: str,
        parse: Callable[[Value], T],
        *,
        at: int | None = None,
        query: Mapping[str, str | int] | None = None,
        body: Param = None,
    ) -> T:
        """Send a request of v1. Raises NotSupported where account or key have no appointments there."""
        try:
            return self._wire.call(
                operation, route, parse, at=() if at is None else (at,), query=query, body=body
            )
        except MissingInCrm as err:
            if err.label != "not-found":
                raise
            if at is not None:  # this one is gone, unless all are
                self._v1(operation, LIST, ignored, query={"limit": 1})
                raise
            raise _no_appointments(err.detail) from err
        except ConfigurationError as err:
            if err.label != "forbidden":
                raise
            raise _no_appointments(err.detail) from err

    def _v1_list(
        self,
        operation: str,
        query: Mapping[str, str | int],
        parse: Callable[[Struct], T | None],
        *,
        first_page: bool = False,
    ) -> list[T]:
        def parse_page(value: Value) -> tuple[int, list[T]]:
            part = rows(struct(value).get("appointments"))
            return len(part), [item for item in map(parse, part) if item is not None]

        found: list[T] = []
        for page in range(MAX_PAGES):
            asked = {**query, "limit": PAGE_ROWS, "offset": page * PAGE_ROWS}
            row_count, part = self._v1(operation, LIST, parse_page, query=asked)
            found.extend(part)
            if row_count < PAGE_ROWS or first_page:
                return found
        raise PermanentError(
            "The CRM holds far too many appointments of this contact. Delete old ones there.",
            detail=f"{LIST}: more than {MAX_PAGES} pages",
            label="too-many-rows",
        )

    def _v2_list(
        self,
        operation: str,
        query: Mapping[str, str | int],
        parse: Callable[[Struct], T | None],
        *,
        first_page: bool = False,
    ) -> list[T] | None:
        """Return what the list shows; None where it is not there, as it is younger than the vendor's file."""
        try:
            if first_page:
                page = self._page(
                    operation, LIST_V2, "taskAppointments", parse, query=query, page_rows=PAGE_ROWS
                )
                return page[0]
            return self._pages(
                operation, LIST_V2, "taskAppointments", parse, query=query, page_rows=PAGE_ROWS
            )
        except (ConfigurationError, TransientError) as err:
            if err.label in ("not-found", "forbidden", "gateway"):
                return None
            raise


def _no_appointments(detail: str) -> NotSupported:
    return NotSupported(
        "This CRM account, or this key, has no appointments over REST. Enter a key of a user who may view "
        "all records, or choose XML-RPC or automatic as the connection's protocol.",
        detail=detail,
        setting="credentials",
        label="no-appointments",
    )


def _others(data: AppointmentData | AppointmentChanges) -> dict[str, Param]:
    """Return the members beside title and times that are given."""
    minutes = data.reminder_minutes
    given: dict[str, Param] = {
        "description": data.description,
        "location": data.location,
        "user": data.user_id,
        "remind_time": min(REMINDERS, key=lambda each: abs(each - minutes)) if minutes is not None else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _time(value: datetime) -> str:
    return utc(value.replace(microsecond=0))


def _record(row: Struct) -> AppointmentRecord:
    """Return a row of either version; its id is 0 where v1 does not tell it."""
    starts_at = moment(row, "start_date") or moment(row, "start_time")
    if starts_at is None:
        raise Unexpected("an appointment has a start")
    return AppointmentRecord(
        id=record_id(row["id"]) if row.get("id") is not None else 0,
        title=text(row, "title"),
        starts_at=starts_at,
        ends_at=moment(row, "end_date") or moment(row, "end_time") or starts_at,
        contact_id=optional_id(row.get("contact_id")),
        description=text(row, "description"),
        user_id=optional_id(row.get("user") if row.get("user") is not None else row.get("user_id")),
    )
