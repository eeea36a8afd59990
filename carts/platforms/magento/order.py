"""A Magento order in our words. Money is its `base_` twin, which is in the shop's base currency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.magento.lines import lines_parse
from carts.platforms.magento.money import Money
from carts.platforms.magento.party import email_of, party_parse
from carts.platforms.magento.told import custom_fields
from carts.platforms.magento.values import moment, part
from carts.platforms.platform import BadPayload
from carts.platforms.reading import Node

PAID_STATES = {"processing", "complete", "closed"}
REJECTED_STATE = "canceled"
FRAUD_STATUS = "fraud"  # suspected: a person of the shop is to look


def order_parse(payload: dict[str, Any], currency: str) -> OrderData:
    """`payload` holds the order and its row in the list. Raises: BadPayload, which names the field."""
    node = Node(payload)
    order = part(node, "order")
    head = order_head(payload)
    money = Money(head, currency)
    stage = order_stage(payload)
    lines = lines_parse(order, money)
    charges, gift_cards, total = money.settle(lines, is_paid=stage == Stage.PAID)
    return OrderData(
        shop_order_id=order.identifier("increment_id", 100),
        number=order.identifier("increment_id", 100),
        stage=stage,
        shop_stage=head.text("status", 60) or head.text("state", 60),
        placed_at=_placed_at(head),
        version_at=order_version_at(payload) or _placed_at(head),
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
        money=_money_state(stage, money),
        paid_at=_reached(order, "processing", "complete") if money.is_paid else None,
        coupons=tuple(_coupons(head)),
        cart_id=head.text("quote_id", 100),
        shipping_method=head.text("shipping_description", 200) or head.text("shipping_method", 200),
        refunded_at=_refunded_at(head, order),
        refunded_total=abs(money.amount("total_refunded") or Decimal(0)) or None,
        reject_reason=_comment(order, REJECTED_STATE) if stage == Stage.REJECTED else "",
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


def _placed_at(head: Node) -> datetime:
    placed_at = moment(head, "created_at")
    if placed_at is None:
        raise BadPayload(
            "The order has no created_at, so it is not known when it was placed. Correct it in the shop."
        )
    return placed_at


def _money_state(stage: Stage, money: Money) -> MoneyState:
    """Cash on delivery, purchase orders, cheques and transfers are accepted before they are paid, and an
    order may be invoiced in parts. What was given back was paid, unless the shop says how much was.
    """
    given_back = money.received is None and bool(money.amount("total_refunded"))
    if stage == Stage.PAID and not (money.is_paid or money.is_free or given_back):
        return MoneyState.ON_ACCOUNT
    return MoneyState.RECEIVED


def _coupons(head: Node) -> Iterator[Coupon]:
    if code := head.text("coupon_code", 100):
        yield Coupon(code=code, typed=code)


def _refunded_at(head: Node, order: Node) -> datetime | None:
    """Only the end is dated: an order that is given back whole is closed."""
    if head.text("state", 60) != "closed":
        return None
    return _reached(order, "closed") or moment(head, "updated_at")


def _reached(order: Node, *statuses: str) -> datetime | None:
    """When the history first names one of these."""
    times = (moment(entry, "created_at") for entry in _history(order, *statuses))
    return min((found for found in times if found), default=None)


def _comment(order: Node, status: str) -> str:
    return next((text for entry in _history(order, status) if (text := entry.text("comment", 500))), "")


def _history(order: Node, *statuses: str) -> list[Node]:
    return [entry for entry in order.nodes("status_history") if entry.text("status") in statuses]
