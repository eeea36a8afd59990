"""Orders that are read from their shop because an event told of them.

Where a shop's events tell less than its API, or carry no time of change, the order is read instead: the event
waits as `reading`. Events of the same order share one look, as long as it has not begun. Where the shop
cannot tell, the event counts for what it says itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import signature
from django.db import IntegrityError, transaction
from django.utils import timezone

from carts.doorbell import ring_on_commit
from carts.models import InboundEvent, OrderReading, Poller, Source
from carts.platforms.base import Platform

ASK_SHOP = "carts.tasks.ask_shop"
PATIENCE = timedelta(minutes=15)  # that long an event waits for a shop that does not answer
State = OrderReading.State
_EVENT = InboundEvent.State


def reading_wanted(event: InboundEvent, platform: Platform) -> bool:
    """Whether to read the order instead of taking the event's word; never twice for one event."""
    by_hook = event.channel == InboundEvent.Channel.WEBHOOK
    return by_hook and event.reading_id is None and platform.may_ask(event.source)


def reading_open(source: Source, shop_order_id: str) -> OrderReading:
    """See to it that the order is read after now; rings on commit. Repeat: safe."""
    wanted: dict[str, Any] = {"source": source, "shop_order_id": shop_order_id, "state": State.WAITING}
    try:
        with transaction.atomic():
            reading, _ = OrderReading.objects.get_or_create(**wanted)
    except IntegrityError:
        reading = OrderReading.objects.get(**wanted)
    poller_wake(source)
    return reading


def poller_wake(source: Source) -> None:
    """Something is to be asked of the shop now; the sweep finds it, and the bell is rung on commit."""
    poller, _ = Poller.objects.get_or_create(source=source)
    Poller.objects.filter(pk=poller.pk).update(due_at=timezone.now())
    ring_on_commit(signature(ASK_SHOP), source.pk)


def reading_settle(reading: OrderReading, answer: InboundEvent | None, problem: str = "") -> None:
    """End a look. With an answer the events that waited are done; without one they count by themselves."""
    from carts.services.deliveries import event_ring

    now = timezone.now()
    with transaction.atomic():
        reading.state = State.FAILED if problem else State.DONE
        reading.problem, reading.finished_at = problem[:500], now
        reading.save(update_fields=["state", "problem", "finished_at"])
        waiting = reading.events.filter(state=_EVENT.READING)
        if answer is not None:
            note = f"The order was read from the shop instead: event {answer.pk}."
            waiting.update(state=_EVENT.APPLIED, problem=note, parsed_at=now)
            return
        ids = list(waiting.values_list("pk", flat=True)[:1000])
        InboundEvent.objects.filter(pk__in=ids).update(state=_EVENT.STORED)
        for event_id in ids:
            event_ring(event_id)
