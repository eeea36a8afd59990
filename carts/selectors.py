"""What is read from the rows of this package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import (
    Case,
    DecimalField,
    Exists,
    F,
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
from carts.models.records import AbandonedCart, Refund
from carts.order_data import MoneyState, OrderData, Stage
from crm.money import quantize
from intake.models.events import InboundEvent
from intake.models.sources import OrderViews, Source

MOST_LATER_ORDERS = 200
OPEN_DAYS = timedelta(days=60)  # an order that is unpaid for longer is not read again
SMALLEST = Decimal("0.0001")  # what no currency has; sums of floats differ by less
_OPEN_AT_ONCE = 50
_MONEY = DecimalField(max_digits=19, decimal_places=4)


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


def orders_with_company() -> QuerySet[Order]:
    """Orders with whether there are refunds, parts, open carts, or other orders of the buyer: mostly none.

    Where they are asked for, nobody is asked then.
    """
    others = Order.objects.exclude(pk=OuterRef("pk"))
    of_order = {"source": OuterRef("source"), "shop_order_id": OuterRef("shop_order_id")}
    carts = AbandonedCart.objects.filter(bought_at=None)
    return Order.objects.annotate(
        has_refunds=Exists(Refund.objects.filter(**of_order)),
        has_carts=Exists(carts.filter(email_key=OuterRef("email_key")).exclude(email_key=""))
        | Exists(carts.filter(source=OuterRef("source"), cart_id=OuterRef("cart_id")).exclude(cart_id="")),
        has_parts=Exists(others.filter(source=OuterRef("source"), view_of=OuterRef("shop_order_id"))),
        has_others=Exists(others.filter(email_key=OuterRef("email_key"))),
    )


def order_facts(order: Order) -> OrderData:
    """The order with the refunds that were told on their own counted in.

    A shop may tell the total refunded so far, single refunds, or both: the larger of the total and the sum
    counts. The latest refund gives the time and the reason. Refunds in another currency give no amount, and
    those of nothing were withdrawn.
    """
    data = order.order_data
    may_have_parts = getattr(order, "has_parts", True) and not order.view_of
    if may_have_parts and order.source.order_views == OrderViews.WHOLE:
        # Extensions give back on a vendor's part of the order that is sent as a whole.
        parts = Order.objects.filter(
            source=order.source_id, view_of=order.shop_order_id, currency=data.currency
        ).filter(data__refunded_total__isnull=False)
        amounts_told = parts.values_list("data__refunded_total", flat=True)
        refunded = sum((Decimal(amount) for amount in amounts_told if amount), Decimal(0))
        data = replace(data, refunded_total=max(refunded, data.refunded_total or Decimal(0)) or None)
    if not getattr(order, "has_refunds", True):
        return data
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
    if not order.email_key or not getattr(order, "has_others", True):
        return OrderHistory(is_first=True, later_ids=[])
    # The whole order and its parts, and the order that this one replaces.
    whole = order.view_of or order.shop_order_id
    named = [name for name in (whole, order.data.get("replaces")) if name]
    same_purchase = Q(source_id=order.source_id) & (Q(shop_order_id__in=named) | Q(view_of=whole))
    others = Order.objects.exclude(pk=order.pk).filter(
        email_key=order.email_key,
        source__connection__merchant=order.source.connection.merchant_id,
        completed_at__isnull=False,
        is_test=False,
    )
    others = others.exclude(stage=Stage.REJECTED).exclude(same_purchase)
    earlier = Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk)
    later = others.exclude(earlier).order_by("is_history", "placed_at", "id")
    return OrderHistory(
        is_first=not others.filter(earlier).exists(),
        later_ids=list(later.values_list("pk", flat=True)[:MOST_LATER_ORDERS]),
    )


def counted_once(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Of the orders that tell one purchase, whole and in parts, those that its shop's setting sends."""
    same_shop = Order.objects.filter(source=OuterRef("source"))
    is_part = ~Q(view_of="") & Exists(same_shop.filter(shop_order_id=OuterRef("view_of")))
    has_parts = Exists(same_shop.filter(view_of=OuterRef("shop_order_id")))
    return orders.exclude(is_part, source__order_views=OrderViews.WHOLE).exclude(
        has_parts, source__order_views=OrderViews.PARTS
    )
