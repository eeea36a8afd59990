"""Who is billed or shipped to. The order's addresses, and what the list and the buyer's account add."""

from __future__ import annotations

from carts.platforms.magento.values import part
from intake.party import Party
from intake.payload import Node


def party_parse(payload: Node, address_name: str) -> Party:
    """An order of downloads has no shipping address: that party is empty."""
    order, listed, customer = (part(payload, name) for name in ("order", "list", "customer"))
    address = part(order, address_name)
    if not address.text("lastname") and not address.text("street") and address_name != "billing_address":
        return Party()
    street = [line.strip() for line in address.text("street").splitlines() if line.strip()]
    return Party(
        first_name=address.text("firstname") or order.text("customer_firstname"),
        last_name=address.text("lastname") or order.text("customer_lastname"),
        title=address.text("prefix")
        or order.text("customer_prefix")
        or listed.text("customer_prefix")
        or customer.text("prefix"),
        company=address.text("company"),
        phones=tuple(phone for phone in (address.text("telephone", 60),) if phone.strip("-. ")),
        street1=street[0] if street else "",
        street2=", ".join(street[1:]),
        city=address.text("city"),
        region=address.text("region"),
        postal_code=address.text("postcode"),
        country=address.text("country_id"),
    )


def email_of(payload: Node) -> str:
    """Addresses carry one only over the older API: the WSDL's `salesOrderAddressEntity` has none."""
    order, customer = part(payload, "order"), part(payload, "customer")
    return (
        order.identifier("customer_email", 320)
        or part(payload, "list").identifier("customer_email", 320)
        or part(order, "billing_address").identifier("email", 320)
        or customer.identifier("email", 320)
    )
