"""A Magento order in our words. Money is its `base_` twin, which is in the shop's base currency.

Source: the WSDL of OpenMage 20.18.0, `salesOrderEntity`, and answers recorded at Magento 1 stores
(github.com/flowlink/magento_integration). `coupon_code` is declared for the rows of salesOrderList, not for
salesOrderInfo.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.magento.custom_fields import custom_fields
from carts.platforms.magento.lines import lines_parse
from carts.platforms.magento.money import Money
from carts.platforms.magento.party import email_of, party_parse
from carts.platforms.magento.values import moment, part
from intake.payload import Node
from intake.platform import BadPayload

PAID_STATES = {"processing", "complete", "closed"}
REJECTED_STATE = "canceled"
FRAUD_STATUS = "fraud"  # suspected: a person at the shop decides


def order_parse(payload: dict[str, Any], currency: str) -> OrderData:
    """`payload` holds the order and its row in the list. Raises: BadPayload, which names the field."""
    node = Node(payload)
    order = part(node, "order")
    head = order_head(payload)
    money = Money(head, currency)
    stage = order_stage(payload)
    lines = lines_parse(order, money)
    charges, gift_cards, total = money.balance(lines, is_paid=stage == Stage.PAID)
    number = order.identifier("increment_id", 100)
    placed_at = moment(head, "created_at")
    if placed_at is None:
        raise BadPayload(
            "The order has no created_at, so it is not known when it was placed. Correct it in the shop."
        )
    # Cash on delivery, purchase orders, cheques and transfers are accepted before they are paid, and an order
    # may be invoiced in parts. What was given back was paid, unless the shop says how much was.
    given_back = money.received is None and bool(money.amount("total_refunded"))
    on_account = stage == Stage.PAID and not (money.is_paid or money.is_free or given_back)
    # Only the end is dated: an order that is given back whole is closed.
    is_closed = head.text("state", 60) == "closed"
    code = head.text("coupon_code", 100)
    comments = (entry.text("comment", 500) for entry in _history(order, REJECTED_STATE))
    return OrderData(
        shop_order_id=number,
        number=number,
        stage=stage,
        shop_stage=head.text("status", 60) or head.text("state", 60),
        placed_at=placed_at,
        version_at=order_version_at(payload) or placed_at,
        email=email_of(node),
        billing=party_parse(node, "billing_address"),
        shipping=party_parse(node, "shipping_address"),
        currency=money.currency,
        paid_currency=money.paid_currency,
        paid_total=money.paid_total,
        lines=lines,
        subtotal=money.amount("subtotal"),
        charges=charges,
        gift_certificate=gift_cards,
        total=total,
        paid_amount=money.received if stage == Stage.REJECTED or not money.is_paid else None,
        payment_method=part(order, "payment").text("method", 60),
        money=MoneyState.ON_ACCOUNT if on_account else MoneyState.RECEIVED,
        paid_at=_reached(order, "processing", "complete") if money.is_paid else None,
        coupons=(Coupon(code=code, typed=code),) if code else (),
        cart_id=head.text("quote_id", 100),
        shipping_method=head.text("shipping_description", 200) or head.text("shipping_method", 200),
        refunded_at=_reached(order, "closed") or moment(head, "updated_at") if is_closed else None,
        refunded_total=abs(money.amount("total_refunded") or Decimal(0)) or None,
        reject_reason=next(filter(None, comments), "") if stage == Stage.REJECTED else "",
        replaces=head.text("relation_parent_real_id", 100) or head.text("original_increment_id", 100),
        custom_fields=custom_fields(node, head),
    )


def order_head(payload: dict[str, Any]) -> Node:
    """The order's own fields, and those that only the list tells."""
    told: dict[str, Any] = {}
    for fields in (payload.get("list"), payload.get("order")):
        if isinstance(fields, dict):
            told.update({key: value for key, value in fields.items() if value not in (None, "")})
    return Node(told, "order")


def order_version_at(payload: dict[str, Any]) -> datetime | None:
    head = order_head(payload)
    return moment(head, "updated_at") or moment(head, "created_at")


def order_stage(payload: dict[str, Any]) -> Stage:
    """By the state, which is fixed; the status is the merchant's to name."""
    head = order_head(payload)
    state, status = head.text("state", 60) or head.text("status", 60), head.text("status", 60)
    if state == REJECTED_STATE:
        return Stage.REJECTED
    if status == FRAUD_STATUS:
        return Stage.UNPAID
    return Stage.PAID if state in PAID_STATES or Money(head, "").is_paid else Stage.UNPAID


def _reached(order: Node, *statuses: str) -> datetime | None:
    """When the history first names one of these."""
    times = (moment(entry, "created_at") for entry in _history(order, *statuses))
    return min((found for found in times if found), default=None)


def _history(order: Node, *statuses: str) -> list[Node]:
    return [entry for entry in order.nodes("status_history") if entry.text("status") in statuses]
