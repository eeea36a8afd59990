"""The first rows of what a data set would read, and a forecast of the whole, before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from crm.xmlrpc.tables import most_rows
from mappings.access.open import open_crm
from mappings.models import Connection
from reports.catalogue.report import Arguments, Report
from reports.columns import Stored
from reports.reading.asking import arguments_pinned, asking_for, over, protocol_of, rows_read
from reports.reading.rows import Values
from reports.schedule import Forecast, forecast

PREVIEW_ROWS = 10


class NotThere(Exception):
    """The connection's protocol has no such report; says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    columns: tuple[str, ...]
    rows: Sequence[Values]
    forecast: Forecast
    protocol: str

    @property
    def cells(self) -> list[list[Stored]]:
        return [[row.get(name) for name in self.columns] for row in self.rows]


def preview_read(
    connection: Connection, report: Report, arguments: Arguments, columns: Sequence[str]
) -> Preview:
    """Read ten rows and, where the CRM can count, their number: two calls at most.

    Raises: NotThere; CrmError; QueryError; PeriodError.
    """
    protocol = protocol_of(connection, report, timezone.now().date())
    alone = over(connection, protocol)
    arguments = arguments_pinned(report, arguments, timezone.now(), ZoneInfo(connection.zone_name))
    asking = asking_for(alone, report, protocol, arguments, columns, page_rows=PREVIEW_ROWS)
    if asking is None:
        raise NotThere(
            "The connection's protocol has no such report. Choose another protocol on its settings page, or "
            "another report."
        )
    crm = open_crm(alone, step="report preview", backfill=True).crm
    page = asking.call.page(crm, asking.asked, {})
    found = rows_read(asking, page)
    count = asking.call.count(crm, asking.asked)
    rows = count.number if count else len(found.rows) if page.cursor is None else None
    names = tuple(found.types)
    return Preview(
        columns=names,
        rows=[row.values for row in found.rows],
        forecast=forecast(rows, most_rows(len(names)), settings.REPORTS_PACE_SECONDS),
        protocol=protocol,
    )
