"""Opportunities, their stages, and how they went through these."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record, update_record
from sandbox.rest.custom_fields import OPPORTUNITY, emptied, read_values, show_model, show_values, values_kind
from sandbox.rest.kinds import flag, moment, number, record_id, shaped, text
from sandbox.rest.listing import by_ids, by_number, by_text, chosen, page, table_rows
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, exact, id_text, present, time_text, whole
from sandbox.values import Row

TABLE = "Lead"
TEXTS = {
    "opportunity_title": "OpportunityTitle",
    "next_action_notes": "NextActionNotes",
    "opportunity_notes": "OpportunityNotes",
}
TIMES = {"next_action_time": "NextActionDate", "estimated_close_time": "EstimatedCloseDate"}
AMOUNTS = {
    "projected_revenue_low": "ProjectedRevenueLow",
    "projected_revenue_high": "ProjectedRevenueHigh",
}
REFERENCES = {
    "contact_id": ("Contact", "ContactID"),
    "stage_id": ("Stage", "StageID"),
    "user_id": ("User", "UserID"),
    "affiliate_id": ("Affiliate", "AffiliateId"),
}
MEMBERS = {
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(TIMES, moment),
    **dict.fromkeys(AMOUNTS, number),
    **dict.fromkeys(REFERENCES, record_id),
    "include_in_forecast": flag,
    "custom_fields": values_kind(record_id),
}
NEW = shaped("contact_id opportunity_title stage_id", **MEMBERS)
CHANGED = shaped(**MEMBERS)
TESTS = {
    "stage_id": by_ids("StageID"),
    "user_id": by_ids("UserID"),
    "contact_id": by_ids("ContactID"),
    "opportunity_title": by_text("OpportunityTitle"),
    "lead_source_name": by_text("Leadsource"),
    "affiliate_id": by_ids("AffiliateId"),
    "opportunity_id": by_number("Id"),
    "ids": by_ids(),
}
ORDER_BY = {
    "next_action_time": "NextActionDate",
    "opportunity_title": "OpportunityTitle",
    "created_time": "DateCreated",
    "update_time": "LastUpdated",
}


@route("GET", "/v2/opportunities")
def list_opportunities(work: Work, request: Request) -> Json:
    rows, named = chosen(request, table_rows(work, TABLE), TESTS), request.listed("fields") or []
    return page(work, request, "opportunities", rows, lambda row: _show(work, row, named), ORDER_BY)


@route("POST", "/v2/opportunities", status=201)
def create_opportunity(work: Work, request: Request) -> Json:
    key = add_record(work, TABLE, _columns(work, request.read(NEW)))
    return _show(work, work.store.row(TABLE, key), request.listed("fields") or [])


@route("GET", "/v2/opportunities/{opportunity_id}")
def get_opportunity(work: Work, request: Request) -> Json:
    key = request.record(work.store, TABLE, "opportunity_id")
    return _show(work, work.store.row(TABLE, key), request.listed("fields") or [])


@route("PATCH", "/v2/opportunities/{opportunity_id}")
def update_opportunity(work: Work, request: Request) -> Json:
    key = request.record(work.store, TABLE, "opportunity_id")
    given = request.read(CHANGED, request.listed("update_mask"))
    if columns := emptied(work, OPPORTUNITY, given) | _columns(work, given):
        update_record(work, TABLE, key, columns)
    return _show(work, work.store.row(TABLE, key), request.listed("fields") or [])


@route("GET", "/v2/opportunities/model")
def opportunity_model(work: Work, request: Request) -> Json:
    return show_model(work, OPPORTUNITY, ["custom_fields"])


@route("GET", "/v2/opportunities/stages")
def list_stages(work: Work, request: Request) -> Json:
    tests = {"opportunity_stage_name": by_text("StageName"), "opportunity_stage_id": by_number("Id")}
    rows = chosen(request, table_rows(work, "Stage"), tests)
    return page(work, request, "stages", rows, _show_stage, {"stage_order": "StageOrder"})


@route("GET", "/v2/opportunities/stageMoves")
def list_stage_moves(work: Work, request: Request) -> Json:
    tests = {"opportunity_id": by_ids("OpportunityId"), "user_id": by_ids("UserId")}
    rows = chosen(request, table_rows(work, "StageMove"), tests)
    return page(work, request, "stage_moves", rows, _show_move, {"move_date": "MoveDate", "id": "Id"})


def _columns(work: Work, given: Json) -> dict[str, Any]:
    named = {**TEXTS, **TIMES, **AMOUNTS}
    columns: dict[str, Any] = {
        column: given[name] for name, column in named.items() if given.get(name) is not None
    }
    for name, (table, column) in REFERENCES.items():
        if given.get(name) is not None:
            if work.store.get(table, given[name]) is None:
                raise bad_request(f"There is no {table} {given[name]}")
            columns[column] = given[name]
    return columns | read_values(work, OPPORTUNITY, given.get("custom_fields") or [])


def _show(work: Work, row: Row, named: list[str]) -> Json:
    """Whether it counts in the forecast is accepted and forgotten: the column can only be read."""
    store = work.store
    contact = store.get("Contact", whole(row, "ContactID")) or {}
    stage = store.get("Stage", whole(row, "StageID")) or {}
    user = store.get("User", whole(row, "UserID"))
    shown = present(
        id=str(row["Id"]),
        contact=present(
            id=str(row["ContactID"]), first_name=contact.get("FirstName"), email=contact.get("Email")
        ),
        stage=present(id=str(row["StageID"]), name=stage.get("StageName")),
        user=present(id=str(user["Id"]), first_name=user["FirstName"], last_name=user["LastName"])
        if user
        else None,
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: time_text(row[column]) for name, column in TIMES.items()},
        **{name: exact(row[column]) for name, column in AMOUNTS.items() if row[column] is not None},
        affiliate_id=id_text(row["AffiliateId"]),
        created_time=time_text(row["DateCreated"]),
        last_updated_time=time_text(row["LastUpdated"]),
    )
    return (
        {**shown, "custom_fields": show_values(work, OPPORTUNITY, row)} if "custom_fields" in named else shown
    )


def _show_stage(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        name=row["StageName"],
        order=row["StageOrder"],
        target_number_days=row["TargetNumDays"],
    )


def _show_move(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        opportunity_id=id_text(row["OpportunityId"]),
        move_from_stage_id=str(row["MoveFromStage"] or 0),
        move_to_stage_id=id_text(row["MoveToStage"]),
        move_time=time_text(row["MoveDate"]),
        prev_stage_move_time=time_text(row["PrevStageMoveDate"]),
        user_id=id_text(row["UserId"]),
        created_by=id_text(row["CreatedBy"]),
        create_time=time_text(row["DateCreated"]),
    )
