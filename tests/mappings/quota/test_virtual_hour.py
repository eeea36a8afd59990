"""One hour, midnight in its middle, over HTTP: the real gate and adapters, the sandbox's enforced quota.

The ledger starts with the published limits, which are wrong here, and learns the smaller ones from replies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from crm.credentials import Endpoints, HeaderKey
from crm.errors import HeldBack
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from mappings.access.gate import CallGate
from mappings.models import Connection, QuotaReservation
from tests.mappings.quota.clocks import StandingClock
from tests.sandbox_client import Sandbox

HALF_PAST_ELEVEN = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
PER_DAY, PER_MINUTE, PER_SECOND = 600, 36, 5
AT_ONCE = 3  # orders in progress


class SharedClock(StandingClock):
    """Stands in the sandbox as it does here."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(HALF_PAST_ELEVEN)
        self._sandbox = sandbox
        self.advance(0)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._sandbox.clock(set=self.moment.isoformat(), frozen=True)


@dataclass
class Order:
    number: int
    calls: int
    made: int = 0
    due: float = 0.0
    gate: CallGate | None = None
    crm: Any = None


class Shop:
    """Gives out orders without end and works on a few at a time, over either protocol in turn."""

    def __init__(self, connection: Connection, sandbox: Sandbox) -> None:
        self.connection = connection
        self.endpoints = Endpoints(gateway_url=sandbox.url)
        self.clock = SharedClock(sandbox)
        self.orders: list[Order] = []
        self.made = 0
        self.sent = 0

    def run(self, seconds: float) -> None:
        ends = self.clock.moment.timestamp() + seconds
        while (now := self.clock.moment.timestamp()) < ends:
            ready = [order for order in self.orders if order.due <= now]
            for order in ready:
                self._step(order)
            self.orders = [order for order in self.orders if order.made < order.calls]
            if not ready:
                self._next(now, ends)

    def _next(self, now: float, ends: float) -> None:
        """Take another order, or wait while none could begin."""
        idle = CallGate(self.connection, clock=self.clock).idle_seconds()
        due = min((order.due for order in self.orders), default=ends)
        if not idle and len(self.orders) < AT_ONCE + self._too_large():
            self.made += 1
            self.orders.append(Order(self.made, 3 + self.made * 7 % 11))
        else:
            self.clock.advance(max(min(due - now, idle or ends, ends - now), 0.001))

    def _too_large(self) -> int:
        """Orders that wait for the next day are in nobody's way; a few of them show that no other fits."""
        return min(sum(order.due - self.clock.moment.timestamp() > 90 for order in self.orders), 5)

    def _step(self, order: Order) -> None:
        try:
            if order.gate is None:
                self._begin(order)
            order.crm.find_tags("VIP")
        except HeldBack as held:
            order.due = self.clock.moment.timestamp() + (held.retry_after_seconds or 0.0)
            self._end(order)
            return
        order.made += 1
        self.sent += 1
        if order.made == order.calls:
            self._end(order)

    def _begin(self, order: Order) -> None:
        gate = CallGate(self.connection, clock=self.clock)
        gate.begin(f"order {order.number}", order.calls - order.made, begun=order.made > 0)
        kind = XmlRpcCrm if order.number % 2 else RestCrm
        order.gate = gate
        order.crm = kind(HeaderKey(self.connection.api_key), endpoints=self.endpoints, observer=gate)

    def _end(self, order: Order) -> None:
        if order.gate is not None:
            order.gate.end()
            order.crm.__exit__(None, None, None)
        order.gate = order.crm = None


@pytest.mark.embedded
def test_an_hour_over_http_breaks_no_limit_and_uses_two_days_quota(
    connection: Connection, crm: Sandbox
) -> None:
    limits = {"second": PER_SECOND, "minute": PER_MINUTE, "day": PER_DAY}
    crm.quota(enforce=True, second="spike", minute="sliding", limits={"service_key": limits})
    shop = Shop(connection, crm)
    shop.clock.advance(60)
    shop.run(3540)
    assert crm.quota()["over"] == {}
    assert 0.97 * 2 * PER_DAY <= shop.sent <= 2 * PER_DAY
    unfinished = {f"order {order.number}" for order in shop.orders if order.gate is not None}
    assert set(QuotaReservation.objects.values_list("holder", flat=True)) == unfinished
