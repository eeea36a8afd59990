"""Orders of the time before: imported to be known, never sent to the CRM.

They tell new customers from repeat customers. The file is CSV with the columns order_id, email, placed_at,
total, currency and stage; the last three may be left out, as may their values.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from django.db import transaction

from carts.ingest.orders import order_history_row, order_ingest
from carts.models.orders import Order
from carts.order_data import OrderData, Stage
from crm.shapes import CsvRows, ShapeRefused
from intake.models.sources import Source
from intake.records import IngestOutcome

COLUMNS = ("order_id", "email", "placed_at", "total", "currency", "stage")
NEEDED = COLUMNS[:3]
MOST_PROBLEMS = 100  # told in full; the rest is counted
MAX_TOTAL = Decimal(10) ** 12
_BATCH = 500
_LENGTHS = {"order_id": 100, "email": 320}


class BadHistory(Exception):
    """The file as a whole cannot be read; the message is a sentence for who sent it."""


class _BadRow(ValueError):
    """One row of it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    line: int
    sentence: str


@dataclass(slots=True)
class HistoryReport:
    """What became of a file. `known` orders were imported before, or told by the shop itself."""

    imported: int = 0
    updated: int = 0
    known: int = 0
    bad: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, line: int, sentence: str) -> None:
        self.bad += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(RowProblem(line, sentence))

    def count(self, outcome: IngestOutcome) -> None:
        match outcome:
            case IngestOutcome.CREATED:
                self.imported += 1
            case IngestOutcome.UPDATED:
                self.updated += 1
            case _:
                self.known += 1


def orders_import_history(source: Source, lines: Iterable[str]) -> HistoryReport:
    """Import the orders of a CSV text, line by line, and report the rows that are no orders.

    Nothing of it is ever sent, and an order that the shop itself has told is left as it is.
    Repeat: safe; what is imported stays if a later row fails.
    Raises: BadHistory if the columns are not there.
    """
    report = HistoryReport()
    orders = _orders(source, lines, report)
    while batch := list(islice(orders, _BATCH)):
        ids = [data.shop_order_id for data in batch]
        known = Order.objects.filter(source=source, shop_order_id__in=ids)
        # New orders in one go, the others one by one: there may be a difference.
        new: list[OrderData] = []
        others: list[OrderData] = []
        with transaction.atomic():
            seen = set(known.values_list("shop_order_id", flat=True))
            for data in batch:
                (others if data.shop_order_id in seen else new).append(data)
                seen.add(data.shop_order_id)
            rows = [order_history_row(source, data) for data in new]
            Order.objects.bulk_create(rows, ignore_conflicts=True)
            report.imported += len(new)
            for data in others:
                report.count(order_ingest(source, data, history=True).outcome)
    return report


def _orders(source: Source, lines: Iterable[str], report: HistoryReport) -> Iterator[OrderData]:
    reader = CsvRows(lines)
    header = next(_rows(reader, report), [])
    columns = [name.strip().lstrip("\ufeff").lower().replace(" ", "_") for name in header]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BadHistory(
            f"The first line should name the columns; {', '.join(missing)} is not among them. "
            f"Known are {', '.join(COLUMNS)}, with commas between them."
        )
    for row in _rows(reader, report):
        if not any(value.strip() for value in row):
            continue
        try:
            yield _order(source, dict(zip(columns, row, strict=False)))
        except _BadRow as err:
            report.refuse(reader.line_num, str(err))


def _rows(reader: CsvRows, report: HistoryReport) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except ShapeRefused as err:
            raise BadHistory(f"After line {reader.line_num}: {err}. Is it a CSV file?") from err
        except csv.Error as err:
            report.refuse(reader.line_num, f"The row cannot be read ({err}).")


def _order(source: Source, values: dict[str, str]) -> OrderData:
    known = {name: values.get(name, "").strip() for name in COLUMNS}
    for name, value in known.items():
        if len(value) > _LENGTHS.get(name, 60) or not value.isprintable():
            raise _BadRow(f"The value of {name} is too long or holds characters that cannot be stored.")
    if not known["order_id"]:
        raise _BadRow("The order_id is blank.")
    # A date, or a time; one without an offset is in UTC.
    text = known["placed_at"]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise _BadRow("The placed_at should be a date or time such as 2024-05-31T14:50:00-04:00.") from err
    if not 1900 < moment.year < 9999:
        raise _BadRow("The placed_at should be between the years 1900 and 9999.")
    placed_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    currency = known["currency"] or source.currency
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise _BadRow("The currency should be three capital letters such as USD.")
    return OrderData(
        shop_order_id=known["order_id"],
        number=known["order_id"],
        stage=_stage(known["stage"]),
        placed_at=placed_at,
        version_at=placed_at,
        email=known["email"],
        currency=currency,
        total=_total(known["total"]),
    )


def _total(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        total = Decimal(text)
    except InvalidOperation as err:
        raise _BadRow("The total should be a number such as 1234.50.") from err
    if not total.is_finite() or abs(total) >= MAX_TOTAL:
        raise _BadRow(f"The total should be a number below {MAX_TOTAL}.")
    return total


def _stage(text: str) -> Stage:
    try:
        return Stage(text.lower() or Stage.PAID)
    except ValueError as err:
        raise _BadRow(f"The stage should be one of {', '.join(Stage)}; blank means paid.") from err
