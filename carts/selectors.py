"""What is read from the rows of this package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import (
    Case,
    DecimalField,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Least

from carts.models.orders import Order
from carts.models.records import AbandonedCart, Affiliate, Refund, Shipment
from carts.order_data import MoneyState, OrderData, Stage
from crm.emails import email_key
from crm.money import quantize
from intake.models.events import InboundEvent
from intake.models.sources import OrderViews, Source

RowT = TypeVar("RowT", bound=Model)

MOST_LATER_ORDERS = 200
OPEN_DAYS = timedelta(days=60)  # an order that is unpaid for longer is not read again
SMALLEST = Decimal("0.0001")  # what no currency has; sums of floats differ by less
_OPEN_AT_ONCE = 50
_MONEY = DecimalField(max_digits=19, decimal_places=4)


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
    return _narrowed(
        Order.objects.filter(source=source),
        shop_order_id=shop_order_id,
        email_key=email_key(email),
        stage=stage,
        placed_at__gte=placed_after,
        placed_at__lt=placed_before,
    )


def carts_of(
    source: Source,
    *,
    cart_id: str = "",
    email: str = "",
    bought: bool | None = None,
    arrived_after: datetime | None = None,
    arrived_before: datetime | None = None,
) -> QuerySet[AbandonedCart]:
    """The abandoned carts of one shop; an empty filter is none."""
    carts = AbandonedCart.objects.filter(source=source)
    if bought is not None:
        carts = carts.filter(bought_at__isnull=not bought)
    return _narrowed(
        carts,
        cart_id=cart_id,
        email_key=email_key(email),
        arrived_at__gte=arrived_after,
        arrived_at__lt=arrived_before,
    )


def affiliates_of(
    source: Source, *, shop_affiliate_id: str = "", code: str = "", email: str = ""
) -> QuerySet[Affiliate]:
    """The affiliates of one shop; an empty filter is none."""
    return _narrowed(
        Affiliate.objects.filter(source=source),
        shop_affiliate_id=shop_affiliate_id,
        code=code,
        email_key=email_key(email),
    )


def shipments_of(source: Source, *, shop_order_id: str = "", shipment_id: str = "") -> QuerySet[Shipment]:
    """The shipments of one shop; an empty filter is none."""
    rows = Shipment.objects.filter(source=source)
    return _narrowed(rows, shop_order_id=shop_order_id, shipment_id=shipment_id)


def unpaid_order_ids(source: Source, now: datetime) -> Iterator[str]:
    """Of the orders before payment, whose state may yet change; looked up a few at a time."""
    rows = Order.objects.filter(
        source=source, stage=Stage.UNPAID, is_history=False, placed_at__gte=now - OPEN_DAYS
    )
    rows = rows.exclude(found_by=InboundEvent.Channel.TEST).order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last).values_list("pk", "shop_order_id")[:_OPEN_AT_ONCE]):
        last = batch[-1][0]
        yield from (shop_order_id for _, shop_order_id in batch)


def received_amount() -> Case:
    """For a query on orders past payment: what came in of the total, as `OrderData.received` has it."""
    # A null in the JSON is not SQL's null, and as text it would be read as 0.
    untold = Q(data__paid_amount__isnull=True) | Q(data__paid_amount=None)
    on_account = Q(data__money=MoneyState.ON_ACCOUNT.value)
    return Case(
        When(untold & on_account, then=Value(Decimal(0), output_field=_MONEY)),
        When(untold, then=F("total")),
        default=Least(Cast(KeyTextTransform("paid_amount", "data"), _MONEY), F("total")),
        output_field=_MONEY,
    )


def cents(amount: Decimal | None) -> Decimal:
    """Rounded to what a currency can have: sums of a database may carry a float's tail."""
    return (amount or Decimal(0)).quantize(SMALLEST)


def refunds_of(source: Source, *, shop_order_id: str = "", refund_id: str = "") -> QuerySet[Refund]:
    """The refunds of one shop; an empty filter is none."""
    rows = Refund.objects.filter(source=source)
    return _narrowed(rows, shop_order_id=shop_order_id, refund_id=refund_id)


