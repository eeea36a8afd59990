"""The CRM's users."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.listing import by_ids, by_text, chosen, page, table_rows
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present, truth
from sandbox.values import Row

TESTS = {
    "email": by_text("Email"),
    "given_name": by_text("FirstName"),
    "user_ids": by_ids(),
    "include_inactive": lambda row, wanted: True,
    "include_partners": lambda row, wanted: True,
}
TEXTS = {
    "given_name": "FirstName",
    "family_name": "LastName",
    "middle_name": "MiddleName",
    "nickname": "Nickname",
    "suffix": "Suffix",
    "title": "Title",
}


@route("GET", "/v2/users")
def list_users(work: Work, request: Request) -> Json:
    rows = chosen(request, table_rows(work, "User"), TESTS)
    return page(work, request, "users", rows, _show, {"email": "Email", "name": "LastName"})


@route("GET", "/v2/users/{user_id}")
def get_user(work: Work, request: Request) -> Json:
    return _show(work.store.row("User", request.record(work.store, "User", "user_id")))


def _show(row: Row) -> Json:
    """Every user is active: the table does not say more."""
    return present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        global_user_id=id_text(row["GlobalUserId"]),
        email_addresses=[{"email": row["Email"], "field": "EMAIL1"}] if row["Email"] else [],
        phone_numbers=[{"number": row["Phone1"], "field": "PHONE1"}] if row["Phone1"] else [],
        partner=truth(row["Partner"]),
        status="ACTIVE",
    )
