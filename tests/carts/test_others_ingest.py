"""Versions of carts, affiliates, shipments and refunds: which one counts, and what it starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.models import AbandonedCart, Affiliate, Order, Refund, Shipment
from carts.order_data import Stage
from carts.signals import affiliate_registered
from intake.models import InboundEvent, Source
from intake.records import IngestOutcome
from tests.carts.records import affiliate_data, cart_data, refund_data, shipment_data
from tests.factories import PLACED_AT, SourceFactory, order_data

pytestmark = pytest.mark.django_db

LATER = PLACED_AT + timedelta(hours=1)

KINDS = [
    pytest.param(cart_ingest, cart_data, "email", AbandonedCart, ["cart"], id="cart"),
    pytest.param(affiliate_ingest, affiliate_data, "email", Affiliate, ["affiliate"], id="affiliate"),
    pytest.param(shipment_ingest, shipment_data, "carrier", Shipment, ["shipped"], id="shipment"),
    pytest.param(refund_ingest, refund_data, "reason", Refund, [], id="refund"),
]
every_kind = pytest.mark.parametrize(("ingest", "data", "field", "model", "sent"), KINDS)


@pytest.fixture
def source() -> Source:
    return SourceFactory()


@every_kind
def test_a_new_one_and_what_it_keeps(source, signals, ingest, data, field, model, sent):
    result = ingest(source, data())
    assert result.outcome == IngestOutcome.CREATED
    stored = model.objects.get()
    assert (stored, stored.version, signals) == (result.row, 1, sent)
    kept = {AbandonedCart: "cart", Affiliate: "affiliate", Shipment: "shipment", Refund: "refund"}[model]
    assert getattr(stored, f"{kept}_data") == data()


@every_kind
def test_equal_content_is_repeated(source, signals, ingest, data, field, model, sent):
    ingest(source, data())
    result = ingest(source, data(version_at=LATER))
    assert (result.outcome, result.row.version, result.row.version_at) == (IngestOutcome.REPEATED, 1, LATER)
    assert signals == sent


@every_kind
def test_a_change_is_a_new_version_and_an_older_one_is_none(
    source, signals, ingest, data, field, model, sent
):
    ingest(source, data())
    assert ingest(source, data(version_at=LATER, **{field: "new"})).outcome == IngestOutcome.UPDATED
    between = data(version_at=LATER - timedelta(minutes=1), **{field: "old"})
    assert ingest(source, between).outcome == IngestOutcome.OUTDATED
    stored = model.objects.get()
    assert (stored.version, stored.data[field]) == (2, "new")
    assert signals == sent * 2


@every_kind
def test_a_tie_goes_to_the_later_arrival(source, signals, ingest, data, field, model, sent):
    first, second = (
        InboundEvent.objects.create(source=source, body=b"{}", channel="webhook") for _ in range(2)
    )
    ingest(source, data(**{field: "second"}), event=second)
    assert ingest(source, data(**{field: "first"}), event=first).outcome == IngestOutcome.OUTDATED
    assert model.objects.get().data[field] == "second"


@every_kind
def test_the_same_id_in_two_shops_is_two(source, signals, ingest, data, field, model, sent):
    ingest(source, data())
    ingest(SourceFactory(connection=source.connection), data())
    assert model.objects.count() == 2


def test_a_receiver_that_fails_leaves_nothing_behind(source, receivers_away):
    def refuse(**kwargs: object) -> None:
        raise ValueError("no")

    affiliate_registered.connect(refuse)
    with pytest.raises(ValueError, match="no"):
        affiliate_ingest(source, affiliate_data())
    assert not Affiliate.objects.exists()


def test_a_cart_was_left_the_abandon_interval_before_it_came(source, signals):
    source.abandon_hours = 5
    cart = cart_ingest(source, cart_data(email=" Ada@Example.com ")).row
    assert (cart.arrived_at, cart.cart_at) == (PLACED_AT, PLACED_AT - timedelta(hours=5))
    assert cart.email_key == "ada@example.com"


def test_a_cart_without_an_email_is_kept(source, signals):
    assert cart_ingest(source, cart_data(email="")).outcome == IngestOutcome.CREATED


def test_parcels_of_one_order_are_rows_of_their_own(source, signals):
    for shipment_id in ("A", "B", "A"):
        shipment_ingest(source, shipment_data(shipment_id=shipment_id))
    assert list(Shipment.objects.values_list("shipment_id", flat=True)) == ["A", "B"]
    assert signals == ["shipped", "shipped"]


def test_a_refund_changes_an_order_that_was_completed(source, signals):
    order_ingest(source, order_data())
    refund_ingest(source, refund_data())
    assert Order.objects.get().version == 2
    assert signals == ["received", "completed", "changed"]
    refund_ingest(source, refund_data())
    assert Order.objects.get().version == 2


def test_a_refund_of_an_unpaid_order_starts_nothing(source, signals):
    order_ingest(source, order_data(stage=Stage.UNPAID))
    refund_ingest(source, refund_data())
    assert (Order.objects.get().version, signals) == (2, ["received"])


def test_a_refund_of_an_order_that_another_transaction_stores(
    source, signals, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        refund_ingest(source, refund_data())
    order_ingest(source, order_data())
    for callback in callbacks:
        callback()
    assert signals == ["received", "completed", "changed"]


def test_a_corrected_refund_may_be_dated_earlier(source, signals):
    refund_ingest(source, refund_data())
    earlier = replace(refund_data(), version_at=LATER, refunded_at=PLACED_AT - timedelta(days=1))
    row = refund_ingest(source, earlier).row
    assert (row.refunded_at, row.amount) == (earlier.refunded_at, Decimal("10"))