def _narrowed(rows: QuerySet[RowT], **wanted: str | datetime | None) -> QuerySet[RowT]:
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def order_facts(order: Order) -> OrderData:
    """The order with the refunds that were told on their own counted in.

    A shop may tell the total refunded so far, single refunds, or both: the larger of the total and the sum
    counts. The latest refund gives the time and the reason. Refunds in another currency give no amount, and
    those of nothing were withdrawn.
    """
    data = _with_refunds_of_parts(order, order.order_data)
    rows = Refund.objects.filter(source_id=order.source_id, shop_order_id=order.shop_order_id, amount__gt=0)
    latest = rows.order_by("-refunded_at", "-id").first()
    if latest is None:
        return data
    told = rows.filter(data__currency=data.currency).aggregate(total=Sum("amount"))["total"]
    # SQLite adds up floats, and a sum has the column's decimals: the same sum is to read the same.
    sums = (amount for amount in (data.refunded_total, told) if amount is not None)
    amounts = [quantize(amount, data.currency) for amount in sums]
    data = replace(data, refunded_total=max(amounts, default=None))
    if data.refunded_at is not None and data.refunded_at > latest.refunded_at:
        return data
    reason = latest.refund_data.reason or data.refund_reason
    return replace(data, refunded_at=latest.refunded_at, refund_reason=reason)


def _with_refunds_of_parts(order: Order, data: OrderData) -> OrderData:
    """Extensions give back on a vendor's part of the order that is sent as a whole."""
    if order.view_of or order.source.order_views != OrderViews.WHOLE:
        return data
    parts = Order.objects.filter(source=order.source_id, view_of=order.shop_order_id, currency=data.currency)
    told = parts.filter(data__refunded_total__isnull=False).values_list("data__refunded_total", flat=True)
    refunded = sum((Decimal(amount) for amount in told if amount), Decimal(0))
    return replace(data, refunded_total=max(refunded, data.refunded_total or Decimal(0)) or None)


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """Where an order stands among those of its e-mail address. Later ones are given by their ids, earliest
    first and at most `MOST_LATER_ORDERS`, those that may have been sent before those known only as history.
    """

    is_first: bool
    later_ids: list[int]


def order_history(order: Order) -> OrderHistory:
    """Compare with all orders of the merchant's shops past payment, test and rejected ones left out.

    An order without an e-mail address is the first of nobody: nothing is before or after it.
    """
    if not order.email_key:
        return OrderHistory(is_first=True, later_ids=[])
    others = Order.objects.exclude(pk=order.pk).filter(
        email_key=order.email_key,
        source__connection__merchant=order.source.connection.merchant_id,
        completed_at__isnull=False,
        is_test=False,
    )
    others = others.exclude(stage=Stage.REJECTED).exclude(_same_purchase(order))
    earlier = Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk)
    later = others.exclude(earlier).order_by("is_history", "placed_at", "id")
    return OrderHistory(
        is_first=not others.filter(earlier).exists(),
        later_ids=list(later.values_list("pk", flat=True)[:MOST_LATER_ORDERS]),
    )


def _same_purchase(order: Order) -> Q:
    """The whole order and its parts, and the order that this one replaces."""
    whole = order.view_of or order.shop_order_id
    named = [name for name in (whole, order.data.get("replaces")) if name]
    return Q(source_id=order.source_id) & (Q(shop_order_id__in=named) | Q(view_of=whole))


def counted_once(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Of the orders that tell one purchase, whole and in parts, those that its shop's setting sends."""
    same_shop = Order.objects.filter(source=OuterRef("source"))
    is_part = ~Q(view_of="") & Exists(same_shop.filter(shop_order_id=OuterRef("view_of")))
    has_parts = Exists(same_shop.filter(view_of=OuterRef("shop_order_id")))
    return orders.exclude(is_part, source__order_views=OrderViews.WHOLE).exclude(
        has_parts, source__order_views=OrderViews.PARTS
    )
