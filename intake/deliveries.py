"""How anything comes in: stored as it came, before whoever delivers is told that it was taken.

`intake.hooks` calls this for each delivery. A worker then reads it (`intake.processing`) and hands what it
tells to its record type; an order's is `carts.ingest.orders`, whose signal opens a replication
(`cascade.shop.receivers`). What is then to be done is decided in `cascade.shop.orders.plan`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from background.wakeup import wake_on_commit
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.platform import Platform

PROCESS_EVENT = "intake.tasks.process_event"
HEADER_LENGTH = 500
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """`is_new` is False where the very delivery was stored before."""

    event: InboundEvent
    is_new: bool


def delivery_take(
    source: Source, platform: Platform, body: bytes, headers: Mapping[str, str], channel: str
) -> Stored:
    """Store an authenticated delivery raw and wake a worker once that is committed.

    Repeat: safe. Where the shop numbers its deliveries, the same number with the same body is stored once.
    The number alone decides nothing: no signature covers it. So who has recorded a signed body may send it
    under ever new numbers; it is stored `MOST_COPIES` times.
    """
    kept = {
        name: headers[name][:HEADER_LENGTH] for name in platform.kept_headers if headers.get(name) is not None
    }
    delivery_id = (headers.get(platform.delivery_id_header) or "") if platform.delivery_id_header else ""
    values = {
        "source": source,
        "delivery_id": delivery_id[:200],
        "digest": hashlib.sha256(body).hexdigest(),
    }
    content_type = (headers.get("content-type") or "")[:100]
    if platform.signs and delivery_id:
        copies = InboundEvent.objects.filter(source=source, digest=values["digest"], parent=None)
        known = list(copies.only("pk").order_by("-pk")[:MOST_COPIES])
        if len(known) == MOST_COPIES:
            return Stored(known[0], is_new=False)
    try:
        with transaction.atomic():
            event = InboundEvent.objects.create(
                **values, body=body, content_type=content_type, channel=channel, headers=kept
            )
            event_wake(event.pk)
    except IntegrityError:
        before = InboundEvent.objects.filter(**values).defer("body", "detail").first()
        if before is None or not delivery_id:
            raise
        return Stored(before, is_new=False)
    return Stored(event, is_new=True)


def delivery_store(
    source: Source, body: bytes, content_type: str, channel: str, *, name: str = "", wake: bool = True
) -> InboundEvent:
    """The same for one that is no webhook and needs no headers.

    `name` is given where it is known to be one event, and which; otherwise the platform splits it.
    `wake` is False where the caller processes it at once; should it die, the sweep finds the row.
    """
    with transaction.atomic():
        event = InboundEvent.objects.create(
            source=source, body=body, content_type=content_type[:100], channel=channel, name=name
        )
        if wake:
            event_wake(event.pk)
    return event


def event_reprocess(event_id: int) -> bool:
    """Put a parked event back, to be read anew from its platform too; return whether it was parked."""
    with transaction.atomic():
        parked = InboundEvent.objects.filter(pk=event_id, state=InboundEvent.State.PARKED)
        count = parked.update(
            state=InboundEvent.State.STORED,
            problem="",
            detail="",
            attempts=0,
            deaths=0,
            not_before=None,
            reading=None,
        )
        if count:
            event_wake(event_id)
    return bool(count)


def event_wake(event_id: int) -> None:
    """Named by the task's name: tasks import services, not the other way round."""
    wake_on_commit(PROCESS_EVENT, event_id)
