"""Each report against rows that are in the CRM, over every protocol that has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mappings.models import Connection
from reports.catalogue.registry import REPORTS
from reports.catalogue.report import Kind
from reports.columns import is_secret
from reports.models import DataSet, Run
from reports.periods import PeriodError, bounds, resolved
from tests.reports.conftest import MakeDataSet, remove, run_whole, shown
from tests.sandbox_client import ROOT, Sandbox

DAY = {"duration": "date", "report_date": "specific", "date": "2026-11-20"}
NEW_YORK = ZoneInfo("America/New_York")
Ids = Mapping[str, list[int]]


def seed(crm: Sandbox) -> Ids:
    """A little of everything, with ids known to the cases."""
    ids = crm.seed(
        Contact=[
            {"FirstName": "Ann", "Email": "ann@example.com", "City": "Ogden"},
            {"FirstName": "Bo", "EmailAddress2": "ann@example.com"},
            {"FirstName": "Cy", "Email": "cy@example.com"},
        ],
        ContactGroup=[{"GroupName": "Gold"}, {"GroupName": "Silver"}],
        Product=[{"ProductName": "Mug", "InventoryLimit": 7}, {"ProductName": "Pot", "InventoryLimit": 0}],
        Affiliate=[{"AffName": "Zoe", "AffCode": "zoe1", "Status": 1}, {"AffName": "Yan", "AffCode": "yan1"}],
        AffiliateProgram=[{"Name": "Friends"}, {"Name": "Shops"}],
        SavedFilter=[{"FilterName": "All contacts", "UserId": 1}, {"FilterName": "Ogden", "UserId": 1}],
    )
    first, second = ids["Affiliate"]
    entry = {"AffiliateId": first, "InvoiceId": 5, "ContactId": 7, "Description": "Order 5"}
    at = {"DateEarned": "2026-11-20T10:00:00"}
    more = crm.seed(
        ContactGroupAssign=[
            {"ContactId": ids["Contact"][0], "GroupId": ids["ContactGroup"][0]},
            {"ContactId": ids["Contact"][1], "GroupId": ids["ContactGroup"][0]},
            {"ContactId": ids["Contact"][0], "GroupId": ids["ContactGroup"][1]},
        ],
        AffiliateEntry=[
            {**entry, **at, "Kind": "commission", "Amount": 12.5},
            {**entry, "DateEarned": "2026-11-21T00:00:00", "Kind": "commission", "Amount": 99},
            {**entry, **at, "Kind": "clawback", "Amount": 2},
            {**entry, **at, "Kind": "payout", "Amount": 5},
        ],
        AffiliateProgramMember=[
            {"ProgramId": ids["AffiliateProgram"][0], "AffiliateId": first},
            {"ProgramId": ids["AffiliateProgram"][0], "AffiliateId": second},
        ],
        AffiliateRedirect=[
            {"AffiliateId": first, "Title": "Home", "LocalUrlCode": "h", "RedirectUrl": "https://example.com"}
        ],
        AffResource=[{"Title": "Banner", "ProgramIds": str(ids["AffiliateProgram"][0])}],
        Job=[{"Id": 9000, "JobTitle": "An order", "ContactId": ids["Contact"][0], "InvoiceId": 9002}],
    )
    money = {"InvoiceTotal": 30, "TotalPaid": 10, "TotalDue": 20, "PayStatus": 0}
    invoice = crm.seed(
        Invoice=[{"Id": 9002, "JobId": 9000, "ContactId": ids["Contact"][0], **money}],
    )
    payment = crm.seed(
        Payment=[
            {
                "InvoiceId": invoice["Invoice"][0],
                "PayAmt": 10,
                "PayType": "Cash",
                "PayDate": "2026-11-20T00:00:00",
                "ContactId": ids["Contact"][0],
            }
        ]
    )
    return {**ids, **more, **invoice, **payment}


@dataclass(frozen=True, kw_only=True)
class Case:
    """`arguments` and `rows` are made of the ids; `rows` are of the columns named."""

    report: str
    arguments: Callable[[Ids], dict[str, Any]] = lambda ids: {}
    columns: tuple[str, ...]
    rows: Callable[[Ids], list[tuple[Any, ...]]]
    protocols: tuple[str, ...] = ("xmlrpc",)


BOTH = ("xmlrpc", "rest")
ENTRY = ("AffiliateId", "InvoiceId", "Amount", "DateEarned", "Description")
EARNED = "2026-11-20T15:00:00Z"
CASES = [
    *(
        Case(
            report=name,
            arguments=lambda ids: {"affiliates": ids["Affiliate"], "period": DAY},
            columns=ENTRY,
            rows=lambda ids, amount=amount: [(ids["Affiliate"][0], 5, amount, EARNED, "Order 5")],  # type: ignore[misc]
        )
        for name, amount in (
            ("affiliate-clawbacks", "2"),
            ("affiliate-commissions", "12.5"),
            ("affiliate-payments", "5"),
        )
    ),
    Case(
        report="affiliate-redirects",
        arguments=lambda ids: {"affiliates": ids["Affiliate"]},
        columns=("AffiliateId", "Title", "RedirectUrl"),
        rows=lambda ids: [(ids["Affiliate"][0], "Home", "https://example.com")],
    ),
    Case(
        report="affiliate-summary",
        arguments=lambda ids: {"affiliates": ids["Affiliate"], "period": DAY},
        columns=("AffiliateId", "AmountEarned", "Clawbacks", "Balance"),
        rows=lambda ids: [(ids["Affiliate"][0], "12.5", "2", "10.5"), (ids["Affiliate"][1], "0", "0", "0")],
    ),
    Case(
        report="affiliate-totals",
        arguments=lambda ids: {"affiliates": ids["Affiliate"][:1]},
        columns=("AffiliateId", "AmountEarned", "Payments", "RunningBalance"),
        rows=lambda ids: [(ids["Affiliate"][0], "111.5", "5", "104.5")],
    ),
    Case(report="programs", columns=("Name",), rows=lambda ids: [("Friends",), ("Shops",)]),
    Case(
        report="affiliate-programs",
        arguments=lambda ids: {"affiliates": ids["Affiliate"]},
        columns=("AffiliateId", "Name"),
        rows=lambda ids: [(id, "Friends") for id in ids["Affiliate"]],
    ),
    Case(
        report="program-affiliates",
        arguments=lambda ids: {"program": ids["AffiliateProgram"][0]},
        columns=("AffName",),
        rows=lambda ids: [("Zoe",), ("Yan",)],
    ),
    Case(
        report="program-resources",
        arguments=lambda ids: {"program": ids["AffiliateProgram"][0]},
        columns=("Title",),
        rows=lambda ids: [("Banner",)],
    ),
    Case(
        report="contacts-by-email",
        arguments=lambda ids: {"email": "ann@example.com"},
        columns=("Id", "FirstName"),
        rows=lambda ids: [(ids["Contact"][0], "Ann"), (ids["Contact"][1], "Bo")],
        protocols=BOTH,
    ),
    Case(
        report="contact-by-id",
        arguments=lambda ids: {"contact": ids["Contact"][0]},
        columns=("Id", "FirstName", "Email", "City"),
        rows=lambda ids: [(ids["Contact"][0], "Ann", "ann@example.com", "Ogden")],
        protocols=BOTH,
    ),
    Case(
        report="contacts-by-tags",
        arguments=lambda ids: {"tags": ids["ContactGroup"]},
        columns=("GroupId", "ContactId", "Contact.FirstName"),
        rows=lambda ids: [
            (ids["ContactGroup"][0], ids["Contact"][0], "Ann"),
            (ids["ContactGroup"][0], ids["Contact"][1], "Bo"),
            (ids["ContactGroup"][1], ids["Contact"][0], "Ann"),
        ],
    ),
    Case(
        report="data-record",
        arguments=lambda ids: {"table": "Product", "record": ids["Product"][0]},
        columns=("Id", "ProductName"),
        rows=lambda ids: [(ids["Product"][0], "Mug")],
    ),
    Case(
        report="data-query",
        arguments=lambda ids: {"table": "Product", "query": "'ProductName':'m%'"},
        columns=("Id", "ProductName"),
        rows=lambda ids: [(ids["Product"][0], "Mug")],
        protocols=BOTH,
    ),
    Case(
        report="invoice-due",
        arguments=lambda ids: {"invoices": ids["Invoice"]},
        columns=("InvoiceId", "AmountDue"),
        rows=lambda ids: [(ids["Invoice"][0], "20")],
        protocols=BOTH,
    ),
    Case(
        report="payment-options",
        columns=("Name",),
        rows=lambda ids: [],
    ),
    Case(
        report="invoice-payments",
        arguments=lambda ids: {"invoices": ids["Invoice"]},
        columns=("InvoiceId", "PayAmt"),
        rows=lambda ids: [(ids["Invoice"][0], "10")],
    ),
    Case(
        report="product-inventory",
        arguments=lambda ids: {"products": ids["Product"]},
        columns=("ProductId", "Inventory"),
        rows=lambda ids: [(ids["Product"][0], 7), (ids["Product"][1], 0)],
        protocols=BOTH,
    ),
    Case(
        report="search-fields",
        arguments=lambda ids: {"search": {"id": ids["SavedFilter"][0], "user": 1}},
        columns=("Field", "Label"),
        rows=lambda ids: [],
    ),
    Case(
        report="search-complete",
        arguments=lambda ids: {"search": {"id": ids["SavedFilter"][0], "user": 1}},
        columns=("ContactName", "City"),
        rows=lambda ids: [("Ann", "Ogden"), ("Bo", ""), ("Cy", "")],
    ),
    Case(
        report="search-partial",
        arguments=lambda ids: {
            "search": {"id": ids["SavedFilter"][1], "user": 1},
            "search_fields": ["Email", "City"],
        },
        columns=("Email", "City"),
        rows=lambda ids: [("ann@example.com", "Ogden")],
    ),
]
OPTION = {"id": "11", "name": "Ship", "price": "4.50", "active": "true", "UPS Password": "secret"}
RANGES = [{"id": "1", "amt": "10.0"}, {"id": "2", "amt": "20.0"}]
OPTION_CASES = {
    **dict.fromkeys(
        ("discount-category", "discount-order", "discount-product", "discount-shipping", "discount-trial"),
        OPTION,
    ),
    **dict.fromkeys(("shipping-flat", "shipping-quantity", "shipping-order", "shipping-product"), OPTION),
    **dict.fromkeys(("shipping-ups", "shipping-weight"), OPTION),
    **dict.fromkeys(("discount-assignments", "shipping-ranges"), RANGES),
    **{name: [OPTION] for name in ("invoice-shipping", "shipping-options")},
    "web-forms": {"6": "Sign up"},
}


def test_every_report_has_a_case_on_every_protocol_that_has_it() -> None:
    has = {name: tuple(each for each in BOTH if report.call(each)) for name, report in REPORTS.items()}
    of_options = dict.fromkeys(OPTION_CASES, ("xmlrpc",))
    assert {case.report: case.protocols for case in CASES} | of_options == has
    assert len({report.number for report in REPORTS.values()}) == len(REPORTS)
    for report in REPORTS.values():
        assert report.rest is not None or report.differs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "protocol"),
    [(case, protocol) for case in CASES for protocol in case.protocols],
    ids=lambda value: value if isinstance(value, str) else value.report,
)
def test_a_report_tells_what_is_in_the_crm(
    make: MakeDataSet, crm: Sandbox, case: Case, protocol: str
) -> None:
    Connection.objects.update(protocol=protocol)
    ids = seed(crm)
    data_set = make(case.report, arguments=case.arguments(ids))
    run = run_whole(data_set)
    assert run.state == Run.State.COMPLETE, run.error
    found = shown(data_set, *case.columns)
    if case.report == "payment-options":
        assert ("Cash",) in found
    elif case.report == "search-fields":
        assert ("City", "City") in found
    else:
        assert sorted(found, key=str) == sorted(case.rows(ids), key=str)
    again = run_whole(data_set)
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    kept = {name for row in data_set.versions.all() for name in row.values}
    assert not [name for name in kept if is_secret(name)]


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPTION_CASES)
def test_an_option_is_told_with_its_types_and_no_secret(make: MakeDataSet, crm: Sandbox, name: str) -> None:
    report, told = REPORTS[name], OPTION_CASES[name]
    asked = {"options": [11]} if report.parameters else {}
    method = report.xmlrpc.method  # type: ignore[union-attr]
    crm.seed(AccountOption=[{"Method": method, "Asked": 11 if asked else 0, "Members": json.dumps(told)}])
    data_set = make(name, arguments=asked)
    run = run_whole(data_set)
    assert run.state == Run.State.COMPLETE, run.error
    if told is RANGES:
        assert sorted(shown(data_set, "asked_id", "id", "amt")) == [(11, 1, "10"), (11, 2, "20")]
    elif name == "web-forms":
        assert shown(data_set, "Id", "Name") == [(6, "Sign up")]
    else:
        assert shown(data_set, "id", "name", "price", "active") == [(11, "Ship", "4.5", True)]
    assert "secret" not in str([row.values for row in data_set.versions.all()])


SAMPLES = ROOT.parent / "shared" / "reports" / "xmlrpc"
SAMPLED = {
    "discount-trial": ("freeTrialDays", 9),
    "discount-order": ("name", None),
    "discount-shipping": ("name", None),
    "discount-assignments": ("productCategoryId", 3),
    "shipping-flat": ("price", "0"),
    "shipping-weight": ("orderBased", True),
    "shipping-product": ("name", None),
    "shipping-quantity": ("name", None),
    "web-forms": ("Name", "test"),
    "payment-options": ("Name", None),
    "product-inventory": ("Inventory", None),
    "invoice-due": ("AmountDue", None),
    "invoice-payments": ("InvoiceId", 6),
    "affiliate-totals": ("AffiliateId", None),
    "affiliate-summary": ("AffiliateId", None),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLED)
def test_a_recorded_reply_becomes_rows(make: MakeDataSet, crm: Sandbox, name: str) -> None:
    """As the vendor's documents show it, served in place of the sandbox's own answer."""
    report, (column, value) = REPORTS[name], SAMPLED[name]
    method = report.xmlrpc.method  # type: ignore[union-attr]
    if not SAMPLES.is_dir():
        pytest.skip("the folder with the recorded replies is not there")
    # The documents indent what is inside of a value too, and one number has a slip of the pen.
    reply = re.sub(r"\s*([^<>]*?)\s*(?=[<])", r"\1", (SAMPLES / f"{method}.xml").read_text())
    reply = reply.replace("=0.0", "0.0")
    crm.faults(
        {
            "method": method,
            "do": "http",
            "status": 200,
            "body": reply,
            "headers": {"Content-Type": "text/xml"},
            "times": 0,
        }
    )
    lists = {each.name: [11] for each in report.parameters if each.kind is Kind.IDS}
    data_set = make(name, arguments={**lists, "period": DAY})
    run = run_whole(data_set)
    found = [row for (row,) in shown(data_set, column)]
    assert (run.state, bool(found)) == (Run.State.COMPLETE, True), run.error
    assert value is None or value in found


@pytest.mark.django_db
def test_of_several_ids_one_that_is_gone_is_named_and_the_others_are_read(
    make: MakeDataSet, crm: Sandbox
) -> None:
    ids = seed(crm)
    data_set = make("product-inventory", arguments={"products": [*ids["Product"], 99_999]})
    run = run_whole(data_set)
    assert (run.state, run.failed_ids) == (Run.State.INCOMPLETE, [99_999])
    assert run.error == "Not in the CRM: 99999. The others were read."
    assert [stock for _, stock in shown(data_set, "ProductId", "Inventory")] == [7, 0]
    assert DataSet.objects.get().began_at is None
    alone = make("product-inventory", slug="two", arguments={"products": [99_999]})
    assert run_whole(alone).state == Run.State.FAILED


@pytest.mark.django_db
def test_what_no_page_tells_any_more_is_gone(make: MakeDataSet, crm: Sandbox) -> None:
    """Saved searches have no order of ids: what a whole reading did not meet is removed at its end."""
    ids = crm.seed(
        Contact=[{"FirstName": f"Ann {n}"} for n in range(230)],
        SavedFilter=[{"FilterName": "All contacts", "UserId": 1}],
    )
    search = {"id": ids["SavedFilter"][0], "user": 1}
    data_set = make("search-complete", arguments={"search": search})
    run = run_whole(data_set)
    assert (run.rows, run.pages, run.proof) == (230, 4, Run.Proof.READ_TO_END)
    remove(crm, "Contact", *ids["Contact"][100:103])
    run = run_whole(data_set)
    assert (run.removed, len(shown(data_set))) == (3, 227)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (DAY, "2026-11-20", "2026-11-20"),
        ({"duration": "date", "report_date": "relative", "days_back": 1}, "2026-11-27", "2026-11-27"),
        (
            {
                **{"duration": "range", "start_kind": "relative", "start_days": 10},
                **{"end_kind": "relative", "end_days": 5},
            },
            "2026-11-18",
            "2026-11-23",
        ),
        (
            {
                **{"duration": "range", "start_kind": "specific", "start_date": "2026-01-01"},
                **{"end_kind": "relative", "end_days": 0},
            },
            "2026-01-01",
            "2026-11-28",
        ),
        ({"first": "2026-02-01", "last": "2026-02-02"}, "2026-02-01", "2026-02-02"),
    ],
)
def test_days_are_those_of_the_account(period: dict[str, Any], first: str, last: str) -> None:
    now = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)  # still the 28th in New York
    found = resolved(period, now, NEW_YORK)
    assert (found["first"], found["last"]) == (first, last)
    begin, end = bounds(found, NEW_YORK)
    assert begin.isoformat()[:19] == f"{first}T00:00:00" and end.isoformat()[:19] == f"{last}T23:59:59"


@pytest.mark.parametrize(
    ("period", "field"),
    [
        ({}, "date"),
        ({"report_date": "relative", "days_back": -1}, "days_back"),
        ({"duration": "range", "start_kind": "relative", "start_days": 1}, "end_date"),
        (
            {**dict.fromkeys(("start_days", "end_days"), 3), "duration": "range", "start_kind": "relative"},
            "end_date",
        ),
    ],
)
def test_days_that_are_missing_are_named(period: dict[str, Any], field: str) -> None:
    with pytest.raises(PeriodError) as caught:
        resolved(period, datetime(2026, 11, 28, tzinfo=UTC), NEW_YORK)
    assert caught.value.field == field


def test_no_column_on_offer_holds_a_secret() -> None:
    from reports.catalogue.tables import TABLES

    assert not [name for columns in TABLES.values() for name in columns if is_secret(name)]
    assert "CreditCard" not in TABLES
    assert all(is_secret(name) for name in ("Password", "SSN", "UPS Password", "upsUserName", "Username"))
    assert [each.kind for each in REPORTS["affiliate-summary"].parameters] == [Kind.IDS, Kind.PERIOD]
