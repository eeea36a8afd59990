"""A Shopify order in our words. Money is the shop's own, not what the buyer's currency made of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.platform import BadPayload
from carts.platforms.reading import Node
from carts.platforms.shopify.buyer import (
    billing_of,
    coupon_codes,
    email_of,
    shipping_of,
    takes_mail,
)
from carts.platforms.shopify.figures import Figures, figures_parse
from carts.platforms.shopify.money import ZERO, buyers_amount, shop_amount
from carts.platforms.shopify.refunds import Refunded, refunded_of
from carts.platforms.shopify.told import custom_fields
from carts.platforms.shopify.views import shipping_title

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
    return OrderData(
        shop_order_id=order.identifier("id", 100),
        number=order.identifier("name", 100) or order.identifier("order_number", 100),
        stage=stage,
        shop_stage=_shop_stage(order),
        placed_at=_placed_at(order),
        version_at=order_version_at(order) or _placed_at(order),
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
        payment_method=_payment_method(order),
        money=_money_state(order, stage),
        coupons=tuple(_coupons(order)),
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
    one: of two versions of the same second the one further along is the later.
    """
    changed = order.moment("updated_at")
    if changed is None:
        changed = max((moment for name in _TIMES if (moment := order.moment(name))), default=None)
    return None if changed is None else changed.astimezone(UTC) + timedelta(microseconds=_progress(order))


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


def _money_state(order: Node, stage: Stage) -> MoneyState:
    if stage == Stage.PAID and _on_account(order):
        return MoneyState.ON_ACCOUNT
    return MoneyState.RECEIVED


def _progress(order: Node) -> int:
    """How far along an order is, below a million."""
    cancelled = 1 if order.moment("cancelled_at") else 0
    financial = _rank(_FINANCIAL, order.text("financial_status"))
    fulfillment = _rank(_FULFILLMENT, order.text("fulfillment_status"))
    refunds = min(sum(1 for _ in order.nodes("refunds")), 99)
    return ((cancelled * 10 + financial) * 10 + fulfillment) * 100 + refunds


def _rank(words: tuple[str, ...], word: str) -> int:
    return words.index(word) + 1 if word in words else 0


def _shop_stage(order: Node) -> str:
    return "cancelled" if order.moment("cancelled_at") else order.text("financial_status", 60)


def _placed_at(order: Node) -> datetime:
    """The date that the shop shows on the order; of an imported one that is not when it was created."""
    placed_at = order.moment("processed_at") or order.moment("created_at")
    if placed_at is None:
        raise BadPayload(
            "The order has no created_at, so it is not known when it was placed. "
            "Take all fields into the webhook again, then change the order in the shop."
        )
    return placed_at


def _as_paid(order: Node, currency: str, figures: Figures) -> tuple[str, Decimal | None]:
    """The buyer's currency and total, where the currency is not the shop's own."""
    paid_currency = order.text("presentment_currency", 3)
    if not paid_currency or paid_currency == currency:
        return "", None
    if not figures.is_edited:
        return paid_currency, buyers_amount(order, "total_price")
    has_refunds = any(True for _ in order.nodes("refunds"))
    return paid_currency, None if has_refunds else buyers_amount(order, "current_total_price")


def _payment_method(order: Node) -> str:
    """What paid beside gift cards and store credit, which pay a part; older payloads name one `gateway`."""
    names = order.texts("payment_gateway_names", 60)
    others = [name for name in names if name not in CREDITS]
    return next(iter(others or names), "") or order.text("gateway", 60)


def _coupons(order: Node) -> Iterator[Coupon]:
    for code in coupon_codes(order):
        yield Coupon(code=code, typed=code)
    for application in order.nodes("discount_applications"):
        title = application.text("title", 100)
        if application.text("type") == "automatic" and title:
            yield Coupon(code=title, automatic=True)
