"""Many orders sent at a person's wish: by time, by number; behind fresh orders, a chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from background.lease import LeaseLost, lease_free, lease_take
from background.periodic import Duty
from carts.models import Order
from carts.order_data import Stage
from cascade.engine.create import replication_open
from cascade.models import RangeRun, Replication
from cascade.shop.names import ShopKind
from intake.models import Source
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import Connection

CHUNK = 50
MOST_NUMBERS = 5000
MOST_WAITING = 500  # of one connection's backfill: the table of open work stays short
LEASE_SECONDS = 60.0
# What makes a run.
CHOSEN = ("source_id", "placed_from", "placed_before", "numbers", "which", "without_automation")

State, Which = RangeRun.State, RangeRun.Which


def range_start(
    connection: Connection,
    *,
    source: Source | None,
    placed_from: datetime | None,
    placed_before: datetime | None,
    numbers: Sequence[str],
    which: str,
    without_automation: bool,
    user: AbstractBaseUser | None,
) -> RangeRun:
    """Begin to send the orders that fit and are known by now. Repeat: safe; while a run of just these goes on
    it is that one, also where two people press at once.

    Raises: ValueError if there are more than `MOST_NUMBERS` numbers.
    """
    if len(numbers) > MOST_NUMBERS:
        raise ValueError(f"At most {MOST_NUMBERS} order numbers at once.")
    run = RangeRun(
        connection=connection,
        source=source,
        placed_from=placed_from,
        placed_before=placed_before,
        numbers=list(dict.fromkeys(numbers)),
        which=which,
        without_automation=without_automation,
        user_id=user.pk if user else None,
    )
    with transaction.atomic():
        Connection.objects.select_for_update().only("pk").get(pk=connection.pk)
        going = RangeRun.objects.filter(connection=connection, state__in=(State.WAITING, State.RUNNING))
        for same in going.select_related("connection"):
            if all(getattr(same, name) == getattr(run, name) for name in CHOSEN):
                return same
        run.save()
    run.total = _orders(run).count()
    run.save(update_fields=["total"])
    return run


def range_count(
    connection: Connection,
    *,
    source: Source | None,
    placed_from: datetime | None,
    placed_before: datetime | None,
    numbers: Sequence[str],
    which: str,
) -> int:
    """How many orders such a range would send."""
    run = RangeRun(
        connection=connection,
        source=source,
        placed_from=placed_from,
        placed_before=placed_before,
        numbers=list(numbers)[: MOST_NUMBERS + 1],
        which=which,
    )
    return _orders(run).count()


def range_stop(run: RangeRun) -> bool:
    """Send no more of it, not even of the chunk at work; what was opened goes on. Repeat: safe."""
    going = RangeRun.objects.filter(pk=run.pk, state__in=(State.WAITING, State.RUNNING))
    return bool(going.update(state=State.STOPPED, finished_at=timezone.now()))


def ranges_due(now: datetime) -> list[int]:
    """Runs that have orders left and are in nobody's hands."""
    rows = RangeRun.objects.filter(lease_free(now), state__in=(State.WAITING, State.RUNNING))
    return list(rows.order_by("id").values_list("pk", flat=True)[:20])


def range_work(run_id: int) -> int:
    """Open the next chunk's replications; how many. Repeat: safe, from several machines at once."""
    going = RangeRun.objects.filter(pk=run_id, state__in=(State.WAITING, State.RUNNING))
    lease = lease_take(going, DATABASE_CLOCK.now(), LEASE_SECONDS, state=State.RUNNING)
    if lease is None:
        return 0
    run = RangeRun.objects.select_related("connection").get(pk=run_id)
    waiting = Replication.objects.filter(
        connection_id=run.connection_id, lane=Replication.Lane.BACKFILL, state__in=Replication.OPEN
    )
    if waiting.count() >= MOST_WAITING:
        return 0  # the lease is kept: it is looked at again in a minute
    orders = list(_orders(run).filter(pk__gt=run.cursor).order_by("pk").select_related("source")[:CHUNK])
    for opened, order in enumerate(orders):
        # Each is opened and counted together: a run that dies goes on behind the last one it counted.
        going = RangeRun.objects.filter(pk=run.pk, state=State.RUNNING, cursor__lt=order.pk)
        with transaction.atomic():
            if not going.update(cursor=order.pk, looked_at=F("looked_at") + 1, sent=F("sent") + 1):
                return opened  # it was stopped, or another worker is further on with it
            replication_open(
                order,
                trigger=Replication.Trigger.RANGE,
                user=run.user,
                lane=Replication.Lane.BACKFILL,
                without_automation=run.without_automation,
            )
    ended = len(orders) < CHUNK
    values = {"state": State.DONE, "finished_at": timezone.now()} if ended else {}
    with suppress(LeaseLost):
        lease.release(**values)
    return len(orders)


def _orders(run: RangeRun) -> QuerySet[Order]:
    rows = Order.objects.filter(source__connection_id=run.connection_id, stage=Stage.PAID)
    if run.created_at:
        rows = rows.filter(created_at__lte=run.created_at)  # what comes in meanwhile is sent anyway
    if run.source_id:
        rows = rows.filter(source_id=run.source_id)
    if run.placed_from:
        rows = rows.filter(placed_at__gte=run.placed_from)
    if run.placed_before:
        rows = rows.filter(placed_at__lt=run.placed_before)
    if run.numbers:
        rows = rows.filter(Q(shop_order_id__in=run.numbers) | Q(number__in=run.numbers))
    if run.which == Which.UNSENT:
        sent = Replication.objects.filter(
            order=OuterRef("pk"), kind=ShopKind.ORDER, state=Replication.State.SUCCEEDED
        )
        rows = rows.exclude(Exists(sent))
    return rows


RANGES = Duty(name="ranges", due=lambda now, most: ranges_due(now), work=range_work, threads=2)
