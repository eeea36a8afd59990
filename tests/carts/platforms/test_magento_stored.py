"""What was read of a Magento shop, from the stored event to the order, in whatever order it is worked on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.models import Order, Shipment
from carts.order_data import Stage
from carts.platforms.magento.platform import Magento
from intake.models import InboundEvent, Source
from intake.processing import event_process
from tests.carts.shops.magento.asked import magento_shop
from tests.carts.shops.magento.payloads import body_of, money, order, shipment, told
from tests.carts.shops.magento.samples import needs_php, needs_samples
from tests.carts.shops.magento.server import KEY, USER
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("receivers_away")]

State = InboundEvent.State


def stored(source: Source, body: bytes, name: str = "order_read") -> InboundEvent:
    """As the engine stores what it read."""
    return InboundEvent.objects.create(
        source=source,
        channel=InboundEvent.Channel.POLL,
        name=name,
        body=body,
        content_type="application/json",
    )


def life() -> list[dict[str, Any]]:
    """One order as it was read again and again: placed, paid, shipped, tracked, refunded twice."""
    unpaid = order(state="new", status="pending", updated_at="2026-03-02 15:04:05", **money(total_paid=""))
    shipped = order(updated_at="2026-03-03 10:00:00", state="complete", status="complete")
    partly = {**shipped, "updated_at": "2026-03-08 10:00:00", **money(total_refunded="10.0000")}
    whole = {**partly, "updated_at": "2026-03-09 10:00:00", **money(total_refunded="43.8500")}
    parcel, tracked = shipment(1), shipment(1, "101", "JD01")
    return [
        told(unpaid),
        told(order()),
        told(shipped, parcel),
        told(shipped, tracked),  # the order itself did not change
        told(partly, tracked),
        told({**whole, "state": "closed", "status": "closed"}, tracked, shipment(2)),
    ]


def outcome(source: Source) -> list[Any]:
    """A parcel's version is the order's at which it was last seen to change: that alone may differ."""
    (found,) = Order.objects.filter(source=source)
    parcels = Shipment.objects.filter(source=source).order_by("shipment_id")
    return [found.data, found.payload, *({**parcel.data, "version_at": ""} for parcel in parcels)]


def worked(order_of_work: Sequence[int]) -> list[Any]:
    """Read in order, one event each, as one worker at a time asks; worked on in any order."""
    source = SourceFactory(platform="magento", currency="USD")
    events = [stored(source, body_of(payload)) for payload in life()]
    for index in order_of_work:
        event_process(events[index].pk)
        InboundEvent.objects.filter(pk=events[index].pk).update(state=State.STORED)
    return outcome(source)


def test_any_order_of_work_and_any_repetition_ends_the_same():
    in_order = worked(range(6))

    @hypothesis_settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
    def ends_the_same(shuffled: list[int], again: list[int]) -> None:
        assert worked([*shuffled, *again]) == in_order

    ends_the_same()
    assert (in_order[0]["stage"], in_order[0]["refunded_total"]) == (Stage.PAID, "43.85")
    assert [parcel["shipment_id"] for parcel in in_order[2:]] == ["100000201", "100000202"]
    assert in_order[2]["tracking"] == [{"number": "JD01", "url": ""}]


def test_what_cannot_be_read_is_parked_with_the_field():
    source = SourceFactory(platform="magento")
    event = stored(source, body_of(told(order(created_at="soon"))))
    event_process(event.pk)
    event.refresh_from_db()
    assert (event.state, "order.created_at" in event.problem) == (State.PARKED, True)


@needs_samples
@needs_php
def test_what_a_shop_answers_becomes_orders_and_shipments(tmp_path: Path, settings: Any):
    with magento_shop(tmp_path, settings) as server:
        server.knows_the_older()
        server.knows_the_recorded()
        source = SourceFactory(
            platform="magento", currency="USD", shop_url=server.url, api_user=USER, api_secret=KEY
        )
        window = datetime(2012, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
        with Magento().reach(source) as shop:
            found = [polled for page in shop.pages("orders", *window) for polled in page]
    for polled in found:
        event = stored(source, polled.body, polled.name)
        event_process(event.pk)
        event.refresh_from_db()
        assert event.state == State.APPLIED
    totals = dict(Order.objects.values_list("shop_order_id", "total"))
    assert totals == {
        "100000001": Decimal(2010),
        "100000002": Decimal(1005),
        "100000003": Decimal(1005),
        "100000004": Decimal("14024.95"),
    }
    assert Shipment.objects.count() == 3
    bundle = Order.objects.get(shop_order_id="100000004")
    assert (bundle.stage, bundle.lines.count()) == (Stage.UNPAID, 4)
