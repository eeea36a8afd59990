"""Take in abandoned carts, affiliates, shipments and refunds.

Each function stores a version and sends its signals in one transaction, and may be repeated safely: equal
content is `repeated`, an older version `outdated`, and neither sends a signal. What a receiver raises is
raised, and then nothing is stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils import timezone

from carts.ingest.purchases import cart_recheck_on_commit, mark_if_bought
from carts.models.orders import Order
from carts.models.records import AbandonedCart, Affiliate, Refund, Shipment
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData
from carts.signals import affiliate_registered, cart_abandoned, order_changed, order_shipped
from crm.emails import email_key
from intake.merging import arrived_at
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.records import RecordResult, RecordStore


def cart_ingest(
    source: Source, data: CartData, *, event: InboundEvent | None = None
) -> RecordResult[AbandonedCart]:
    """Take in a cart that was left. One that was bought stays bought, whatever comes later."""
    return _CART.ingest(source, data, event)


def affiliate_ingest(
    source: Source, data: AffiliateData, *, event: InboundEvent | None = None
) -> RecordResult[Affiliate]:
    return _AFFILIATE.ingest(source, data, event)


def shipment_ingest(
    source: Source, data: ShipmentData, *, event: InboundEvent | None = None
) -> RecordResult[Shipment]:
    """Take in a parcel; its order need not be known."""
    return SHIPMENTS.ingest(source, data, event)


def refund_ingest(
    source: Source, data: RefundData, *, event: InboundEvent | None = None
) -> RecordResult[Refund]:
    """Take in a refund. The known order gets a new version; an unknown one counts it once it comes."""
    return _REFUND.ingest(source, data, event)


def _cart_fill(cart: AbandonedCart, data: CartData, event: InboundEvent | None) -> None:
    cart.email, cart.email_key = data.email[:320], email_key(data.email)[:320]
    cart.arrived_at = min(data.version_at, arrived_at(event) if event else timezone.now())
    cart.cart_at = cart.arrived_at - timedelta(hours=cart.source.abandon_hours)


def _cart_accepted(cart: AbandonedCart, event: InboundEvent | None) -> None:
    """One signal, also where it is seen at once that the cart was bought."""
    if cart.bought_at is None:
        mark_if_bought(cart)
        cart_recheck_on_commit(cart)
    cart_abandoned.send(sender=AbandonedCart, cart=cart, event=event)


def _affiliate_fill(row: Affiliate, data: AffiliateData, event: InboundEvent | None) -> None:
    row.code = data.code[:100]
    row.email, row.email_key = data.email[:320], email_key(data.email)[:320]


def _affiliate_accepted(row: Affiliate, event: InboundEvent | None) -> None:
    affiliate_registered.send(sender=Affiliate, affiliate=row, event=event)


def _shipment_accepted(row: Shipment, event: InboundEvent | None) -> None:
    order_shipped.send(sender=Shipment, shipment=row, event=event)


def _refund_version(data: RefundData) -> datetime:
    return data.version_at or data.refunded_at


def _refund_fill(row: Refund, data: RefundData, event: InboundEvent | None) -> None:
    row.refunded_at = data.refunded_at
    row.amount = data.amount.quantize(Decimal("0.0001"))


def _refund_accepted(refund: Refund, event: InboundEvent | None) -> None:
    """An order that another transaction is just storing is looked for once more when this one is through."""
    if not _order_touch(refund, event):
        transaction.on_commit(partial(_order_touch, refund, event), robust=True)


def _order_touch(refund: Refund, event: InboundEvent | None) -> bool:
    """Return whether the order of the refund is known."""
    with transaction.atomic():
        orders = Order.objects.select_for_update(of=("self",), no_key=True)
        order = orders.filter(source_id=refund.source_id, shop_order_id=refund.shop_order_id).first()
        if order is None:
            return False
        order.version += 1
        order.save(update_fields=["version", "updated_at"])
        if order.completed_at is not None and not order.is_history:
            order_changed.send(sender=Order, order=order, event=event)
    return True


def _nothing_to_fill(row: Shipment, data: ShipmentData, event: InboundEvent | None) -> None:
    """A shipment has no columns beside its identity and its data."""


_CART = RecordStore(
    model=AbandonedCart,
    identity=("cart_id",),
    version_at=lambda data: data.version_at,
    fill=_cart_fill,
    accepted=_cart_accepted,
)
_AFFILIATE = RecordStore(
    model=Affiliate,
    identity=("shop_affiliate_id",),
    version_at=lambda data: data.version_at,
    fill=_affiliate_fill,
    accepted=_affiliate_accepted,
)
SHIPMENTS = RecordStore(
    model=Shipment,
    identity=("shop_order_id", "shipment_id"),
    version_at=lambda data: data.version_at,
    fill=_nothing_to_fill,
    accepted=_shipment_accepted,
)
_REFUND = RecordStore(
    model=Refund,
    identity=("shop_order_id", "refund_id"),
    version_at=_refund_version,
    fill=_refund_fill,
    accepted=_refund_accepted,
)
