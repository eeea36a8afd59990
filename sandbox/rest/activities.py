"""The rows of ContactAction as REST tells them apart, for both versions."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.options import Options
from sandbox.records import ACTING_USER
from sandbox.table_index import folded
from sandbox.values import Row, Stored

TABLE = "ContactAction"


def listed_appointments(work: Work, *, only_own: bool) -> list[Row]:
    """Ascending by Id. Nobody's appointments are not one's own."""
    rows = [work.store.row(TABLE, key) for key in work.store.keys(TABLE)]
    found = [row for row in rows if is_appointment(work.options, row)]
    return [row for row in found if row["UserID"] == ACTING_USER] if only_own else found


def location_of(work: Work, row: Row) -> Stored:
    return next((work.store.row("ActionDetail", key)["Location"] for key in details_of(work, row)), None)


def is_appointment(options: Options, row: Row) -> bool:
    by_type = folded(row["ObjectType"]) == "appointment"
    is_one = {"IsAppointment": bool(row["IsAppointment"]), "ObjectType": by_type}
    return is_one.get(options.appointment_flag, any(is_one.values()))


def details_of(work: Work, row: Row) -> list[int]:
    return work.store.find("ActionDetail", "ActionId", row["Id"])
