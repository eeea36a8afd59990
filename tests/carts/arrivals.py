"""Deliveries and orders that came at chosen times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from carts.models import Order
from intake.models import InboundEvent, Source
from tests.factories import OrderFactory, order_data

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def came(source: Source, times: Iterable[datetime], channel: str = "webhook", **values: Any) -> None:
    """A delivery at each of the times."""
    values = {"state": "applied", "body": b"{}", **values}
    for time in times:
        event = InboundEvent.objects.create(source=source, channel=channel, **values)
        InboundEvent.objects.filter(pk=event.pk).update(received_at=time)


def daily(until: datetime, days: int = 14, hours: Iterable[int] = range(0, 24, 3)) -> list[datetime]:
    """Deliveries at these hours before `until`, on each of the days before it."""
    return [until - day * DAY - hour * HOUR for day in range(days) for hour in hours]


def numbered(source: Source, numbers: Iterable[int], placed_at: datetime, **values: Any) -> list[Order]:
    """Orders with these running numbers, a minute apart, known since they were placed."""
    found = []
    for nth, number in enumerate(numbers):
        at = placed_at + timedelta(minutes=nth)
        data = order_data(shop_order_id=f"N-{number}", number=f"#{number}", placed_at=at, version_at=at)
        order = OrderFactory(source=source, order=data, sequence=number, **values)
        Order.objects.filter(pk=order.pk).update(created_at=at)
        found.append(order)
    return found
