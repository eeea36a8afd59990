"""Carts, affiliates, shipments and refunds as rows, with their replications."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from carts.models import AbandonedCart, Affiliate, Order, Refund, Shipment
from carts.order_data import OrderLineData
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData, Tracking
from cascade.models import Replication
from crm.emails import email_key
from intake.models import Source
from intake.party import Party
from tests.factories import PLACED_AT
from tests.logs_ui.factories import ReplicationFactory


def cart(
    source: Source, cart_id: str = "C-1", *, email: str = "ada@example.com", **values: Any
) -> AbandonedCart:
    """A cart of two bones and a leash, left an hour before it was told."""
    lines = tuple(
        OrderLineData(key=item, item_id=item, title=item, quantity=Decimal(quantity), unit_price=Decimal(5))
        for item, quantity in (("BONE", 2), ("LEASH", 1))
    )
    data = CartData(cart_id=cart_id, version_at=PLACED_AT, email=email, lines=lines)
    now = timezone.now()
    return AbandonedCart.objects.create(
        source=source,
        cart_id=cart_id,
        email=email,
        email_key=email_key(email),
        arrived_at=now,
        cart_at=now - timedelta(hours=1),
        version_at=PLACED_AT,
        content_hash=data.content_hash(),
        data=data.to_json(),
        **values,
    )


def affiliate(source: Source, code: str = "JOE") -> Affiliate:
    party = Party(first_name="Joe", last_name="Sender", company="Sender Ltd")
    data = AffiliateData(
        shop_affiliate_id="77", version_at=PLACED_AT, code=code, email="joe@example.com", party=party
    )
    return Affiliate.objects.create(
        source=source,
        shop_affiliate_id="77",
        code=code,
        email=data.email,
        email_key=data.email,
        version_at=PLACED_AT,
        content_hash=data.content_hash(),
        data=data.to_json(),
    )


def shipment(order: Order, *numbers: str, shipment_id: str = "1") -> Shipment:
    data = ShipmentData(
        shop_order_id=order.shop_order_id,
        shipment_id=shipment_id,
        version_at=PLACED_AT,
        tracking=tuple(Tracking(number=number) for number in numbers),
        carrier="UPS",
    )
    return Shipment.objects.create(
        source=order.source,
        shop_order_id=order.shop_order_id,
        shipment_id=shipment_id,
        version_at=PLACED_AT,
        content_hash=data.content_hash(),
        data=data.to_json(),
    )


def refund(order: Order, amount: str, refund_id: str = "R-1") -> Refund:
    data = RefundData(
        shop_order_id=order.shop_order_id,
        refund_id=refund_id,
        amount=Decimal(amount),
        currency=order.currency,
        refunded_at=PLACED_AT,
        reason="Too small.",
    )
    return Refund.objects.create(
        source=order.source,
        shop_order_id=order.shop_order_id,
        refund_id=refund_id,
        refunded_at=PLACED_AT,
        amount=data.amount,
        version_at=PLACED_AT,
        content_hash=data.content_hash(),
        data=data.to_json(),
    )


def cart_replication(row: AbandonedCart, **values: Any) -> Replication:
    keys = {"kind": "cart", "subject_key": f"{row.source.slug}/{row.cart_id}", "cart": row}
    return _made(row.source, contact_key=row.email_key or f"cart {keys['subject_key']}", **keys, **values)


def affiliate_replication(row: Affiliate, **values: Any) -> Replication:
    keys = {
        "kind": "affiliate",
        "subject_key": f"{row.source.slug}/{row.shop_affiliate_id}",
        "affiliate": row,
    }
    return _made(row.source, contact_key=row.email_key, **keys, **values)


def shipment_replication(of: Order, **values: Any) -> Replication:
    key = f"{of.source.slug}/{of.shop_order_id}"
    values.setdefault("order", of)
    return _made(of.source, kind="shipment", subject_key=key, contact_key=f"shipment {key}", **values)


def _made(source: Source, **values: Any) -> Replication:
    values.setdefault("order", None)
    return ReplicationFactory(source=source, connection=source.connection, **values)
