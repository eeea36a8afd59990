"""Replays: a delivery that was taken long ago, sent again by whoever recorded it.

The same event may come twice for good reasons: a shop repeats what it was not told had arrived, and an order
may go from A to B and back to A. But what was applied days ago and comes again word for word tells nothing
new, while it could take back what happened since in a shop whose events carry no time of change.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from intake.models.events import InboundEvent

REPLAY_AGE = timedelta(days=7)  # longer than any shop goes on repeating a delivery
REPLAYED = (
    f"The very same event was taken more than {REPLAY_AGE.days} days ago: an old one that comes again "
    "changes nothing."
)
_TAKEN = (InboundEvent.State.APPLIED, InboundEvent.State.REPEATED, InboundEvent.State.OUTDATED)


def is_replay(event: InboundEvent) -> bool:
    """Whether the very same event was taken from this shop long before; notes the event's digest."""
    event.digest = hashlib.sha256(bytes(event.body)).hexdigest()
    before = InboundEvent.objects.filter(
        source=event.source_id,
        digest=event.digest,
        state__in=_TAKEN,
        received_at__lt=event.received_at - REPLAY_AGE,
    )
    return before.exclude(pk=event.pk).exists()
