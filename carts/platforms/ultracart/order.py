"""An UltraCart order in our words. Money is its `value`, which is in the merchant's base currency.

Docs: UltraCart REST API v2 (OpenAPI 2.0.0), the object Order: a key that is missing was not asked for
(expansion) or is empty.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.ultracart.custom_fields import custom_fields
from carts.platforms.ultracart.lines import lines_parse
from carts.platforms.ultracart.money import amount, balance, charges_parse
from intake.party import Party, phones_once
from intake.payload import Node
from intake.platform import BadPayload

PAID_STAGES = {"Shipping Department", "Completed Order", "Least Cost Routing", "Advanced Order Routing"}
REJECTED_STAGE = "Rejected"
_CODE = re.compile("[A-Z]{1,5}")  # the JSON's stages are words

# Payment states in which a paid stage is only a promise: COD, purchase orders, failed and voided captures.
NOT_RECEIVED = {"Unprocessed", "Authorized", "Capture Failed", "Declined", "Voided"}

_PARTY = {
    "first_name": "first_name",
    "last_name": "last_name",
    "title": "title",
    "company": "company",
    "street1": "address1",
    "street2": "address2",
    "city": "city",
    "region": "state_region",
    "postal_code": "postal_code",
    "country": "country_code",
}
_PHONES = {name: name for name in ("day_phone", "cell_phone", "evening_phone")}


def order_parse(order: Node, currency: str) -> OrderData:
    """Raises: BadPayload, which names the field."""
    payment, summary = order.node("payment"), order.node("summary")
    billing, shipping = order.node("billing"), order.node("shipping")
    shop_stage = order.text("current_stage")
    stage = stage_of(shop_stage)
    if _CODE.fullmatch(shop_stage):  # of the XML, and not known: it must not move an order anywhere
        raise BadPayload(
            f"The order stands at {shop_stage}, a code of UltraCart's XML that is not known here, so nothing "
            "was changed. Its next stage is taken again; with an API key the stage is read from the shop."
        )
    currency, paid_currency, paid_total = _currencies(order, summary, currency)
    lines = lines_parse(order)
    charges, certificate = balance(order, lines or (), charges_parse(order))
    order_id = order.identifier("order_id", 100)
    placed_at = order.moment("creation_dts")
    if placed_at is None:
        raise BadPayload(
            "The order has no creation_dts, so it is not known when it was placed. "
            "Send the order again from the shop's webhook log."
        )
    is_promise = stage == Stage.PAID and payment.text("payment_status") in NOT_RECEIVED
    original_order_id = order.node("auto_order").text("original_order_id", 100)
    refunded_total = amount(summary, "total_refunded")
    return OrderData(
        shop_order_id=order_id,
        number=order_id,
        stage=stage,
        shop_stage=shop_stage[:60].rstrip(),
        placed_at=placed_at,
        version_at=order_version_at(order) or placed_at,
        email=billing.identifier("email", 320),
        billing=party_parse(billing),
        shipping=party_parse(shipping),
        currency=currency,
        paid_currency=paid_currency,
        paid_total=paid_total,
        lines=lines,
        subtotal=amount(summary, "subtotal"),
        charges=charges,
        gift_certificate=certificate,
        total=amount(summary, "total"),
        payment_method=payment.text("payment_method", 60),
        money=MoneyState.ON_ACCOUNT if is_promise else MoneyState.RECEIVED,
        paid_at=payment.moment("payment_dts"),
        coupons=tuple(
            # A one-time code is typed otherwise than it is configured (REST API v2, OrderCoupon).
            Coupon(code=code, typed=typed, automatic=coupon.flag("automatically_applied"))
            for coupon in order.nodes("coupons")
            for typed in (coupon.text("coupon_code", 100),)
            if (code := coupon.text("base_coupon_code", 100) or typed)
        ),
        is_test=payment.flag("test_order"),
        mailing_list=order.node("marketing").flag("mailing_list"),
        sales_rep=order.node("internal").text("sales_rep_code", 60),
        # Who sent the order first, then those who recruited them.
        affiliates=tuple(
            oid for entry in order.nodes("affiliates") if (oid := entry.text("affiliate_oid", 100))
        ),
        cart_id=order.text("cart_id", 100),
        # Of a subscription's later orders; its first order names itself (REST API v2, OrderAutoOrder).
        original_order_id="" if original_order_id == order_id else original_order_id,
        shipping_method=shipping.text("shipping_method", 200),
        refunded_at=order.moment("refund_dts"),
        # Zero stands in every order and says nothing.
        refunded_total=abs(refunded_total) if refunded_total else None,
        refund_reason=order.text("refund_reason", 500),
        reject_reason=order.text("reject_reason", 500),
        custom_fields=custom_fields(order),
    )


def order_version_at(order: Node) -> datetime | None:
    """The latest event the payload knows of: UltraCart sends no changed time. Planned dates do not count."""
    payment = order.node("payment")
    times = [
        *order.moments("creation_dts", "refund_dts", "reject_dts"),
        *payment.moments("payment_dts"),
        *order.node("shipping").moments("shipping_date"),
        *(
            time
            for entry in order.nodes("current_stage_histories")
            for time in entry.moments("transition_dts")
        ),
        *(time for entry in payment.nodes("transactions") for time in entry.moments("transaction_timestamp")),
        *(time for item in order.nodes("items") for time in item.moments("shipped_dts")),
    ]
    return max(times, default=None)


def stage_of(shop_stage: str) -> Stage:
    if shop_stage in PAID_STAGES:
        return Stage.PAID
    return Stage.REJECTED if shop_stage == REJECTED_STAGE else Stage.UNPAID


def _currencies(order: Node, summary: Node, base: str) -> tuple[str, str, Decimal | None]:
    """The currency of the amounts, then the buyer's currency and total where that is another one.

    The JSON tells amounts in both. The XML tells one amount, and it is not documented in which of the two
    currencies it is: it counts as the buyer's, so that no amount is taken for what it may not be.
    """
    paid_currency = order.text("currency_code", 3).upper()
    if not paid_currency and summary.holds_object("total"):
        paid_currency = summary.node("total").text("currency_code", 3).upper()
    if not paid_currency or paid_currency == base:
        return base, "", None
    localized = amount(summary, "total", "localized") if summary.holds_object("total") else None
    if localized is None and summary.has("total"):
        return paid_currency, "", None
    return base, paid_currency, localized


def party_parse(node: Node) -> Party:
    phones = node.fields(_PHONES, 60).values()
    return Party(phones=phones_once(phones), **node.fields(_PARTY))
