"""Categories of tags."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.records import add_record
from sandbox.rest.kinds import shaped, text
from sandbox.rest.listing import by_text, chosen, page, table_rows
from sandbox.rest.routes import Request, route
from sandbox.rest.v2.tags import or_none
from sandbox.rest.wire import Json, present
from sandbox.values import Row

TABLE = "ContactGroupCategory"
BODY = shaped("name", name=text, description=text)
TESTS = {
    "name": or_none(by_text("CategoryName"), "CategoryName"),
    "description": or_none(by_text("CategoryDescription"), "CategoryDescription"),
}


@route("GET", "/v2/tags/categories")
def list_tag_categories(work: Work, request: Request) -> Json:
    rows = chosen(request, table_rows(work, TABLE), TESTS)
    return page(work, request, "tag_categories", rows, _show, {"name": "CategoryName"})


@route("POST", "/v2/tags/categories", status=201)
def create_tag_category(work: Work, request: Request) -> Json:
    given = request.read(BODY)
    values = {"CategoryName": given["name"], "CategoryDescription": given.get("description") or ""}
    return _show(work.store.row(TABLE, add_record(work, TABLE, values)))


def _show(row: Row) -> Json:
    return present(
        id=str(row["Id"]), name=row["CategoryName"], description=row["CategoryDescription"] or None
    )
