"""Who may ask a shop: one worker at a time, so that answers are stored in the order they were given in."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from background.lease import Lease, lease_take
from intake.models.polling import Poller
from intake.models.sources import Source

LEASE_SECONDS = 60.0


def shop_lease_take(source: Source, now: datetime) -> Lease | None:
    """The lease of a shop that nobody holds and that is to be asked now; else None."""
    poller, _ = Poller.objects.get_or_create(source=source)
    rested = Poller.objects.filter(Q(not_before=None) | Q(not_before__lte=now), pk=poller.pk)
    return lease_take(rested, now, LEASE_SECONDS, held=Poller.objects.filter(pk=poller.pk))
