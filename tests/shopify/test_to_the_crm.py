"""A Shopify order from its signed delivery to the CRM, to the cent, with what follows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cascade.models import Replication
from intake.models import InboundEvent
from intake.processing import event_process
from tests.carts.conftest import broker_in_memory, fresh_cache
from tests.carts.shopify_life import exchanged, left, life
from tests.carts.shopify_payloads import SECRET, as_body, at, line, money, order, signature, transaction
from tests.factories import ConnectionFactory, SourceFactory
from tests.sandbox_client import Sandbox
from tests.ultracart.conftest import Kind, Merchant

__all__ = ["broker_in_memory", "fresh_cache", "merchant"]

pytestmark = pytest.mark.embedded
UPDATED = "orders/updated"


class ShopifyMerchant(Merchant):
    def deliver(self, *events: Any, name: str = "orders/updated") -> InboundEvent:
        (body,) = (as_body(event) for event in events)
        answer = self.client.post(
            f"/hooks/{self.source.token}/",
            body,
            content_type="application/json",
            headers={"X-Shopify-Topic": name, "X-Shopify-Hmac-Sha256": signature(body)},
        )
        assert answer.status_code == 200, answer.content
        event = InboundEvent.objects.get(pk=answer.json()["stored"])
        event_process(event.pk)
        event.refresh_from_db()
        return event


@pytest.fixture(params=["xmlrpc", "rest"])
def merchant(unlimited: Sandbox, transactional_db: None, settings: Any, request: Any) -> ShopifyMerchant:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.LEASE_SECONDS, settings.SETTLE_SECONDS = 3.0, 0.3
    unlimited.seed(
        Product=[{"ProductName": name, "ProductPrice": 1.0, "Status": 1} for name in ("TEA", "4012")],
        User=[{"FirstName": "Pat", "LastName": "Owner", "Email": "pat@example.com"}],
        DataFormField=[{"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15}],
    )
    connection = ConnectionFactory(api_key=unlimited.key, protocol=request.param)
    connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    source = SourceFactory(connection=connection, slug="tea", platform="shopify", signing_secret=SECRET)
    return ShopifyMerchant(unlimited, connection, source)


def invoice(merchant: Merchant) -> tuple[Decimal, Decimal]:
    """Its total and what is still due."""
    (row,) = merchant.sandbox.rows("Invoice")
    return Decimal(str(row["InvoiceTotal"])), Decimal(str(row["TotalDue"]))


def test_the_life_of_an_order(merchant):
    for topic, body in life():
        merchant.deliver(body, name=topic)
        merchant.work()
    assert merchant.latest().state == Replication.State.SUCCEEDED, merchant.latest().reason
    assert invoice(merchant) == (Decimal("61"), 0)
    (job,) = merchant.sandbox.rows("Job")
    assert job["_Tracking"] == "1Z1, 1Z2"
    assert merchant.latest(Kind.SHIPMENT).state == Replication.State.SUCCEEDED
    notes = [row["ActionDescription"] for row in merchant.sandbox.rows("ContactAction")]
    refunds = sorted(note.partition(" refunded ")[2] for note in notes if "refunded" in note)
    assert refunds == ["19.20", "61.00 in all"]


def test_an_order_edited_before_it_was_paid_is_sent_as_edited(merchant):
    merchant.deliver(order(financial_status="pending"), name="orders/create")
    merchant.work()
    assert merchant.sandbox.rows("Invoice") == []
    edited = {
        **money("current_total_price", "45.40"),
        **money("current_total_discounts", "4.00"),
        **money("current_total_tax", "2.40"),
    }
    row = merchant.sends(order(updated_at=at(5), line_items=left(2, 0), **edited), name="orders/paid")
    assert row.state == Replication.State.SUCCEEDED, row.reason
    assert invoice(merchant) == (Decimal("45.4"), 0)


def test_cash_on_delivery_is_an_order_without_a_payment_until_the_money_comes(merchant):
    sent = {"financial_status": "pending", "fulfillment_status": "fulfilled", "updated_at": at(5)}
    assert merchant.sends(order(**sent), name="orders/fulfilled").state == Replication.State.SUCCEEDED
    assert invoice(merchant) == (Decimal("61"), Decimal("61"))
    merchant.sends(order(fulfillment_status="fulfilled", updated_at=at(9)), name="orders/paid")
    assert invoice(merchant) == (Decimal("61"), 0)


def placed(price: str) -> dict[str, Any]:
    """The order of one item that is exchanged later."""
    return exchanged(
        *(price, "0.00", price, price),
        line_items=[line(11, "TEA", "Tea", 1, price, "0.00")],
        refunds=[],
    )


@pytest.mark.parametrize("total", ["100.00", "250.00", "350.00"])
def test_an_exchange_that_is_seen_first_is_sent_as_what_the_buyer_paid(merchant, total):
    row = merchant.sends(exchanged("100.00", "250.00", total, "250.00"), name=UPDATED)
    assert row.state == Replication.State.SUCCEEDED, row.reason
    assert invoice(merchant) == (Decimal("250"), 0)


def test_an_exchange_of_an_order_that_was_sent_is_told_as_the_difference(merchant):
    merchant.sends(placed("100.00"), name="orders/paid")
    row = merchant.sends(exchanged("100.00", "250.00", "350.00", "250.00", updated_at=at(7)), name=UPDATED)
    assert (row.state, row.level) == (Replication.State.SUCCEEDED, "warning")
    assert "now 250.00 USD, the CRM order was sent as 100.00 USD" in row.reason
    assert invoice(merchant) == (Decimal("100"), 0)


def test_an_order_whose_figures_nobody_can_read_is_parked_with_the_readings_and_its_contact(merchant):
    merchant.make_tags("Customer")
    merchant.set(contact_tags="Customer")
    row = merchant.sends(exchanged("100.00", "60.00", "160.00", "60.00", transaction("40.00")), name=UPDATED)
    assert row.state == Replication.State.PARKED
    assert "as placed: 160.00" in row.reason and "paid: 100.00, of which 40.00 went back" in row.reason
    assert merchant.sandbox.rows("Invoice") == []
    assert merchant.tags() == {"Customer"}


def test_an_order_that_was_sent_takes_its_refund_whatever_its_figures_say(merchant):
    merchant.make_tags("Refunded")
    merchant.set(refund_tags="Refunded")
    merchant.sends(placed("100.00"), name="orders/paid")
    row = merchant.sends(
        exchanged("100.00", "60.00", "160.00", "60.00", transaction("40.00"), updated_at=at(7)),
        name=UPDATED,
    )
    assert (row.state, row.level) == (Replication.State.SUCCEEDED, "error")
    assert "as placed: 160.00" in row.reason
    assert invoice(merchant) == (Decimal("100"), 0)
    assert merchant.tags() == {"Refunded"}
