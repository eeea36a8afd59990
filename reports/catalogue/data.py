"""The reports on the CRM's tables."""

from __future__ import annotations

from collections.abc import Mapping

from reports.catalogue.parameters import FIELDS, QUERY, RECORD, TABLE
from reports.catalogue.report import Arguments, Report
from reports.catalogue.rest_tables import REST_TABLES, RestTable, rest_columns
from reports.catalogue.tables import TABLES
from reports.catalogue.xmlrpc_calls import Answers, MethodCall, TableQuery
from reports.columns import Column


def table_columns(arguments: Arguments) -> Mapping[str, Column]:
    return TABLES.get(str(arguments.get("table", "")), {})


def table_key(arguments: Arguments) -> tuple[str, ...]:
    columns = table_columns(arguments)
    return ("Id",) if "Id" in columns else ("GroupId", "ContactId") if "GroupId" in columns else ()


def rest_lacks(arguments: Arguments) -> str:
    """What of the table REST does not have, in a sentence; "" where it has all of it."""
    table = str(arguments.get("table", ""))
    if table not in REST_TABLES:
        return f"REST has no list of the table {table}."
    missing = [name for name in TABLES[table] if name not in rest_columns(table)]
    return f"REST does not tell {', '.join(missing)}." if missing else ""


QUERY_TABLE = Report(
    name="data-query",
    number=15,
    title="Data - Query a Data Table",
    area="Data",
    says="The rows of a table for which a query holds.",
    parameters=(TABLE, QUERY, FIELDS),
    columns_of=table_columns,
    key_of=table_key,
    xmlrpc=TableQuery(),
    rest=RestTable(),
    rest_has=lambda arguments: arguments.get("table") in REST_TABLES,
    rest_lacks=rest_lacks,
    differs="REST has a list for 9 of the tables, with fewer columns, and tells no number of rows.",
)
RECORD_BY_ID = Report(
    name="data-record",
    number=14,
    title="Data - Record by ID",
    area="Data",
    says="One record of a table.",
    parameters=(TABLE, RECORD, FIELDS),
    columns_of=table_columns,
    key_of=table_key,
    xmlrpc=MethodCall(
        method="DataService.load",
        params=lambda asked, each: (
            asked.arguments["table"],
            int(asked.arguments["record"]),
            ["Id", *(column.name for column in asked.columns)],
        ),
        answers=Answers.ROW,
    ),
    differs="The records of REST are not read one by one yet; a query for the id finds them.",
)
REPORTS = (RECORD_BY_ID, QUERY_TABLE)
