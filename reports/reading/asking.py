"""What a run asks for, made of what is pinned on it; and a page's rows as they are stored."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm.list_records import FieldObject, FieldType
from mappings.access.connect import XMLRPC_ENDS
from mappings.directory.field_cache import ConnectionFieldCache
from mappings.models import Connection
from reports.catalogue.calls import Asked, Page, ReportCall
from reports.catalogue.registry import REPORTS
from reports.catalogue.report import REST, XMLRPC, Arguments, Kind, Report
from reports.columns import Column, ColumnType, Stored, is_secret, stored
from reports.models import Run
from reports.periods import resolved
from reports.query.language import Query, parse
from reports.query.meaning import holds
from reports.reading.rows import ReadRow, key_of

MOST_COLUMNS = 300
FIELDS_OF = {"Contact": FieldObject.CONTACT, "Job": FieldObject.ORDER, "Affiliate": FieldObject.AFFILIATE}
TYPES = {
    FieldType.WHOLE_NUMBER: ColumnType.NUMBER,
    FieldType.DECIMAL_NUMBER: ColumnType.DECIMAL,
    FieldType.CURRENCY: ColumnType.DECIMAL,
    FieldType.PERCENT: ColumnType.DECIMAL,
    FieldType.DATE: ColumnType.DATE,
    FieldType.DATE_TIME: ColumnType.TIME,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A run's report over the protocol it was begun with. `known` are all columns it has there."""

    report: Report
    call: ReportCall
    asked: Asked
    key: tuple[str, ...]
    known: dict[str, Column]


def protocol_of(connection: Connection, report: Report, today: date) -> str:
    """The protocol to read over: as the connection says, and where it leaves it open the one that counts.

    A protocol that has no such report gives way to the other one.
    """
    wanted = XMLRPC if connection.protocol == Connection.Protocol.XMLRPC else REST
    if connection.protocol == Connection.Protocol.AUTOMATIC and today <= XMLRPC_ENDS:
        wanted = XMLRPC
    return wanted


def over(connection: Connection, protocol: str) -> Connection:
    """The connection as one that speaks this protocol alone."""
    alone = copy.copy(connection)
    alone.protocol = protocol
    return alone


def columns_of(connection: Connection, report: Report, arguments: Arguments) -> dict[str, Column]:
    """All columns that may be asked for, custom fields too, none that holds a secret."""
    known = report.known_columns(arguments)
    of = FIELDS_OF.get(str(arguments.get("table", "")))
    for field in (ConnectionFieldCache(connection).custom_fields(of) or []) if of else []:
        kind = TYPES.get(FieldType(field.type), ColumnType.TEXT)
        known[field.name] = Column(name=field.name, label=field.label, type=kind)
    return {name: column for name, column in known.items() if not is_secret(name)}


