"""Store what a shop's API gave, a page at a time: durable before the next page is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from background.lease import Lease
from intake.deliveries import event_wake
from intake.models.events import InboundEvent
from intake.models.polling import PolledRecord, Reading
from intake.models.sources import Source
from intake.shop_api import Polled


@dataclass(slots=True)
class PageCount:
    """What was read so far; `found` is what of it was new or had changed."""

    seen: int = 0
    found: int = 0

    def add(self, other: PageCount) -> None:
        self.seen += other.seen
        self.found += other.found


def page_store(source: Source, page: Sequence[Polled], lease: Lease) -> PageCount:
    """Make an event of each thing that differs from what the shop last gave under its key.

    Repeat: safe; the same page again stores nothing. Raises: LeaseLost, and then nothing is stored.
    """
    latest = {(polled.name[:30], polled.key[:120]): polled for polled in page}
    digests = {key: hashlib.sha256(polled.body).hexdigest() for key, polled in latest.items()}
    with transaction.atomic():
        lease.renew()
        rows = PolledRecord.objects.filter(
            source=source, feed__in={name for name, _ in latest}, key__in=[key for _, key in latest]
        )
        known = {(name, key): told for name, key, told in rows.values_list("feed", "key", "digest")}
        fresh = [key for key, told in digests.items() if known.get(key) != told]
        events = _events(source, (latest[key] for key in fresh))
        now = timezone.now()
        PolledRecord.objects.bulk_create(
            [
                PolledRecord(source=source, feed=name, key=key, digest=digests[name, key], seen_at=now)
                for name, key in fresh
            ],
            update_conflicts=True,
            unique_fields=["source", "feed", "key"],
            update_fields=["digest", "seen_at"],
        )
        for event in events:
            event_wake(event.pk)
    return PageCount(seen=len(page), found=len(fresh))


def reading_store(source: Source, polled: Polled, lease: Lease, reading: Reading) -> InboundEvent:
    """Store what events told of, also if it is what was known."""
    digest = hashlib.sha256(polled.body).hexdigest()
    with transaction.atomic():
        lease.renew()
        (event,) = _events(source, [polled], reading)
        PolledRecord.objects.update_or_create(
            source=source,
            feed=polled.name[:30],
            key=polled.key[:120],
            defaults={"digest": digest, "seen_at": timezone.now()},
        )
        event_wake(event.pk)
    return event


def _events(source: Source, polled: Iterable[Polled], reading: Reading | None = None) -> list[InboundEvent]:
    return InboundEvent.objects.bulk_create(
        [
            InboundEvent(
                source=source,
                reading=reading,
                channel=InboundEvent.Channel.POLL,
                name=one.name[:60],
                body=one.body,
                content_type="application/json",
            )
            for one in polled
        ]
    )
