"""An UltraCart account over real HTTP, and a source that may ask it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from intake.models import InboundEvent, Source
from intake.processing import event_process
from tests.carts.payloads import paid_order
from tests.carts.shops.ultracart import KEY, UltraCartAccount, running
from tests.factories import SourceFactory


@pytest.fixture
def account(settings: Any) -> Iterator[UltraCartAccount]:
    settings.SHOP_PRIVATE_ADDRESSES = True
    with running(UltraCartAccount()) as account:
        settings.ULTRACART_URL = account.url
        yield account


@pytest.fixture
def source(account: UltraCartAccount, db: None) -> Source:
    source: Source = SourceFactory(token="the-token", api_secret=KEY)
    Source.objects.update(created_at=timezone.now() - timedelta(days=3))
    source.refresh_from_db()
    return source


def shop_order(number: str, *, hours: float = 1, **changes: Any) -> dict[str, Any]:
    """An order that was placed and paid so many hours ago."""
    moment = (timezone.now() - timedelta(hours=hours)).isoformat(timespec="seconds")
    order = paid_order()
    payment = {**order.get("payment", {}), "payment_dts": moment}
    return {**order, "order_id": number, "creation_dts": moment, "payment": payment, **changes}


def unpaid_order(number: str, **changes: Any) -> dict[str, Any]:
    order = shop_order(number, current_stage="Accounts Receivable", **changes)
    order["payment"] = {"payment_method": "Check", "payment_status": "Unprocessed"}
    return order


def process_all() -> None:
    for event_id in InboundEvent.objects.filter(state="stored").values_list("pk", flat=True):
        event_process(event_id)
