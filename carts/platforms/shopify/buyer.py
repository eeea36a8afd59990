"""Who bought, and what brought them: the same in Shopify's orders and checkouts."""

from __future__ import annotations

from intake.party import Party, phones_once
from intake.payload import Node

EMAIL_LENGTH = 320

# An app without the right to personal data is said to get these as null, which changes nothing.
PERSONAL = ("email", "contact_email", "phone", "customer", "billing_address", "shipping_address")


def email_of(node: Node) -> str:
    told = node.identifier("email", EMAIL_LENGTH) or node.identifier("contact_email", EMAIL_LENGTH)
    return told or node.node("customer").identifier("email", EMAIL_LENGTH)


def billing_of(node: Node) -> Party:
    """The billing address; without one, such as of an order that costs nothing, the customer's own."""
    customer = node.node("customer")
    phones = (node.text("phone", 60), customer.text("phone", 60))
    if node.has("billing_address"):
        return _party(node.node("billing_address"), customer, phones)
    return _party(customer.node("default_address"), customer, phones)


def shipping_of(node: Node) -> Party:
    return _party(node.node("shipping_address"), Node({}), ())


def takes_mail(node: Node) -> bool:
    """Whether the buyer ticked the box, now or earlier as a customer."""
    customer = node.node("customer")
    consent = customer.node("email_marketing_consent").text("state")
    return node.flag("buyer_accepts_marketing") or consent == "subscribed"


def coupon_codes(node: Node) -> tuple[str, ...]:
    """The codes that were typed; a discount without one has a blank code (Docs: Order, `discount_codes`)."""
    codes = (entry.text("code", 100) for entry in node.nodes("discount_codes"))
    return tuple(dict.fromkeys(code for code in codes if code))


def _party(address: Node, customer: Node, phones: tuple[str, ...]) -> Party:
    first, last = address.text("first_name"), address.text("last_name")
    if not (first or last):
        first, last = customer.text("first_name"), customer.text("last_name")
    if not (first or last):
        first, _, last = address.text("name").rpartition(" ")
    return Party(
        first_name=first.strip(),
        last_name=last,
        company=address.text("company"),
        phones=phones_once((address.text("phone", 60), *phones)),
        street1=address.text("address1"),
        street2=address.text("address2"),
        city=address.text("city"),
        region=address.text("province_code") or address.text("province"),
        postal_code=address.text("zip"),
        country=address.text("country_code") or address.text("country"),
    )
