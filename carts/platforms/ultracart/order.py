"""An UltraCart order in our words. Money is its `value`, which is in the merchant's base currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.party import Party
from carts.platforms.platform import BadPayload
from carts.platforms.reading import Node
from carts.platforms.ultracart.lines import lines_parse
from carts.platforms.ultracart.money import amount, charges_parse, settle
from carts.platforms.ultracart.told import custom_fields

PAID_STAGES = {"Shipping Department", "Completed Order", "Least Cost Routing", "Advanced Order Routing"}
REJECTED_STAGE = "Rejected"
_CODE = re.compile("[A-Z]{1,5}")  # the JSON's stages are words

# Payment states in which a paid stage is only a promise: COD, purchase orders, failed and voided captures.
NOT_RECEIVED = {"Unprocessed", "Authorized", "Capture Failed", "Declined", "Voided"}


def order_parse(order: Node, currency: str) -> OrderData:
    """Raises: BadPayload, which names the field."""
    payment = order.node("payment")
    stage = order_stage(order)
    _check_stage(order)
    currency, paid_currency, paid_total = _currencies(order, currency)
    lines = lines_parse(order)
    charges, certificate = settle(order, lines or (), charges_parse(order))
    return OrderData(
        shop_order_id=order.identifier("order_id", 100),
        number=order.identifier("order_id", 100),
        stage=stage,
        shop_stage=order.text("current_stage", 60),
        placed_at=_placed_at(order),
        version_at=order_version_at(order) or _placed_at(order),
        email=order.node("billing").identifier("email", 320),
        billing=party_parse(order.node("billing")),
        shipping=party_parse(order.node("shipping")),
        currency=currency,
        paid_currency=paid_currency,
        paid_total=paid_total,
        lines=lines,
        subtotal=amount(order.node("summary"), "subtotal"),
        charges=charges,
        gift_certificate=certificate,
        total=amount(order.node("summary"), "total"),
        payment_method=payment.text("payment_method", 60),
        money=_money_state(stage, payment),
        paid_at=payment.moment("payment_dts"),
        coupons=tuple(_coupons(order)),
        is_test=payment.flag("test_order"),
        mailing_list=order.node("marketing").flag("mailing_list"),
        sales_rep=order.node("internal").text("sales_rep_code", 60),
        affiliates=tuple(_affiliates(order)),
        cart_id=order.text("cart_id", 100),
        original_order_id=_original_order_id(order),
        shipping_method=order.node("shipping").text("shipping_method", 200),
        refunded_at=order.moment("refund_dts"),
        refunded_total=_refunded_total(order),
        refund_reason=order.text("refund_reason", 500),
        reject_reason=order.text("reject_reason", 500),
        custom_fields=custom_fields(order),
    )


def order_version_at(order: Node) -> datetime | None:
    """The latest event the payload knows of: UltraCart sends no changed time. Planned dates do not count."""
    payment = order.node("payment")
    times = [
        order.moment("creation_dts"),
        order.moment("refund_dts"),
        order.moment("reject_dts"),
        payment.moment("payment_dts"),
        order.node("shipping").moment("shipping_date"),
        *(entry.moment("transition_dts") for entry in order.nodes("current_stage_histories")),
        *(entry.moment("transaction_timestamp") for entry in payment.nodes("transactions")),
        *(item.moment("shipped_dts") for item in order.nodes("items")),
    ]
    return max((moment.astimezone(UTC) for moment in times if moment), default=None)


def _placed_at(order: Node) -> datetime:
    placed_at = order.moment("creation_dts")
    if placed_at is None:
        raise BadPayload(
            "The order has no creation_dts, so it is not known when it was placed. "
            "Send the order again from the shop's webhook log."
        )
    return placed_at


def order_stage(order: Node) -> Stage:
    shop_stage = order.text("current_stage")
    if shop_stage in PAID_STAGES:
        return Stage.PAID
    return Stage.REJECTED if shop_stage == REJECTED_STAGE else Stage.UNPAID


def _check_stage(order: Node) -> None:
    """A code of the XML that is not known must not move an order anywhere. Raises: BadPayload."""
    shop_stage = order.text("current_stage")
    if _CODE.fullmatch(shop_stage):
        raise BadPayload(
            f"The order stands at {shop_stage}, a code of UltraCart's XML that is not known here, so nothing "
            "was changed. Its next stage is taken again; with an API key the stage is read from the shop."
        )


def _money_state(stage: Stage, payment: Node) -> MoneyState:
    if stage == Stage.PAID and payment.text("payment_status") in NOT_RECEIVED:
        return MoneyState.ON_ACCOUNT
    return MoneyState.RECEIVED


def _currencies(order: Node, base: str) -> tuple[str, str, Decimal | None]:
    """The currency of the amounts, then the buyer's currency and total where that is another one.

    The JSON tells amounts in both. The XML tells one amount, and nobody says in which of the two
    currencies it is: it counts as the buyer's, so that no amount is taken for what it may not be.
    """
    summary = order.node("summary")
    paid_currency = order.text("currency_code", 3).upper()
    if not paid_currency and summary.holds_object("total"):
        paid_currency = summary.node("total").text("currency_code", 3).upper()
    if not paid_currency or paid_currency == base:
        return base, "", None
    localized = amount(summary, "total", "localized") if summary.holds_object("total") else None
    if localized is None and summary.has("total"):
        return paid_currency, "", None
    return base, paid_currency, localized


def _coupons(order: Node) -> Iterator[Coupon]:
    for coupon in order.nodes("coupons"):
        typed = coupon.text("coupon_code", 100)
        code = coupon.text("base_coupon_code", 100) or typed
        if code:
            yield Coupon(code=code, typed=typed, automatic=coupon.flag("automatically_applied"))


def _affiliates(order: Node) -> Iterator[str]:
    """Who sent the order first, then those who recruited them."""
    for affiliate in order.nodes("affiliates"):
        if oid := affiliate.text("affiliate_oid", 100):
            yield oid


def _original_order_id(order: Node) -> str:
    """Of a subscription's later orders; its first order names itself."""
    original = order.node("auto_order").text("original_order_id", 100)
    return "" if original == order.text("order_id", 100) else original


def _refunded_total(order: Node) -> Decimal | None:
    """Positive whatever sign was sent; zero stands in every order and says nothing."""
    total = amount(order.node("summary"), "total_refunded")
    return abs(total) if total else None


def party_parse(node: Node) -> Party:
    return Party(
        first_name=node.text("first_name"),
        last_name=node.text("last_name"),
        title=node.text("title"),
        company=node.text("company"),
        phones=_phones(node),
        street1=node.text("address1"),
        street2=node.text("address2"),
        city=node.text("city"),
        region=node.text("state_region"),
        postal_code=node.text("postal_code"),
        country=node.text("country_code"),
    )


def _phones(node: Node) -> tuple[str, ...]:
    """Day, cell, evening; numbers of the same digits once."""
    known: dict[str, str] = {}
    for name in ("day_phone", "cell_phone", "evening_phone"):
        phone = node.text(name, 60)
        digits = "".join(character for character in phone if character.isdigit())
        if phone:
            known.setdefault(digits or phone, phone)
    return tuple(known.values())
