"""A WooCommerce order in our words. It has one currency, which is its own.

Docs: WooCommerce REST API v3, Order. Cash on delivery, deposits and what extensions add are told from
reports: the issues named where they count.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.woocommerce.custom_fields import custom_fields
from carts.platforms.woocommerce.deposits import PART_PAID, deposit_paid
from carts.platforms.woocommerce.lines import rows_parse
from carts.platforms.woocommerce.money import money_parse, refunded_total
from carts.platforms.woocommerce.payload import amount, meta_of, meta_text, moment
from carts.platforms.woocommerce.vendors import HAS_SUB_ORDERS, view_of
from crm.money import quantize
from intake.party import Party
from intake.payload import Node
from intake.platform import BadPayload

PAID_STATUSES = {"processing", "completed", "refunded"}
REJECTED_STATUSES = {"cancelled", "failed", "trash"}
# In which mode the gateway took the payment: WooPayments, PayPal Payments.
_TEST_MODES = {"_wcpay_mode": "test", "_ppcp_paypal_payment_mode": "sandbox"}
_PARTY = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "street1": "address_1",
    "street2": "address_2",
    "city": "city",
    "region": "state",
    "postal_code": "postcode",
    "country": "country",
}


def order_parse(payload: Mapping[str, Any], shop_currency: str) -> OrderData:
    """Raises: BadPayload, which names the field."""
    order = Node(dict(payload))
    currency = order.text("currency", 3).upper() or shop_currency
    total = amount(order, "total")
    total = None if total is None else quantize(total, currency)
    rows = rows_parse(order, currency)
    money = money_parse(order, rows, total, currency)
    meta = meta_of(order)
    placed_at = moment(order, "date_created")
    if placed_at is None:
        raise BadPayload(
            "The order has no date_created_gmt, so it is not known when it was placed. Save the order again "
            "in the shop: that delivers it whole."
        )
    codes = (html.unescape(line.text("code", 100)) for line in order.nodes("coupon_lines"))
    methods = (html.unescape(line.text("method_title", 200)) for line in order.nodes("shipping_lines"))
    # WooCommerce lists the latest refund first.
    reasons = (refund.text("reason", 500) for refund in order.nodes("refunds"))
    return OrderData(
        shop_order_id=order.identifier("id", 100),
        number=order.text("number", 100) or order.identifier("id", 100),
        stage=order_stage(order),
        shop_stage=order_status(order),
        placed_at=placed_at,
        version_at=order_version_at(order) or placed_at,
        email=order.node("billing").identifier("email", 320),
        billing=party_parse(order.node("billing")),
        shipping=party_parse(order.node("shipping")),
        currency=currency,
        lines=None if rows is None else tuple(row.data for row in rows),
        subtotal=money.subtotal,
        charges=money.charges,
        gift_certificate=money.gift_certificate,
        total=total,
        paid_amount=_paid_amount(order),
        payment_method=order.text("payment_method", 60) or order.text("payment_method_title", 60),
        money=_money_state(order, payload),
        paid_at=moment(order, "date_paid"),
        coupons=tuple(Coupon(code=code, typed=code) for code in codes if code),
        is_test=any(meta_text(meta, key, 20) == mode for key, mode in _TEST_MODES.items()),
        original_order_id=meta_text(meta, "_subscription_renewal", 100),
        view_of=view_of(order, meta),
        has_views=any(meta_text(meta, key, 10) in ("1", "yes", "true") for key in HAS_SUB_ORDERS),
        shipping_method=", ".join(dict.fromkeys(filter(None, methods)))[:200],
        refunded_total=refunded_total(order, total),
        refund_reason=next(filter(None, reasons), ""),
        custom_fields=custom_fields(order, meta),
    )


def order_version_at(order: Node) -> datetime | None:
    """When the order was last saved; without that the latest of what happened to it."""
    modified = moment(order, "date_modified")
    if modified is not None:
        return modified
    times = (moment(order, name) for name in ("date_created", "date_paid", "date_completed"))
    return max((time for time in times if time), default=None)


def order_status(order: Node) -> str:
    return order.text("status", 60).removeprefix("wc-")


def order_stage(order: Node) -> Stage:
    """A status of the shop's own making counts by whether a payment date is there; one that says that a part
    was paid, by whether the order tells how much.
    """
    status = order_status(order)
    if status in REJECTED_STATUSES:
        return Stage.REJECTED
    if status == PART_PAID:
        return Stage.PAID if _paid_amount(order) else Stage.UNPAID
    paid = status in PAID_STATUSES or moment(order, "date_paid") is not None
    return Stage.PAID if paid else Stage.UNPAID


def _money_state(order: Node, payload: Mapping[str, Any]) -> MoneyState:
    """Cash on delivery is in processing at once, and has its payment date only when it is completed
    (github.com/woocommerce/woocommerce, issue 20081). An order of which the deposit alone was paid may be as
    well.
    """
    paid = _paid_amount(order)
    if order_status(order) in PAID_STATUSES and paid is not None and paid < (amount(order, "total") or 0):
        return MoneyState.ON_ACCOUNT
    told = "date_paid" in payload or "date_paid_gmt" in payload
    if order_status(order) == "processing" and told and moment(order, "date_paid") is None:
        return MoneyState.ON_ACCOUNT
    return MoneyState.RECEIVED


def _paid_amount(order: Node) -> Decimal | None:
    status = order_status(order)
    return deposit_paid(order, status, amount(order, "total"), is_past_payment=status in PAID_STATUSES)


def party_parse(node: Node) -> Party:
    phone = node.text("phone", 60)
    return Party(phones=(phone,) if phone else (), **node.fields(_PARTY))
