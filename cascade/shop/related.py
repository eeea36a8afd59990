"""What belongs together: an order, its parcels, its refunds, and the carts it was made from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q

from carts.models import AbandonedCart, Order, Refund, Shipment
from carts.order_data import Stage
from cascade.engine.subject_words import Belonging, Fact, money
from cascade.models import Replication

MAX_ROWS = 50


def parcels_of(source_id: int | None, shop_order_id: str) -> list[Shipment]:
    return list(Shipment.objects.filter(source=source_id, shop_order_id=shop_order_id)[:MAX_ROWS])


def refunds_of(order: Order) -> list[Refund]:
    told = Refund.objects.filter(source=order.source_id, shop_order_id=order.shop_order_id)
    return list(told[:MAX_ROWS])


def related_to(row: Replication, order: Order) -> list[Replication]:
    """The newest replications of the order, its shipments and carts, but for those of the row's subject."""
    rows = Replication.objects.filter(
        Q(order=order) | Q(cart__bought_by=order), connection=row.connection_id
    ).exclude(kind=row.kind, subject_key=row.subject_key)
    related = rows.select_related("order", "cart").defer("plan", "order__data", "order__payload")
    return list(related.order_by("-id")[:MAX_ROWS])


def order_facts(order: Order, refunds: Iterable[Refund]) -> list[Fact]:
    told, currency, total = order.order_data, order.currency, order.total
    facts = [
        Fact(
            term="Shop's total",
            text="not told by the shop" if total is None else f"{money(total)} {currency}",
        )
    ]
    received, outstanding = told.received, told.outstanding
    if received is not None and (order.stage == Stage.PAID or told.paid_amount is not None):
        more = f", {money(outstanding)} outstanding" if outstanding else ""
        facts.append(Fact(term="Paid in the shop", text=f"{money(received)} {currency}{more}"))
    amounts = [refund.amount for refund in refunds]
    if amounts:
        facts.append(Fact(term="Refunded", text=f"{money(sum(amounts, Decimal(0)))} {currency}"))
    return [
        *facts,
        Fact(term="Placed", at=order.placed_at),
        Fact(term="Stage in the shop", text=order.shop_stage or order.stage),
        Fact(term="Shop's order id", text=order.shop_order_id),
    ]


def belongings_of(
    order: Order | None, parcels: Iterable[Shipment], refunds: Iterable[Refund]
) -> list[Belonging]:
    """The parcels, the refunds and the carts of an order; a parcel may come before its order."""
    carts = AbandonedCart.objects.filter(bought_by=order).defer("data")[:MAX_ROWS] if order else ()
    currency = order.currency if order else ""
    return [
        *(
            Belonging(
                title=f"Parcel {parcel.shipment_id}".strip(),
                text="" if parcel.data.get("tracking") else "no tracking number yet",
                codes=[str(item.get("number") or "") for item in parcel.data.get("tracking", ())],
                sub=f"{parcel.data.get('carrier', '')} {parcel.data.get('status', '')} · told",
                at=parcel.updated_at,
            )
            for parcel in parcels
        ),
        *(
            Belonging(
                title=f"Refund {refund.refund_id}",
                text=f"{money(refund.amount)} {refund.data.get('currency') or currency}",
                sub=refund.data.get("reason", ""),
                at=refund.refunded_at,
            )
            for refund in refunds
        ),
        *(
            Belonging(title="Was in the cart", text=cart.cart_id, sub="left", at=cart.cart_at)
            for cart in carts
        ),
    ]
