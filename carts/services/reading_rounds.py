"""Read the orders that events told of; each is asked for once, however many events wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from carts.models.polling import OrderReading
from carts.models.sources import Source
from carts.platforms.asking import Polled, ShopAnswerUnusable
from carts.services.feeds import ORDERS_AT_ONCE, Asking
from carts.services.polled import order_store
from carts.services.readings import PATIENCE, reading_settle

State = OrderReading.State
NOT_THERE = "The shop says that it has no such order."
TOO_LATE = "The shop did not answer in time."


def readings_work(asking: Asking) -> None:
    """Read what waits. Events that come while an order is being read get a look of their own after it.

    Raises: ShopError, and then what was not read stays under way for the next try.
    """
    while batch := _claimed(asking.source):
        _read(asking, batch)


def readings_fail(source: Source, problem: str) -> None:
    """End what waits: its events count for what they say themselves."""
    _give_up(OrderReading.objects.filter(source=source, state__in=[State.WAITING, State.RUNNING]), problem)


def readings_overdue(now: datetime) -> int:
    """End what has waited too long, whatever keeps the shop from answering; how many those were."""
    late = OrderReading.objects.filter(
        state__in=[State.WAITING, State.RUNNING], created_at__lte=now - PATIENCE
    )
    return _give_up(late, TOO_LATE)


def _claimed(source: Source) -> list[OrderReading]:
    """Those that wait, and those that an earlier try left under way: we alone hold the shop's lease."""
    mine = OrderReading.objects.filter(source=source, state__in=[State.WAITING, State.RUNNING])
    batch = list(mine.order_by("pk")[:ORDERS_AT_ONCE])
    ids = [reading.pk for reading in batch]
    OrderReading.objects.filter(pk__in=ids, state=State.WAITING).update(state=State.RUNNING)
    return batch


def _read(asking: Asking, batch: Sequence[OrderReading]) -> None:
    asking.lease.renew()
    try:
        answers = asking.shop.orders_in_parts(list(dict.fromkeys(reading.shop_order_id for reading in batch)))
    except ShopAnswerUnusable as err:
        if len(batch) == 1:
            reading_settle(batch[0], None, err.message)
            return
        for reading in batch:  # one of them spoils the answer for all
            _read(asking, [reading])
        return
    _settle(asking, batch, answers)


def _settle(asking: Asking, batch: Sequence[OrderReading], answers: Sequence[Polled]) -> None:
    found = {polled.key: polled for polled in answers}
    for reading in batch:
        polled = found.get(reading.shop_order_id)
        if polled is None:
            reading_settle(reading, None, NOT_THERE)
        else:
            reading_settle(reading, order_store(asking.source, polled, asking.lease, reading))


def _give_up(rows: QuerySet[OrderReading], problem: str) -> int:
    readings = list(rows.order_by("pk")[:1000])
    for reading in readings:
        reading_settle(reading, None, problem)
    return len(readings)
