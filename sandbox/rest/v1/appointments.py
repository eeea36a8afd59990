"""Appointments: the rows of ContactAction that are marked as such."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.account import Work
from sandbox.clock import CLOCK
from sandbox.options import Options
from sandbox.records import ACTING_USER, add_record, delete_record, insert_stamped, update_record
from sandbox.rest.activities import TABLE, details_of, is_appointment, listed_appointments, location_of
from sandbox.rest.kinds import integer, moment, shaped, text
from sandbox.rest.problems import Refusal, bad_request, not_found
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.v1.listing import page
from sandbox.rest.wire import Json, present, time_text, whole
from sandbox.values import Row, Stored

TEXTS = {"title": "ActionDescription", "description": "CreationNotes"}
TIMES = {"start_date": "ActionDate", "end_date": "EndDate"}
IDS = {"contact_id": ("Contact", "ContactId"), "user": ("User", "UserID")}
REMINDERS = (5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880)
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MARKS: dict[str, Row] = {
    "both": {"IsAppointment": 1, "ObjectType": "Appointment"},
    "IsAppointment": {"IsAppointment": 1},
    "ObjectType": {"ObjectType": "Appointment"},
}


def exact_time(value: Any, where: str) -> str:
    """A time with milliseconds and Z; integrators report that others are refused."""
    if not isinstance(value, str) or not MILLISECONDS.fullmatch(value):
        raise bad_request(f"{where} must be a time like 2017-01-01T22:17:59.039Z")
    moment(value, where)
    return value


def reminder(value: Any, where: str) -> int:
    if value not in REMINDERS:
        raise bad_request(f"{where} must be one of {REMINDERS}")
    return int(value)


APPOINTMENT = shaped(
    "title start_date end_date",
    title=text,
    description=text,
    location=text,
    start_date=exact_time,
    end_date=exact_time,
    contact_id=integer,
    user=integer,
    remind_time=reminder,
)


@route("GET", "/v1/appointments")
def list_appointments(work: Work, request: Request) -> Json:
    _open(work.options)
    rows = listed_appointments(work, only_own=work.options.v1_appointment_users == "own")
    if "contact_id" in request.query:
        rows = [row for row in rows if str(row["ContactId"]) == request.query["contact_id"]]
    for name, keeps in (("since", datetime.__ge__), ("until", datetime.__le__)):
        if name in request.query:
            limit = column_time(exact_time(request.query[name], name), work.options)
            rows = [
                row
                for row in rows
                if isinstance(row["ActionDate"], datetime) and keeps(row["ActionDate"], limit)
            ]
    return page(request, "appointments", rows, lambda row: _show(work, row))


@route("POST", "/v1/appointments", status=201)
def create_appointment(work: Work, request: Request) -> Json:
    _open(work.options)
    given = request.read(APPOINTMENT)
    key = add_record(work, TABLE, MARKS[work.options.appointment_flag] | _columns(work, given))
    _locate(work, key, given)
    return _show(work, work.store.row(TABLE, key))


@route("GET", "/v1/appointments/{appointment_id}")
def get_appointment(work: Work, request: Request) -> Json:
    """Others' appointments need a right that not every key has."""
    row = work.store.row(TABLE, _key(work, request))
    if work.options.v1_appointment_users == "own" and row["UserID"] != ACTING_USER:
        raise Refusal(403, "The permission to view all records is needed")
    return _show(work, row)


@route("PATCH", "/v1/appointments/{appointment_id}")
def update_appointment(work: Work, request: Request) -> Json:
    key = _key(work, request)
    given = request.read(APPOINTMENT)
    update_record(work, TABLE, key, _columns(work, given))
    _locate(work, key, given)
    return _show(work, work.store.row(TABLE, key))


@route("DELETE", "/v1/appointments/{appointment_id}", status=NO_CONTENT)
def delete_appointment(work: Work, request: Request) -> None:
    delete_record(work, TABLE, _key(work, request))


def _open(options: Options) -> None:
    if options.v1_appointments == "denied":
        raise Refusal(403, "Access to appointments is denied")
    if options.v1_appointments == "absent":
        raise Refusal(404, "No such path")


def _key(work: Work, request: Request) -> int:
    _open(work.options)
    key = request.record(work.store, TABLE, "appointment_id")
    if not is_appointment(work.options, work.store.row(TABLE, key)):
        raise not_found("Appointment", str(key))
    return key


def _columns(work: Work, given: Json) -> dict[str, Any]:
    values: dict[str, Any] = {
        column: given[name] for name, column in TEXTS.items() if given.get(name) is not None
    }
    for name, column in TIMES.items():
        values[column] = column_time(given[name], work.options)
    for name, (table, column) in IDS.items():
        if given.get(name) is not None:
            if work.store.get(table, given[name]) is None:
                raise bad_request(f"There is no {table} {given[name]}")
            values[column] = given[name]
    if given.get("remind_time") is not None:
        values["PopupDate"] = values["ActionDate"] - timedelta(minutes=given["remind_time"])
    return values


def column_time(written: str, options: Options) -> datetime:
    """What a time with Z is in the columns: either it means UTC, or its digits are the account's own."""
    if options.v1_appointment_times == "local":
        return datetime.fromisoformat(written).replace(tzinfo=None, microsecond=0)
    return datetime.fromisoformat(written).astimezone(CLOCK.zone).replace(tzinfo=None, microsecond=0)


def _locate(work: Work, key: int, given: Json) -> None:
    if given.get("location") is None:
        return
    values: Row = {"ActionId": key, "Location": given["location"]}
    known = details_of(work, work.store.row(TABLE, key))
    if known:
        work.store.change("ActionDetail", known[0], values)
    else:
        insert_stamped(work.store, "ActionDetail", values)


def _show(work: Work, row: Row) -> Json:
    starts, popup = row["ActionDate"], row["PopupDate"]
    reminds = starts - popup if isinstance(starts, datetime) and isinstance(popup, datetime) else None
    return present(
        id=row["Id"] if work.options.v1_appointment_id else None,
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: _shown_time(row[column], work.options) for name, column in TIMES.items()},
        **{name: whole(row, column) or None for name, (_, column) in IDS.items()},
        location=location_of(work, row),
        remind_time=int(reminds.total_seconds() // 60) if reminds else None,
    )


def _shown_time(value: Stored, options: Options) -> str | None:
    if options.v1_appointment_times == "local" and isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.000Z}"
    return time_text(value)
