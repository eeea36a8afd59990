"""A Shopify checkout in our words.

Docs: shopify.dev/docs/api/admin-rest, Abandoned checkouts; Webhooks. There is no topic for an abandoned one:
that is for us to see by `completed_at` and the order of the same token. A checkout may have a phone number
and no e-mail.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from carts.platforms.shopify.buyer import (
    billing_of,
    coupon_codes,
    email_of,
    shipping_of,
    takes_mail,
)
from carts.platforms.shopify.custom_fields import custom_fields
from carts.platforms.shopify.lines import cart_lines
from carts.platforms.shopify.money import shop_amount
from carts.record_data import CartData, CheckoutData
from intake.payload import Node
from intake.platform import BadPayload


def checkout_parse(checkout: Node, shop_currency: str, received_at: datetime) -> CheckoutData:
    """Raises: BadPayload, which names the field."""
    cart_id = checkout.identifier("token", 100)
    if not cart_id:
        raise BadPayload(
            "The checkout has no token, so it cannot be told which order may come of it. "
            "Take all fields into the webhook again."
        )
    completed = checkout.moment("completed_at") is not None
    changed_at = checkout.moment("updated_at") or checkout.moment("created_at") or received_at
    # Times are whole seconds: of one second, the purchase is the later.
    changed_at = changed_at.astimezone(UTC) + timedelta(microseconds=1 if completed else 0)
    cart = CartData(
        cart_id=cart_id,
        version_at=changed_at,
        email=email_of(checkout),
        billing=billing_of(checkout),
        shipping=shipping_of(checkout),
        # A checkout's amounts are in the buyer's currency.
        currency=checkout.text("presentment_currency", 3) or checkout.text("currency", 3) or shop_currency,
        lines=tuple(cart_lines(checkout)),
        total=shop_amount(checkout, "total_price"),
        coupons=coupon_codes(checkout),
        mailing_list=takes_mail(checkout),
        custom_fields=custom_fields(checkout),
    )
    return CheckoutData(cart=cart, changed_at=changed_at, completed=completed)


def checkout_gone(checkout: Node, received_at: datetime) -> CheckoutData | None:
    """A deleted checkout is done with. None where the event does not name its token."""
    cart_id = checkout.identifier("token", 100)
    if not cart_id:
        return None
    cart = CartData(cart_id=cart_id, version_at=received_at)
    return CheckoutData(cart=cart, changed_at=received_at, completed=True)
