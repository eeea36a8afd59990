"""Lead sources and their categories."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record
from sandbox.rest.kinds import choice, moment, record_id, shaped, text
from sandbox.rest.listing import by_ids, by_number, by_text, candidates, chosen, page, table_rows
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.values import Row

TEXTS = {
    "name": "Name",
    "description": "Description",
    "vendor": "Vendor",
    "medium": "Medium",
    "message": "Message",
}
TIMES = {"start_time": "StartDate", "end_time": "EndDate"}
STATUS = {"ACTIVE": "Active", "INACTIVE": "Inactive"}
NEW_SOURCE = shaped(
    "name",
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(TIMES, moment),
    status=choice(*STATUS),
    lead_source_category_id=record_id,
)
CATEGORY_BODY = shaped("name", name=text, description=text)
TESTS = {name: by_text(column) for name, column in TEXTS.items()} | {
    "id": by_number("Id"),
    "status": by_text("Status"),
    "lead_source_category_id": by_ids("LeadSourceCategoryId"),
}
ORDER_BY = TEXTS | TIMES | {"status": "Status"}
INDEXED = {"name": ("Name",), "id": ("Id",)}


@route("GET", "/v2/leadSources")
def list_lead_sources(work: Work, request: Request) -> Json:
    rows = chosen(request, candidates(work, "LeadSource", request, INDEXED), TESTS)
    return page(work, request, "lead_sources", rows, _show, ORDER_BY)


@route("POST", "/v2/leadSources", status=201)
def create_lead_source(work: Work, request: Request) -> Json:
    """A lead source is active unless told otherwise."""
    given = request.read(NEW_SOURCE)
    columns = TEXTS | TIMES
    values: dict[str, Any] = {columns[name]: given[name] for name in columns if given.get(name) is not None}
    category = given.get("lead_source_category_id")
    if category is not None:
        if work.store.get("LeadSourceCategory", category) is None:
            raise bad_request(f"There is no lead source category {category}")
        values["LeadSourceCategoryId"] = category
    values["Status"] = STATUS[given.get("status") or "ACTIVE"]
    return _show(work.store.row("LeadSource", add_record(work, "LeadSource", values)))


def _show(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: time_text(row[column]) for name, column in TIMES.items()},
        status=str(row["Status"]).upper() if row["Status"] else None,
        lead_source_category_id=id_text(row["LeadSourceCategoryId"]),
    )


@route("GET", "/v2/leadSourceCategories")
def list_lead_source_categories(work: Work, request: Request) -> Json:
    tests = {"name": by_text("Name"), "description": by_text("Description")}
    rows = chosen(request, table_rows(work, "LeadSourceCategory"), tests)
    return page(work, request, "lead_source_categories", rows, _show_category, {"name": "Name"})


@route("POST", "/v2/leadSourceCategories", status=201)
def create_lead_source_category(work: Work, request: Request) -> Json:
    given = request.read(CATEGORY_BODY)
    values = {"Name": given["name"], "Description": given.get("description") or ""}
    return _show_category(
        work.store.row("LeadSourceCategory", add_record(work, "LeadSourceCategory", values))
    )


def _show_category(row: Row) -> Json:
    return present(id=str(row["Id"]), name=row["Name"], description=row["Description"] or None)
