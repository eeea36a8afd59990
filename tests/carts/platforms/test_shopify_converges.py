"""Any order of Shopify's deliveries, any repetition, and thinned ones among them end in the same state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.models import Order, Refund, Shipment
from intake.models import InboundEvent, Source
from intake.processing import event_process
from tests.carts.shopify_life import life
from tests.carts.shopify_payloads import as_body, at, checkout, order
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db

ENDED = {"applied", "repeated", "outdated", "ignored"}
thorough = hypothesis_settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LIFE = life()
CANCELLED = [
    *LIFE[:2],
    ("orders/cancelled", order(updated_at=at(2), cancelled_at=at(2), cancel_reason="customer")),
    (
        "orders/updated",
        order(updated_at=at(3), cancelled_at=at(2), cancel_reason="customer", closed_at=at(3)),
    ),
]
SAME_SECOND = [*LIFE[:2], ("orders/fulfilled", order(fulfillment_status="fulfilled"))]


def after(deliveries: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Store them as they came, process them, and tell what is known then."""
    source: Source = SourceFactory(platform="shopify")
    for topic, body in deliveries:
        event = InboundEvent.objects.create(
            source=source, channel="webhook", body=as_body(body), headers={"x-shopify-topic": topic}
        )
        event_process(event.pk)
        event.refresh_from_db()
        assert event.state in ENDED, event.problem
    stored = Order.objects.get(source=source)
    return {
        "order": stored.data,
        "version_at": stored.version_at,
        "completed": stored.completed_at is not None,
        "shipments": list(
            Shipment.objects.filter(source=source).order_by("shipment_id").values("shipment_id", "data")
        ),
        "refunds": list(
            Refund.objects.filter(source=source).order_by("refund_id").values("refund_id", "data")
        ),
    }


@st.composite
def deliveries(draw: st.DrawFn, whole_life: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Each at least once and whole; beside them repetitions, and order events that lack some fields."""
    numbers = st.lists(st.integers(0, len(whole_life) - 1), max_size=4)
    again = [whole_life[number] for number in draw(numbers)]
    orders = [entry for entry in whole_life if entry[0].startswith("orders/")]
    thinned = []
    for topic, body in draw(st.lists(st.sampled_from(orders), max_size=3)):
        gone = draw(
            st.sets(st.sampled_from(sorted(set(body) - {"id", "updated_at", "created_at"})), max_size=30)
        )
        thinned.append((topic, {key: value for key, value in body.items() if key not in gone}))
    return draw(st.permutations([*whole_life, *again, *thinned]))


@thorough
@given(st.data())
def test_the_life_of_an_order_in_any_order(receivers_away, data):
    assert after(data.draw(deliveries(LIFE))) == after(LIFE)


@thorough
@given(st.data())
def test_a_cancelled_order_in_any_order(receivers_away, data):
    """Whether it was seen paid before depends on what came first; what it is now does not."""
    found, wanted = after(data.draw(deliveries(CANCELLED))), after(CANCELLED)
    assert {**found, "completed": None} == {**wanted, "completed": None}


@thorough
@given(st.data())
def test_placed_paid_and_fulfilled_in_one_second_in_any_order(receivers_away, data):
    assert after(data.draw(deliveries(SAME_SECOND))) == after(SAME_SECOND)


@thorough
@given(st.permutations([0, 1, 2, 1]))
def test_a_checkout_in_any_order(receivers_away, turns):
    steps = [
        checkout(),
        checkout(email="bob@example.com", updated_at=at(2)),
        checkout(updated_at=at(2), completed_at=at(2)),
    ]
    source: Source = SourceFactory(platform="shopify")
    for turn in turns:
        event = InboundEvent.objects.create(source=source, channel="webhook", body=as_body(steps[turn]))
        event_process(event.pk)
    row = source.opencheckouts.get()
    assert (row.checkout_data.completed, row.closed_at is not None) == (True, True)
