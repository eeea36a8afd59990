"""Thirty hours without the CRM: who is told when, and all that waited arrives, once.

80 orders at every change; for more set `OUTAGE_ORDERS=500`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from cascade.engine.selectors import replications_due
from cascade.models import Replication
from cascade.replication_notices import replication_notices_check
from cascade.services import replication_open, replication_work
from mappings.access.quota.clock import DatabaseClock
from mappings.models import Connection, Notice, NoticeMail, Outage
from mappings.notices.mails import notices_mail
from tests.factories import (
    ConnectionFactory,
    MembershipFactory,
    OrderFactory,
    SourceFactory,
    order_data,
)
from tests.outages import look_at_outages
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.embedded
State = Replication.State
BEGAN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR, TEN_MINUTES, MINUTE = timedelta(hours=1), timedelta(minutes=10), timedelta(minutes=1)
ORDERS = int(os.environ.get("OUTAGE_ORDERS", "80"))
AT_ONCE = 40  # the orders that are there when the outage begins; the others come while it lasts


class MovedClock:
    """Our clock, which stands where the test puts it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.moment = BEGAN
        patch.setattr(timezone, "now", lambda: self.moment)
        patch.setattr(DatabaseClock, "now", lambda _: self.moment)

    @property
    def hours(self) -> float:
        return (self.moment - BEGAN) / HOUR


class Account:
    """A merchant whose orders become contacts, the four people who look after them, and their mails."""

    def __init__(self, sandbox: Sandbox, clock: MovedClock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.connection = ConnectionFactory(
            api_key=sandbox.key, skip_order_creation=True, protocol=Connection.Protocol.XMLRPC
        )
        self.source = SourceFactory(connection=self.connection, slug="tea")
        merchant = self.connection.merchant
        people = {name: MembershipFactory(merchant=merchant) for name in ("ann", "ben", "cat")}
        people["dan"] = MembershipFactory(merchant=merchant, can_edit_settings=False)
        self.people = {person.user.email: name for name, person in people.items()}
        NoticeMail.objects.create(user=people["cat"].user, merchant=merchant, sent_at=BEGAN - HOUR)
        self.orders = 0
        self.mailed: dict[str, list[float]] = {name: [] for name in people}

    def orders_come(self, number: int) -> None:
        for _ in range(number):
            self.orders += 1
            data = order_data(shop_order_id=f"T-{self.orders}", email=f"buyer{self.orders}@example.com")
            replication_open(OrderFactory(source=self.source, order=data))

    def work(self) -> None:
        """As the sweep does: whatever is due, the longest due first."""
        while due := replications_due(self.clock.moment, limit=1):
            if replication_work(due[0].id) is None:
                return

    def tell(self) -> None:
        """As the scheduler's round does, and keep who got a mail at which hour."""
        replication_notices_check(self.clock.moment)
        notices_mail(self.clock.moment)
        for message in mail.outbox:
            self.mailed[self.people[message.to[0]]].append(round(self.clock.hours, 1))
        mail.outbox.clear()

    def live(self, until: float, step: timedelta, orders: int = 0) -> None:
        """Let time pass to that hour; the orders come evenly."""
        steps = round((until - self.clock.hours) * HOUR / step)
        before = self.orders
        for number in range(1, steps + 1):
            self.clock.moment += step
            self.orders_come(before + orders * number // steps - self.orders)
            look_at_outages()
            self.work()
            look_at_outages()
            self.tell()

    @property
    def states(self) -> Counter[str]:
        return Counter(Replication.objects.values_list("state", flat=True))


@pytest.fixture
def account(
    unlimited: Sandbox, transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.SITE_URL = "https://cascader.example.com"
    yield Account(unlimited, MovedClock(monkeypatch))


def out_of_service(sandbox: Sandbox) -> None:
    sandbox.faults({"method": "*", "do": "http", "status": 503, "body": "", "times": 0})


def test_orders_in_30_hours_of_outage_are_told_every_eight_hours_and_all_arrive(account: Account) -> None:
    out_of_service(account.sandbox)
    account.orders_come(AT_ONCE)
    account.work()
    look_at_outages()
    account.tell()
    account.live(30, TEN_MINUTES, ORDERS - AT_ONCE)
    assert account.mailed == {"ann": [0, 8, 16, 24], "ben": [0, 8, 16, 24], "cat": [7, 15, 23], "dan": []}
    assert Outage.objects.get().until is None
    (notice,) = Notice.objects.filter(resolved_at=None)
    assert f"{ORDERS} orders wait" in notice.sentence
    account.sandbox.clear_faults()
    account.live(30.2, MINUTE)
    assert account.states == {State.SUCCEEDED: ORDERS}
    contacts = Counter(row["Email"] for row in account.sandbox.rows("Contact"))
    assert contacts == {f"buyer{number}@example.com": 1 for number in range(1, ORDERS + 1)}
    assert not Notice.objects.filter(resolved_at=None).exists()
    account.live(50.2, HOUR)
    assert sum(len(hours) for hours in account.mailed.values()) == 11


def test_the_72_hours_stand_still_while_the_breaker_is_open(account: Account) -> None:
    out_of_service(account.sandbox)
    account.orders_come(8)
    account.live(100, HOUR)
    assert set(account.states) <= {State.WAITING, State.RETRYING}
    assert {row.failures for row in Replication.objects.all()} <= {0, 1}  # before the outage was known
    account.sandbox.clear_faults()
    account.live(100.1, MINUTE)
    assert account.states == {State.SUCCEEDED: 8}
