"""What is looked up of sources, their keys and what they delivered."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from intake.models.events import InboundEvent
from intake.models.sources import ApiKey, Source
from intake.sources import token_hash

MISSED_SECONDS = 2.0  # by then a wake-up has been heard, or never will be


def source_by_token(token: str) -> Source | None:
    """The enabled source whose hook carries the token."""
    return Source.objects.filter(token_hash=token_hash(token), enabled=True).first()


def api_key_find(plain: str) -> ApiKey | None:
    """The key in use with that text: neither revoked, nor past its end, nor of a disabled source."""
    going_on = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    keys = ApiKey.objects.select_related("source").filter(going_on, revoked_at=None, source__enabled=True)
    return keys.filter(key_hash=token_hash(plain)).first()


def events_due(now: datetime, limit: int) -> list[int]:
    """Stored events that nobody works on: their wake-up was missed, or their wait is over."""
    missed = Q(not_before=None, received_at__lte=now - timedelta(seconds=MISSED_SECONDS))
    due = InboundEvent.objects.filter(missed | Q(not_before__lte=now), state=InboundEvent.State.STORED)
    return list(due.order_by("id").values_list("pk", flat=True)[:limit])
