"""An order paid in part and its later payment, with a worker or a reply lost at any moment: each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from carts.models import Order
from cascade.engine.replicate import replication_run
from cascade.models import Replication
from cascade.services import replication_changed
from tests.cascade.test_crash_modes import Sweep, vanish
from tests.cascade.test_crash_sweep import Killed, has_landed, kill_at, lease_end, wait_until
from tests.factories import PLACED_AT
from tests.reference import MODES, TOTAL
from tests.sandbox_client import Sandbox

State = Replication.State
FIRST, SECOND = Decimal("20.00"), TOTAL - Decimal("20.00")


@pytest.fixture(params=["XML-RPC blank order", "REST"])
def sweep(request: pytest.FixtureRequest, unlimited: Sandbox, transactional_db: None, settings: Any) -> Sweep:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.LEASE_SECONDS = 5.0
    settings.SETTLE_SECONDS = 0.2
    sweep = Sweep(unlimited, MODES[request.param])
    connection = sweep.reference.connection
    type(connection).objects.filter(pk=connection.pk).update(part_payments="send")
    return sweep


def first_told(sweep: Sweep) -> Replication:
    """An empty account, and the order waiting with its first payment."""
    sweep.start_over()
    order = Order.objects.get()
    told(order, str(FIRST))
    return Replication.objects.get()


def told(order: Order, paid: str) -> None:
    """Store a version with that much paid, as an ingest would, without its signals."""
    moment = (PLACED_AT + timedelta(days=order.version)).isoformat()
    order.data = {**order.data, "paid_amount": paid, "version_at": moment}
    order.version += 1
    order.save()


def second_told(sweep: Sweep) -> Replication:
    """The first payment is in the CRM, and the second came in."""
    sweep.drive(first_told(sweep))
    return told_the_rest()


def told_the_rest() -> Replication:
    order = Order.objects.select_related("source").get()
    told(order, str(TOTAL))
    replication_changed(order)
    return Replication.objects.latest("pk")


def recorded(sweep: Sweep) -> list[Decimal]:
    return [Decimal(str(row["PayAmt"])) for row in sweep.sandbox.rows("Payment")]


def recovers(sweep: Sweep, point: str, *, landed: Callable[[], bool] = lambda: True) -> None:
    """Work until nothing is open any more; then both payments are there, each once."""
    for row in Replication.objects.filter(state=State.RUNNING):
        lease_end(row)
    while (row := Replication.objects.filter(state__in=Replication.OPEN).first()) is not None:
        ended = sweep.drive(row, landed)
        assert ended.state == State.SUCCEEDED, f"{point}: {ended.state} {ended.reason}"
    assert recorded(sweep) in ([FIRST, SECOND], [TOTAL]), point
    (invoice,) = sweep.sandbox.rows("Invoice")
    assert (Decimal(str(invoice["InvoiceTotal"])), float(invoice["TotalDue"])) == (TOTAL, 0.0), point


def moments(sweep: Sweep, begin: Callable[[Sweep], Replication]) -> list[tuple[int, str]]:
    found: list[str] = []
    replication_run(begin(sweep).pk, watch=found.append)
    return list(enumerate(found, start=1))


def calls(sweep: Sweep) -> list[int]:
    """The numbers of the calls that the second payment takes, of all since the account was empty."""
    replication = second_told(sweep)
    before = len(sweep.sandbox.calls())
    sweep.drive(replication)
    assert recorded(sweep) == [FIRST, SECOND]
    return list(range(before + 1, len(sweep.sandbox.calls()) + 1))


@pytest.mark.embedded
def test_a_worker_that_vanishes_at_the_later_payment_doubles_none(sweep: Sweep) -> None:
    for number, moment in moments(sweep, second_told):
        with pytest.raises(Killed):
            replication_run(second_told(sweep).pk, watch=kill_at(number, vanish))
        recovers(sweep, f"vanishing {moment} ({number})")
        assert recorded(sweep) == [FIRST, SECOND], moment


@pytest.mark.embedded
def test_the_rest_that_comes_in_while_the_first_payment_is_in_doubt_doubles_none(sweep: Sweep) -> None:
    points = [(n, moment) for n, moment in moments(sweep, first_told) if "record_payment" in moment]
    assert [moment for _, moment in points] == ["before record_payment", "after record_payment"]
    for number, moment in points:
        with pytest.raises(Killed):
            replication_run(first_told(sweep).pk, watch=kill_at(number, vanish))
        told_the_rest()
        recovers(sweep, f"vanishing {moment}, then the rest ({number})")


@pytest.mark.parametrize(
    "fault",
    ["drop_after", *(pytest.param(f, marks=pytest.mark.embedded) for f in ("drop_before", "truncated"))],
)
def test_a_lost_reply_to_the_later_payment_doubles_none(sweep: Sweep, fault: str) -> None:
    for number in calls(sweep):
        second_told(sweep)
        sweep.sandbox.faults({"method": "*", "call": number, "do": fault})
        recovers(sweep, f"{fault} at call {number}")
        assert recorded(sweep) == [FIRST, SECOND], number


@pytest.mark.embedded
def test_a_later_payment_that_lands_after_our_first_probe_is_not_doubled(sweep: Sweep, settings: Any) -> None:
    settings.SETTLE_SECONDS = 0.6
    for number in calls(sweep):
        second_told(sweep)
        sweep.sandbox.faults({"method": "*", "call": number, "do": "drop_late", "seconds": 0.3})
        landed = partial(has_landed, sweep, number)
        recovers(sweep, f"late effect of call {number}", landed=landed)
        wait_until(landed)
        assert recorded(sweep) == [FIRST, SECOND], number
