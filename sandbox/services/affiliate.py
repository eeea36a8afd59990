"""The affiliate services: reports over AffiliateEntry rows, programs, redirect links, commissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.account import Work
from sandbox.money import rounded
from sandbox.problems import invalid_parameter
from sandbox.records import existing
from sandbox.services.invoice import money
from sandbox.services.registry import method
from sandbox.store import Store
from sandbox.values import Row, Wire

COMMISSION, CLAWBACK, PAYOUT = "commission", "clawback", "payout"
UP_FRONT, ON_PAYMENT = 4, 5
REPORTS = {"affCommissions": COMMISSION, "affClawbacks": CLAWBACK, "affPayouts": PAYOUT}
ENTRY_MEMBERS = ("AffiliateId", "InvoiceId", "ContactId", "Description", "DateEarned", "Amount")
Report = Callable[[Work, int, datetime, datetime], list[Row]]


def _report(kind: str) -> Report:
    def run(work: Work, affiliate_id: int, start: datetime, end: datetime) -> list[Row]:
        """The member names are assumed: none were published."""
        existing(work.store, "Affiliate", affiliate_id)
        found = [row for row in _entries(work.store, affiliate_id, kind) if _within(row, start, end)]
        return [{name: row[name] for name in ENTRY_MEMBERS if row[name] is not None} for row in found]

    return run


for _name, _kind in REPORTS.items():
    method(f"APIAffiliateService.{_name}", "int dateTime dateTime")(_report(_kind))


@method("APIAffiliateService.affRunningTotals", "array")
def aff_running_totals(work: Work, affiliate_ids: list[Wire]) -> list[dict[str, Any]]:
    totals = []
    for affiliate_id in (int(str(one)) for one in affiliate_ids):
        existing(work.store, "Affiliate", affiliate_id)
        earned, clawed, paid = (_sum(work, affiliate_id, kind) for kind in (COMMISSION, CLAWBACK, PAYOUT))
        amounts = {"AmountEarned": earned, "Clawbacks": clawed, "Payments": paid}
        totals.append({"AffiliateId": affiliate_id, **amounts, "RunningBalance": earned - clawed - paid})
    return totals


@method("APIAffiliateService.affSummary", "array dateTime dateTime")
def aff_summary(
    work: Work, affiliate_ids: list[Wire], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    totals = []
    for affiliate_id in (int(str(one)) for one in affiliate_ids):
        existing(work.store, "Affiliate", affiliate_id)
        earned, clawed = (_sum(work, affiliate_id, kind, start, end) for kind in (COMMISSION, CLAWBACK))
        amounts = {"AmountEarned": earned, "Clawbacks": clawed, "Balance": earned - clawed}
        totals.append({"AffiliateId": affiliate_id, **amounts})
    return totals


def _sum(
    work: Work, affiliate_id: int, kind: str, start: datetime | None = None, end: datetime | None = None
) -> Decimal:
    rows = _entries(work.store, affiliate_id, kind)
    wanted = [row for row in rows if start is None or end is None or _within(row, start, end)]
    return rounded(work.options, sum((money(row, "Amount") for row in wanted), Decimal(0)))


def _entries(store: Store, affiliate_id: int, kind: str) -> list[Row]:
    keys = store.find("AffiliateEntry", "AffiliateId", affiliate_id)
    return [row for key in keys if (row := store.row("AffiliateEntry", key))["Kind"] == kind]


def _within(row: Row, start: datetime, end: datetime) -> bool:
    earned = row["DateEarned"]
    return isinstance(earned, datetime) and start <= earned <= end


@method("InvoiceService.addOrderCommissionOverride", "int int int int double int string dateTime")
def add_order_commission_override(
    work: Work,
    invoice_id: int,
    affiliate_id: int,
    product_id: int,
    percentage: int,
    amount: Decimal,
    payout_type: int,
    description: str,
    date: datetime,
) -> bool:
    """Add a commission: the amount, or else the percentage of the invoice's total."""
    existing(work.store, "Affiliate", affiliate_id)
    invoice = existing(work.store, "Invoice", invoice_id)
    if payout_type not in (UP_FRONT, ON_PAYMENT):
        raise invalid_parameter(f"Unknown payout type: {payout_type}")
    earned = rounded(work.options, amount or money(invoice, "InvoiceTotal") * percentage / 100)
    entry: Row = {"AffiliateId": affiliate_id, "InvoiceId": invoice_id, "ContactId": invoice["ContactId"]}
    details: Row = {"Kind": COMMISSION, "Description": description, "DateEarned": date, "Amount": earned}
    work.store.insert("AffiliateEntry", entry | details)
    work.note("commission.added", {"affiliate": affiliate_id, "invoice": invoice_id}, {"amount": earned})
    return True


@method("AffiliateService.getRedirectLinksForAffiliate", "int")
def get_redirect_links(work: Work, affiliate_id: int) -> list[Row]:
    existing(work.store, "Affiliate", affiliate_id)
    keys = work.store.find("AffiliateRedirect", "AffiliateId", affiliate_id)
    return [_shown(work.store.row("AffiliateRedirect", key)) for key in keys]


@method("AffiliateProgramService.getAffiliatePrograms")
def get_affiliate_programs(work: Work) -> list[Row]:
    """The member names of all program methods are assumed: none were published."""
    return [_shown(row) for row in work.store.rows("AffiliateProgram")]


@method("AffiliateProgramService.getAffiliatesByProgram", "int")
def get_affiliates_by_program(work: Work, program_id: int) -> list[Row]:
    return _members(work.store, "ProgramId", program_id, "Affiliate", "AffiliateId")


@method("AffiliateProgramService.getProgramsForAffiliate", "int")
def get_programs_for_affiliate(work: Work, affiliate_id: int) -> list[Row]:
    existing(work.store, "Affiliate", affiliate_id)
    return _members(work.store, "AffiliateId", affiliate_id, "AffiliateProgram", "ProgramId")


@method("AffiliateProgramService.getResourcesForAffiliateProgram", "int")
def get_resources_for_program(work: Work, program_id: int) -> list[Row]:
    """AffResource.ProgramIds is a comma list."""
    rows = work.store.rows("AffResource")
    return [_shown(row) for row in rows if str(program_id) in str(row["ProgramIds"] or "").split(",")]


def _members(store: Store, column: str, value: int, table: str, other: str) -> list[Row]:
    found = [
        store.row("AffiliateProgramMember", key)
        for key in store.find("AffiliateProgramMember", column, value)
    ]
    rows = [store.get(table, int(str(member[other]))) for member in found]
    return [_shown(row) for row in rows if row is not None]


def _shown(row: Row) -> Row:
    """A row without nulls and without an affiliate's password."""
    return {name: value for name, value in row.items() if value is not None and name != "Password"}
