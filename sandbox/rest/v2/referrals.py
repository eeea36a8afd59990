"""Referrals: which affiliate brought a contact."""

from __future__ import annotations

from typing import Any

from sandbox.records import add_record
from sandbox.rest.kinds import choice, moment, record_id, shaped, text
from sandbox.rest.listing import Condition, by_number, by_text, chosen, ordered, page, table_rows
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.store import Store
from sandbox.values import Row
from sandbox.world import Work

TYPES = {"COOKIE": 0, "PERMANENT": 1, "MANUAL": 2}
WORDS = {number: word for word, number in TYPES.items()}
TEXTS = {"description": "Info", "source": "Source", "ip_address": "IPAddress"}
TIMES = {"referral_time": "DateSet", "expiration_time": "DateExpires"}
NEW_REFERRAL = shaped(
    "contact_id",
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(TIMES, moment),
    contact_id=record_id,
    referral_partner_id=record_id,
    referral_type=choice(*TYPES),
)


def _by_type(row: Row, wanted: Condition) -> bool:
    return WORDS.get(int(str(row["Type"] or 0))) == wanted.value


TESTS = {
    "referral_partner_id": by_number("AffiliateId"),
    "contact_id": by_number("ContactId"),
    "source": by_text("Source"),
    "description": by_text("Info"),
    "type": _by_type,
}


@route("GET", "/v2/referrals")
def list_referrals(work: Work, request: Request) -> Json:
    rows = chosen(request, table_rows(work, "Referral"), TESTS)
    return page(
        work, request, "referrals", ordered(request, rows, {"id": "Id", "referral_time": "DateSet"}), _show
    )


@route("POST", "/v2/referrals", status=201)
def create_referral(work: Work, request: Request) -> Json:
    given = request.read(NEW_REFERRAL)
    columns = TEXTS | TIMES
    values: dict[str, Any] = {columns[name]: given[name] for name in columns if given.get(name) is not None}
    values["ContactId"] = _existing(work.store, "Contact", given["contact_id"])
    if given.get("referral_partner_id") is not None:
        values["AffiliateId"] = _existing(work.store, "Affiliate", given["referral_partner_id"])
    values["Type"] = TYPES[given.get("referral_type") or "MANUAL"]
    return _show(work.store.row("Referral", add_record(work, "Referral", values)))


def _existing(store: Store, table: str, key: int) -> int:
    if store.get(table, key) is None:
        raise bad_request(f"There is no {table} {key}")
    return key


def _show(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: time_text(row[column]) for name, column in TIMES.items()},
        contact_id=id_text(row["ContactId"]),
        referral_partner_id=id_text(row["AffiliateId"]),
        referral_type=WORDS.get(int(str(row["Type"] or 0))),
    )
