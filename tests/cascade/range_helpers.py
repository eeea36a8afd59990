"""Ranges of orders as tests want them: stored, begun, worked on to their end."""

from __future__ import annotations

from typing import Any

from carts.models import Order
from cascade.models import RangeRun
from cascade.shop.ranges import range_start, range_work
from mappings.models import Connection
from tests.factories import OrderFactory, order_data

FILTERS: dict[str, Any] = {
    "source": None, "placed_from": None, "placed_before": None, "numbers": (), "which": "unsent",
}  # fmt: skip


def known(source: Any, name: str, **changes: Any) -> Order:
    return OrderFactory(source=source, order=order_data(shop_order_id=name, number=f"No {name}", **changes))


def begin(connection: Connection, *, without_automation: bool = False, **filters: Any) -> RangeRun:
    return range_start(connection, **{**FILTERS, **filters}, without_automation=without_automation, user=None)


def finish(run: RangeRun) -> RangeRun:
    for _ in range(50):
        if run.state in (RangeRun.State.DONE, RangeRun.State.STOPPED):
            return run
        range_work(run.pk)
        run.refresh_from_db()
    raise AssertionError("the run never ended")
