"""Take in abandoned carts, affiliates, shipments and refunds, and the folders in which a shop's items lie."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils import timezone

from carts.ingest.purchases import cart_recheck_on_commit, mark_if_bought
from carts.models.orders import Order
from carts.models.records import AbandonedCart, Affiliate, Refund, Shipment
from carts.record_data import AffiliateData, CartData, ItemFolderData, RefundData, ShipmentData
from carts.signals import affiliate_registered, cart_abandoned, order_changed, order_shipped
from crm.emails import email_key
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.records import IngestOutcome, RecordStore, arrived_at
from mappings.models import ItemFolder


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


# A cart that was bought stays bought, whatever comes later.
cart_ingest = RecordStore(
    model=AbandonedCart, identity=("cart_id",), fill=_cart_fill, accepted=_cart_accepted
).ingest
affiliate_ingest = RecordStore(
    model=Affiliate,
    identity=("shop_affiliate_id",),
    fill=_affiliate_fill,
    accepted=lambda row, event: affiliate_registered.send(sender=Affiliate, affiliate=row, event=event),
).ingest
# The order of a parcel need not be known.
_SHIPMENTS: RecordStore[Shipment, ShipmentData] = RecordStore(
    model=Shipment,
    identity=("shop_order_id", "shipment_id"),
    accepted=lambda row, event: order_shipped.send(sender=Shipment, shipment=row, event=event),
)
shipment_ingest = _SHIPMENTS.ingest
# The known order gets a new version; an unknown one counts the refund once it comes.
refund_ingest = RecordStore(
    model=Refund,
    identity=("shop_order_id", "refund_id"),
    version_at=lambda data: data.version_at or data.refunded_at,
    fill=_refund_fill,
    accepted=_refund_accepted,
).ingest


def item_folder_ingest(source: Source, data: ItemFolderData) -> IngestOutcome:
    """Keep it for the goals that are set for a folder. What a person entered is left alone. Repeat: safe."""
    rows = ItemFolder.objects.filter(connection=source.connection_id, item_id=data.item_id)
    known = rows.first()
    if known is not None and (not known.from_shop or known.folder_id == data.folder_id):
        return IngestOutcome.REPEATED
    if not data.folder_id:
        return IngestOutcome.UPDATED if rows.filter(from_shop=True).delete()[0] else IngestOutcome.REPEATED
    values = {"folder_id": data.folder_id, "from_shop": True}
    ItemFolder.objects.update_or_create(
        connection_id=source.connection_id, item_id=data.item_id, defaults=values
    )
    return IngestOutcome.UPDATED if known else IngestOutcome.CREATED
