"""The list of appointments, younger than the vendor's file: as its own client for Python reads it."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.activities import listed_appointments, location_of
from sandbox.rest.custom_fields import custom_tests
from sandbox.rest.listing import by_ids, by_time, chosen, page
from sandbox.rest.problems import Refusal
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.values import Row

FORM = -5
TIMES = {
    "start_time": "ActionDate",
    "end_time": "EndDate",
    "create_time": "CreationDate",
    "update_time": "LastUpdated",
}


@route("GET", "/v2/taskAppointments")
def list_task_appointments(work: Work, request: Request) -> Json:
    users = work.options.v2_appointment_users
    if users == "absent":
        raise Refusal(404, "No such path")
    tests = custom_tests(work, FORM) | {"contact_id": by_ids("ContactId"), "user_id": by_ids("UserID")}
    tests |= {name: by_time(column) for name, column in TIMES.items()}
    rows = chosen(request, listed_appointments(work, only_own=users == "own"), tests)
    return page(work, request, "taskAppointments", rows, lambda row: _show(work, row), TIMES)


def _show(work: Work, row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        title=row["ActionDescription"],
        description=row["CreationNotes"],
        location=location_of(work, row),
        contact_id=id_text(row["ContactId"]),
        user_id=id_text(row["UserID"]),
        **{name: time_text(row[column]) for name, column in TIMES.items()},
    )
