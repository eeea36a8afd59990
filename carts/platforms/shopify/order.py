"""A Shopify order in our words. Money is the shop's own, not what the buyer's currency made of it.

Docs: shopify.dev/docs/api/admin-rest, Order. Its `id` is above 2^53, so it is never read as a float; which
statuses and which of the `current_…` twins count is told in `figures`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.shopify.buyer import (
    billing_of,
    coupon_codes,
    email_of,
    shipping_of,
    takes_mail,
)
from carts.platforms.shopify.custom_fields import custom_fields
from carts.platforms.shopify.figures import Figures, figures_parse
from carts.platforms.shopify.money import ZERO, buyers_amount, shop_amount
from carts.platforms.shopify.refunds import Refunded, refunded_of
from carts.platforms.shopify.views import shipping_title
from intake.payload import Node
from intake.platform import BadPayload

HAS_MONEY = {"paid", "partially_refunded", "refunded"}
PART_PAID = "partially_paid"
CREDITS = ("gift_card", "shopify_store_credit")

_FINANCIAL = ("pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided")
_FULFILLMENT = ("", "partial", "fulfilled")
_TIMES = ("created_at", "processed_at", "cancelled_at", "closed_at")


def order_parse(order: Node, shop_currency: str) -> OrderData:
    """Raises: BadPayload, which names the field."""
    currency = order.text("currency", 3) or shop_currency
    figures = figures_parse(order, currency)
    refunded = refunded_of(order, currency)
    paid_currency, paid_total = _as_paid(order, currency, figures)
    stage = order_stage(order)
    # The date that the shop shows on the order; of an imported one that is not when it was created.
    placed_at = order.moment("processed_at") or order.moment("created_at")
    if placed_at is None:
        raise BadPayload(
            "The order has no created_at, so it is not known when it was placed. "
            "Take all fields into the webhook again, then change the order in the shop."
        )
    is_on_account = stage == Stage.PAID and _on_account(order)
    # What paid beside gift cards and store credit, which pay a part; older payloads name one `gateway`.
    gateways = order.texts("payment_gateway_names", 60)
    others = [name for name in gateways if name not in CREDITS]
    automatic = (
        entry.text("title", 100)
        for entry in order.nodes("discount_applications")
        if entry.text("type") == "automatic"
    )
    return OrderData(
        shop_order_id=order.identifier("id", 100),
        number=order.identifier("name", 100) or order.identifier("order_number", 100),
        stage=stage,
        shop_stage="cancelled" if order.moment("cancelled_at") else order.text("financial_status", 60),
        placed_at=placed_at,
        version_at=order_version_at(order) or placed_at,
        email=email_of(order),
        billing=billing_of(order),
        shipping=shipping_of(order),
        currency=currency,
        paid_currency=paid_currency,
        paid_total=paid_total,
        lines=figures.lines,
        subtotal=figures.subtotal,
        charges=figures.charges,
        total=figures.total,
        paid_amount=_paid_amount(order, figures, refunded),
        doubt=figures.doubt,
        payment_method=next(iter(others or gateways), "") or order.text("gateway", 60),
        money=MoneyState.ON_ACCOUNT if is_on_account else MoneyState.RECEIVED,
        coupons=(
            *(Coupon(code=code, typed=code) for code in coupon_codes(order)),
            *(Coupon(code=title, automatic=True) for title in automatic if title),
        ),
        is_test=order.flag("test"),
        mailing_list=takes_mail(order),
        cart_id=order.identifier("checkout_token", 100) or order.identifier("cart_token", 100),
        shipping_method=shipping_title(order),
        refunded_at=refunded.at,
        refunded_total=refunded.total,
        refund_reason=refunded.reason,
        reject_reason=order.text("cancel_reason", 500),
        custom_fields=custom_fields(order),
    )


def order_version_at(order: Node) -> datetime | None:
    """When it was changed last. Shopify's times are whole seconds, and an order may be created and paid in
    one: of two versions of the same second the one further along is the later. Deliveries come in no promised
    order (shopify.dev, Webhooks).
    """
    changed = order.moment("updated_at")
    if changed is None:
        changed = max(order.moments(*_TIMES), default=None)
    if changed is None:
        return None
    financial, fulfillment = order.text("financial_status"), order.text("fulfillment_status")
    progress = 1 if order.moment("cancelled_at") else 0
    progress = progress * 10 + (_FINANCIAL.index(financial) + 1 if financial in _FINANCIAL else 0)
    progress = progress * 10 + (_FULFILLMENT.index(fulfillment) + 1 if fulfillment in _FULFILLMENT else 0)
    progress = progress * 100 + min(len(order.nodes("refunds")), 99)
    return changed.astimezone(UTC) + timedelta(microseconds=progress)


def order_stage(order: Node) -> Stage:
    """A cancelled order is rejected, whatever was paid. Goods sent before the money came: on account. A part
    of the money counts if the order tells how much it is.
    """
    if order.moment("cancelled_at"):
        return Stage.REJECTED
    status = order.text("financial_status")
    in_part = status == PART_PAID and shop_amount(order, "total_outstanding") is not None
    if status in HAS_MONEY or in_part or _on_account(order):
        return Stage.PAID
    return Stage.REJECTED if status == "voided" else Stage.UNPAID


def _on_account(order: Node) -> bool:
    owed = order.text("financial_status") in ("pending", PART_PAID)
    return owed and order.text("fulfillment_status") == "fulfilled"


def _paid_amount(order: Node, figures: Figures, refunded: Refunded) -> Decimal | None:
    """Of an order paid in part. Whether a refund counts as outstanding is not documented: of one that was
    refunded in part, what is outstanding beyond the refunds was never paid.
    """
    status, outstanding = order.text("financial_status"), shop_amount(order, "total_outstanding")
    if outstanding is None or figures.total is None:
        return None
    if status == PART_PAID or (status == "partially_refunded" and outstanding > (refunded.total or ZERO)):
        return min(max(figures.total - outstanding, ZERO), figures.total)
    return None


def _as_paid(order: Node, currency: str, figures: Figures) -> tuple[str, Decimal | None]:
    """The buyer's currency and total, where the currency is not the shop's own."""
    paid_currency = order.text("presentment_currency", 3)
    if not paid_currency or paid_currency == currency:
        return "", None
    if not figures.is_edited:
        return paid_currency, buyers_amount(order, "total_price")
    return paid_currency, None if order.nodes("refunds") else buyers_amount(order, "current_total_price")
