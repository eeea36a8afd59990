"""Deliveries: stored as they came, before anybody is told that they were taken."""

from __future__ import annotations

from celery import signature
from django.db import transaction

from carts.doorbell import ring_on_commit
from carts.models import InboundEvent, Source

PROCESS_EVENT = "carts.tasks.process_event"


def delivery_store(
    source: Source, body: bytes, content_type: str, channel: str, *, name: str = "", wake: bool = True
) -> InboundEvent:
    """Store a delivery raw and wake a worker once that is committed.

    `name` is given where it is known to be one event, and which; otherwise the platform splits it.
    `wake` is False where the caller processes it at once; should it die, the sweep finds the row.
    """
    with transaction.atomic():
        event = InboundEvent.objects.create(
            source=source, body=body, content_type=content_type[:100], channel=channel, name=name
        )
        if wake:
            event_ring(event.pk)
    return event


def event_reprocess(event_id: int) -> bool:
    """Put a parked event back; return whether it was parked."""
    with transaction.atomic():
        parked = InboundEvent.objects.filter(pk=event_id, state=InboundEvent.State.PARKED)
        count = parked.update(
            state=InboundEvent.State.STORED, problem="", detail="", attempts=0, not_before=None
        )
        if count:
            event_ring(event_id)
    return bool(count)


def event_ring(event_id: int) -> None:
    """Named by the task's name: tasks import services, not the other way round."""
    ring_on_commit(signature(PROCESS_EVENT), event_id)
