"""What is written on the contact of an order, as plain step arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as members_of
from typing import Any

from carts.event_data import CartData
from carts.order_data import OrderData, Party
from cascade.rules import Rules
from crm.contract import Address, ContactData
from mappings.models import OrderSettings

# The CRM publishes no lengths for contact columns; beyond this we shorten and say so.
LONGEST_TEXT = 255


def contact_args(
    order: OrderData | CartData | _OneParty, rules: Rules, fields: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The arguments of the contact step, and a remark for each value that had to be changed.

    `fields` are the contact's custom fields as the CRM takes them.

    The primary address becomes address 1, the other address 2 unless both are the same. Where the billing
    side is blank, the shipping side fills the person's name, company and phones.
    """
    cleaner = _Cleaner(remove_four_byte=rules.removes_four_byte)
    billing, shipping = order.billing, order.shipping
    first, second = billing, shipping
    if rules.primary_address == OrderSettings.PrimaryAddress.SHIPPING:
        first, second = shipping, billing
    one, two = cleaner.address(first), cleaner.address(second)
    if one == {}:
        one, two = two, {}
    named = billing if billing.first_name or billing.last_name else shipping
    args: dict[str, Any] = {
        "email": order.email.strip(),
        "first_name": cleaner.text("First name", named.first_name),
        "last_name": cleaner.text("Last name", named.last_name),
        "title": cleaner.text("Title", named.title),
        "company": cleaner.text("Company", billing.company or shipping.company),
        "phones": [cleaner.text("Phone", phone) for phone in (billing.phones or shipping.phones)[:5]],
        "address1": one,
        "address2": two if two != one else {},
        "check": rules.duplicate_check,
        "fields": dict(fields or {}),
    }
    return args, cleaner.remarks


def contact_data(args: dict[str, Any], *, lead_source_id: int = 0) -> ContactData:
    return ContactData(
        email=args["email"],
        first_name=args["first_name"],
        last_name=args["last_name"],
        title=args["title"],
        company=args["company"],
        phones=tuple(args["phones"]),
        address1=Address(**args["address1"]),
        address2=Address(**args["address2"]),
        fields=args.get("fields", {}),
        lead_source_id=lead_source_id,
    )


def party_args(email: str, party: Party, rules: Rules) -> tuple[dict[str, Any], list[str]]:
    """The same for somebody of whom no more than one address is known."""
    return contact_args(_OneParty(email, party), rules)


@dataclass(frozen=True, slots=True)
class _OneParty:
    email: str
    billing: Party
    shipping: Party = field(default_factory=Party)


class _Cleaner:
    def __init__(self, *, remove_four_byte: bool) -> None:
        self.remove_four_byte = remove_four_byte
        self.remarks: list[str] = []

    def text(self, label: str, value: str) -> str:
        value = clean_text(value, remove_four_byte=self.remove_four_byte)
        if len(value) > LONGEST_TEXT:
            self.remarks.append(
                f"{label} has {len(value)} characters and was shortened to {LONGEST_TEXT}. "
                "Shorten it in the shop if the end matters."
            )
            value = value[:LONGEST_TEXT]
        return value

    def address(self, party: Party) -> dict[str, str]:
        names = [field.name for field in members_of(Address)]
        values = {
            name: self.text(name.replace("_", " ").capitalize(), getattr(party, name)) for name in names
        }
        return {name: value for name, value in values.items() if value}


def clean_text(value: str, *, remove_four_byte: bool) -> str:
    """Trimmed, without control characters (illegal in XML 1.0), lone surrogates and, by setting, emoji."""
    return "".join(char for char in value if _is_kept(char, remove_four_byte)).strip()


def _is_kept(char: str, remove_four_byte: bool) -> bool:
    code = ord(char)
    if code < 0x20:
        return char in "\t\n\r"
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return False
    return not (remove_four_byte and code > 0xFFFF)
