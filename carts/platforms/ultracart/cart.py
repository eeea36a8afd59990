"""An abandoned UltraCart cart in our words.

Docs: UltraCart REST API v2, Cart: it names some fields differently from an order (`item_id`, `unit_cost`,
`mailing_list_opt_in`, one `affiliate`), and of the buyer the e-mail may be all there is, or be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from carts.order_data import OrderLineData
from carts.platforms.ultracart.custom_fields import custom_fields
from carts.platforms.ultracart.money import amount
from carts.platforms.ultracart.order import party_parse
from carts.record_data import CartData
from intake.payload import Node
from intake.platform import BadPayload


def cart_parse(cart: Node, currency: str, received_at: datetime) -> CartData:
    """A cart carries no time, so its version is its arrival. Raises: BadPayload, which names the field."""
    cart_id = cart.identifier("cart_id", 100)
    if not cart_id:
        raise BadPayload(
            "The event has no cart_id, so it cannot be told which cart it is about. "
            "Send it again from the webhook log of the shop."
        )
    profile = cart.node("customer_profile")
    affiliate_id = cart.node("affiliate").text("affiliate_id", 100)
    return CartData(
        cart_id=cart_id,
        version_at=received_at,
        email=cart.node("billing").identifier("email", 320) or profile.identifier("email", 320),
        billing=party_parse(cart.node("billing")),
        shipping=party_parse(cart.node("shipping")),
        currency=currency,
        lines=tuple(_lines(cart)),
        total=amount(cart.node("summary"), "total"),
        coupons=tuple(code for entry in cart.nodes("coupons") if (code := entry.text("coupon_code", 100))),
        mailing_list=cart.node("marketing").flag("mailing_list_opt_in"),
        affiliates=(affiliate_id,) if affiliate_id else (),
        custom_fields=custom_fields(cart),
    )


def _lines(cart: Node) -> Iterator[OrderLineData]:
    """A line without an id cannot be matched with anything, and a cart is no invoice: it is left out."""
    for position, item in enumerate(cart.nodes("items"), start=1):
        item_id = item.identifier("item_id", 100)
        quantity = item.number("quantity")
        if item_id:
            yield OrderLineData(
                key=str(position),
                item_id=item_id,
                title=item.text("description"),
                quantity=Decimal(1) if quantity is None else max(quantity, Decimal(0)),
                unit_price=amount(item, "arbitrary_unit_cost") or amount(item, "unit_cost") or Decimal(0),
                kit=item.flag("kit"),
            )
