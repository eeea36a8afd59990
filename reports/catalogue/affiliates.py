"""The reports on affiliates and their programs.

The members of the methods' rows were never published: what the CRM answers is kept, typed where we know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.catalogue.calls import Asked
from reports.catalogue.parameters import AFFILIATE, PERIOD, PROGRAM
from reports.catalogue.report import Report
from reports.catalogue.xmlrpc_calls import MethodCall
from reports.columns import Column, ColumnType
from reports.periods import bounds

AREA = "Affiliates"
AFFILIATE_ID = Column(name="AffiliateId", type=ColumnType.ID)
ENTRY = (
    AFFILIATE_ID,
    Column(name="InvoiceId", type=ColumnType.ID),
    Column(name="ContactId", type=ColumnType.ID),
    Column(name="DateEarned", type=ColumnType.TIME),
    Column(name="Amount", type=ColumnType.DECIMAL),
)
TOTALS = tuple(
    Column(name=name, type=ColumnType.DECIMAL)
    for name in ("AmountEarned", "Clawbacks", "Balance", "Payments", "RunningBalance")
)
ID = Column(name="Id", type=ColumnType.ID)


def _within(asked: Asked, each: int) -> Sequence[Any]:
    return (each, *bounds(asked.arguments["period"], asked.zone))


def _entries(name: str, number: int, title: str, says: str, method: str, differs: str) -> Report:
    return Report(
        name=name,
        number=number,
        title=title,
        area=AREA,
        says=says,
        parameters=(AFFILIATE, PERIOD),
        columns=ENTRY,
        is_open=True,
        xmlrpc=MethodCall(
            method=f"APIAffiliateService.{method}",
            params=_within,
            each="affiliates",
            each_as="AffiliateId",
        ),
        differs=differs,
    )


def _of(
    name: str,
    number: int,
    title: str,
    says: str,
    call: MethodCall,
    parameters: tuple[Any, ...],
    key: tuple[str, ...],
    columns: tuple[Column, ...] = (ID, AFFILIATE_ID),
) -> Report:
    return Report(
        name=name,
        number=number,
        title=title,
        area=AREA,
        says=says,
        parameters=parameters,
        columns=columns,
        is_open=True,
        key=key,
        xmlrpc=call,
        differs="The list of REST is not read yet.",
    )


REPORTS = (
    _entries(
        *("affiliate-clawbacks", 1, "Affiliate - Clawbacks"),
        "All clawed back commissions of affiliates in a period.",
        "affClawbacks",
        "REST v2 tells their sum alone.",
    ),
    _entries(
        *("affiliate-commissions", 2, "Affiliate - Commissions"),
        "All commissions of affiliates in a period.",
        "affCommissions",
        "The list of REST is not read yet.",
    ),
    _entries(
        *("affiliate-payments", 3, "Affiliate - Payments"),
        "All payments to affiliates in a period.",
        "affPayouts",
        "The list of REST is not read yet.",
    ),
    _of(
        *("affiliate-redirects", 4, "Affiliate - Redirect Links", "The redirect links of affiliates."),
        MethodCall(
            method="AffiliateService.getRedirectLinksForAffiliate",
            params=lambda asked, each: (each,),
            each="affiliates",
            each_as="AffiliateId",
        ),
        (AFFILIATE,),
        (),
    ),
    _of(
        *("affiliate-summary", 5, "Affiliate Summary", "Sums of affiliates in a period."),
        MethodCall(
            method="APIAffiliateService.affSummary",
            params=lambda asked, each: (
                list(asked.arguments["affiliates"]),
                *bounds(asked.arguments["period"], asked.zone),
            ),
        ),
        (AFFILIATE, PERIOD),
        ("AffiliateId",),
        (AFFILIATE_ID, *TOTALS),
    ),
    _of(
        *("affiliate-totals", 6, "Affiliate - Running Totals", "The balances of affiliates as they are now."),
        MethodCall(
            method="APIAffiliateService.affRunningTotals",
            params=lambda asked, each: (list(asked.arguments["affiliates"]),),
        ),
        (AFFILIATE,),
        ("AffiliateId",),
        (AFFILIATE_ID, *TOTALS),
    ),
    _of(
        *("programs", 7, "Affiliate Program - All Programs", "All affiliate programs of the account."),
        MethodCall(method="AffiliateProgramService.getAffiliatePrograms"),
        (),
        ("Id",),
    ),
    _of(
        *("affiliate-programs", 8, "Affiliate Program - Affiliate's Programs", "Affiliates' programs."),
        MethodCall(
            method="AffiliateProgramService.getProgramsForAffiliate",
            params=lambda asked, each: (each,),
            each="affiliates",
            each_as="AffiliateId",
        ),
        (AFFILIATE,),
        ("AffiliateId", "Id"),
    ),
    _of(
        *("program-affiliates", 9, "Affiliate Program - Program's Affiliates", "A program's affiliates."),
        MethodCall(
            method="AffiliateProgramService.getAffiliatesByProgram",
            params=lambda asked, each: (int(asked.arguments["program"]),),
        ),
        (PROGRAM,),
        ("Id",),
    ),
    _of(
        *("program-resources", 10, "Affiliate Program - Resources", "The resources of a program."),
        MethodCall(
            method="AffiliateProgramService.getResourcesForAffiliateProgram",
            params=lambda asked, each: (int(asked.arguments["program"]),),
        ),
        (PROGRAM,),
        ("Id",),
    ),
)
