"""What is read from the rows of this package."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from carts.models import ApiKey, InboundEvent, Order, Source
from carts.order_data import email_key
from carts.tokens import token_hash

MISSED_SECONDS = 2.0  # by then the doorbell has been answered, or never will be


def source_by_token(token: str) -> Source | None:
    """The enabled source whose hook carries the token."""
    return Source.objects.filter(token_hash=token_hash(token), enabled=True).first()


def api_key_find(plain: str) -> ApiKey | None:
    """The key in use with that text: neither it is revoked nor its source disabled."""
    keys = ApiKey.objects.select_related("source")
    return keys.filter(key_hash=token_hash(plain), revoked_at=None, source__enabled=True).first()


def events_due(now: datetime, limit: int) -> list[int]:
    """Stored events that nobody works on: their doorbell was missed, or their wait is over."""
    missed = Q(not_before=None, received_at__lte=now - timedelta(seconds=MISSED_SECONDS))
    due = InboundEvent.objects.filter(missed | Q(not_before__lte=now), state=InboundEvent.State.STORED)
    return list(due.order_by("id").values_list("pk", flat=True)[:limit])


def orders_of(
    source: Source,
    *,
    shop_order_id: str = "",
    email: str = "",
    stage: str = "",
    placed_after: datetime | None = None,
    placed_before: datetime | None = None,
) -> QuerySet[Order]:
    """The orders of one shop; an empty filter is none."""
    wanted = {
        "shop_order_id": shop_order_id,
        "email_key": email_key(email),
        "stage": stage,
        "placed_at__gte": placed_after,
        "placed_at__lt": placed_before,
    }
    return Order.objects.filter(source=source, **{name: value for name, value in wanted.items() if value})