def arguments_pinned(report: Report, arguments: Arguments, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The arguments with days in place of days back. Raises PeriodError."""
    parameter = report.parameter(Kind.PERIOD)
    if parameter is None:
        return dict(arguments)
    return {**arguments, parameter.name: resolved(arguments.get(parameter.name) or {}, now, zone)}


def query_of(report: Report, arguments: Arguments, known: dict[str, Column]) -> Query:
    """Raises QueryError."""
    parameter = report.parameter(Kind.QUERY)
    return parse(str(arguments.get(parameter.name) or ""), known) if parameter else Query()


def asking_of(run: Run, connection: Connection) -> Asking | None:
    """What the run asks for; None where its protocol has no such report. Raises: QueryError."""
    return asking_for(
        connection,
        REPORTS[run.data_set.report],
        run.protocol,
        run.arguments,
        run.columns,
        since=run.since,
        page_rows=run.page_rows,
    )


def asking_for(
    connection: Connection,
    report: Report,
    protocol: str,
    arguments: Arguments,
    columns: Sequence[str],
    *,
    since: datetime | None = None,
    page_rows: int = 0,
) -> Asking | None:
    """As `asking_of`, for what is no run yet."""
    call = report.call(protocol)
    if call is None or (protocol == REST and report.rest_has is not None and not report.rest_has(arguments)):
        return None
    known = columns_of(connection, report, arguments)
    zone = ZoneInfo(connection.zone_name)
    query = query_of(report, arguments, known).since(since, zone)
    lacked = call.lacked(arguments, known)
    names = [name for name in columns or known if name in known and name not in lacked]
    asked = Asked(
        arguments=arguments,
        columns=tuple(known[name] for name in names[:MOST_COLUMNS]),
        query=query,
        zone=zone,
        page_rows=page_rows,
    )
    return Asking(report=report, call=call, asked=asked, key=report.row_key(arguments), known=known)


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The rows for which the query holds, and the columns as they turned out: name to type."""

    rows: Sequence[ReadRow]
    types: dict[str, ColumnType]


def rows_read(asking: Asking, page: Page, prefix: str = "") -> ReadPage:
    """The page's rows as they are stored; a column whose values are not of its type becomes text.

    A `prefix` makes keys of an append, whose rows are nobody's next version.
    """
    here = asking.call.checked_here(asking.asked)
    hints = {column.name: column.type for column in asking.asked.columns}
    types = {} if asking.report.is_open else dict(hints)
    checked = {each.column.name: each.column.type for each in here.conditions}
    kept = {**checked, **{name: _key_type(asking, name) for name in asking.key}, **hints}
    found: list[dict[str, Stored]] = []
    for raw in page.rows:
        row: dict[str, Stored] = {}
        names = [name for name in raw if not is_secret(name)] if asking.report.is_open else list(kept)
        for name in names[:MOST_COLUMNS]:
            value, fits = stored(raw.get(name), kept.get(name, ColumnType.TEXT), asking.asked.zone)
            row[name] = value
            if not fits:
                types[name] = ColumnType.TEXT
            elif asking.report.is_open:
                types.setdefault(name, kept.get(name, ColumnType.TEXT))
        found.append(row)
    rows: list[ReadRow] = []
    twins: Counter[str] = Counter()
    for row in found:
        if not holds(here, row, asking.asked.zone):
            continue
        known_by = asking.key if any(row.get(name) is not None for name in asking.key) else ()
        key, number = key_of(row, known_by)
        if not known_by:  # rows alike have no other name than how many of them came before
            twins[key] += 1
            key = f"{key}-{twins[key]}" if twins[key] > 1 else key
        if prefix:
            key, number = f"{prefix}{key}", None
        values = {name: value for name, value in row.items() if name in types or name in asking.key}
        rows.append(ReadRow(key, number, values))
    return ReadPage(rows, types)


def _key_type(asking: Asking, name: str) -> ColumnType:
    column = asking.known.get(name)
    return column.type if column else ColumnType.TEXT


def schema_merged(
    schema: list[dict[str, Any]], types: dict[str, ColumnType], known: dict[str, Column], asked: set[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The schema with what a run found, and what is to be told of it: new columns, gone ones, wider types."""
    told: list[str] = []
    merged = {each["name"]: dict(each) for each in schema}
    for name, kind in types.items():
        label = known[name].label if name in known else ""
        if name not in merged:
            merged[name] = {"name": name, "label": label, "type": str(kind), "gone": False}
            if schema:
                told.append(f"The column {name} is new.")
        else:
            was = merged[name]
            if was["type"] != kind and kind is ColumnType.TEXT:
                told.append(f"The column {name} holds more than {was['type']} and is text from now on.")
                was["type"] = str(kind)
            was["gone"] = False
    for name, each in merged.items():
        if name in asked or name in types:
            continue
        if not each["gone"]:
            told.append(f"The CRM no longer tells the column {name}; what it held is kept as history.")
        each["gone"] = True
    return list(merged.values()), told
