"""The reports on contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm.rest.service import safe_value
from reports.catalogue.parameters import CONTACT, EMAIL, FIELDS, TAGS
from reports.catalogue.report import Arguments, Report
from reports.catalogue.rest_tables import CONTACT as CONTACT_LIST
from reports.catalogue.tables import TABLES
from reports.catalogue.xmlrpc_calls import Answers, MethodCall, TableQuery
from reports.columns import Column

AREA = "Contacts"


def _columns(arguments: Arguments) -> Mapping[str, Column]:
    return TABLES["Contact"]


def _lacks(arguments: Arguments) -> str:
    missing = [name for name in TABLES["Contact"] if name not in CONTACT_LIST.paths]
    return f"REST does not tell {', '.join(missing)}."


REPORTS = (
    Report(
        name="contacts-by-email",
        number=11,
        title="Contacts - By Email Address",
        area=AREA,
        says="All contacts that carry an address as Email, Email 2 or Email 3.",
        parameters=(EMAIL, FIELDS),
        columns_of=_columns,
        key=("Id",),
        xmlrpc=MethodCall(
            method="ContactService.findByEmail",
            params=lambda asked, each: (asked.arguments["email"], ["Id", *(c.name for c in asked.columns)]),
        ),
        rest=replace(
            CONTACT_LIST,
            id_filter="",
            query=lambda asked, each: {"filter": f"email=={safe_value(asked.arguments['email'])}"},
        ),
        rest_lacks=_lacks,
        differs="Which of the three columns REST looks into is not documented.",
    ),
    Report(
        name="contact-by-id",
        number=12,
        title="Contacts - By ID",
        area=AREA,
        says="The contact of an id.",
        parameters=(CONTACT, FIELDS),
        columns_of=_columns,
        key=("Id",),
        xmlrpc=MethodCall(
            method="ContactService.load",
            params=lambda asked, each: (
                int(asked.arguments["contact"]),
                ["Id", *(c.name for c in asked.columns)],
            ),
            answers=Answers.ROW,
        ),
        rest=replace(
            CONTACT_LIST,
            route="GET /v2/contacts/{contact_id}",
            member="",
            at=lambda asked, each: (int(asked.arguments["contact"]),),
            id_filter="",
            order_by="",
            paged=False,
        ),
        rest_lacks=_lacks,
    ),
    Report(
        name="contacts-by-tags",
        number=13,
        title="Contacts - By Tags",
        area=AREA,
        says="All contacts that have any of some tags, with when each was given.",
        parameters=(TAGS, FIELDS),
        columns_of=lambda arguments: TABLES["ContactGroupAssign"],
        key=("GroupId", "ContactId"),
        xmlrpc=TableQuery(
            table="ContactGroupAssign",
            by_ids=False,
            where=lambda asked: {"GroupId": list(asked.arguments["tags"])},
        ),
        differs="The list of REST is not read yet.",
    ),
)
