"""What is written on a contact, as plain step arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cascade.planning.rules import Rules
from crm import lengths
from crm.places import country_code, region_code
from crm.records import Address, ContactData
from intake.party import Party
from mappings.models import OrderSettings

MOST_SHOWN = 300
LABELS = {
    "street1": "Street",
    "street2": "Second line of the street",
    "city": "City",
    "region": "Region",
    "postal_code": "Postal code",
    "country": "Country",
}
NO_CODE = "has no code that the CRM's REST API takes"


class Buyer(Protocol):
    """An order, a cart, or whoever else is to be a contact."""

    @property
    def email(self) -> str: ...
    @property
    def billing(self) -> Party: ...
    @property
    def shipping(self) -> Party: ...


def contact_args(
    buyer: Buyer, rules: Rules, fields: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The arguments of the contact step, and a remark for each value that had to be changed.

    `fields` are the contact's custom fields as the CRM takes them.

    The primary address becomes address 1, the other address 2 unless both are the same. Where the billing
    side is blank, the shipping side fills the person's name, company and phones.
    """
    cleaner = _Cleaner(remove_four_byte=rules.removes_four_byte, by_codes=rules.places_by_codes)
    billing, shipping = buyer.billing, buyer.shipping
    first, second = billing, shipping
    if rules.primary_address == OrderSettings.PrimaryAddress.SHIPPING:
        first, second = shipping, billing
    if cleaner.address(first) == {}:
        first, second = second, Party()
    two = cleaner.address(second, lengths.ADDRESS2)
    one, same = cleaner.usual_address(first), cleaner.address(first, lengths.ADDRESS2) == two
    if two and not same:
        two = cleaner.usual_address(second, lengths.ADDRESS2)
    named = billing if billing.first_name or billing.last_name else shipping
    args: dict[str, Any] = {
        "email": buyer.email.strip(),
        "first_name": cleaner.text("First name", named.first_name, lengths.NAME),
        "last_name": cleaner.text("Last name", named.last_name, lengths.NAME),
        "title": cleaner.text("Title", named.title),
        "company": cleaner.text("Company", billing.company or shipping.company),
        "phones": [
            cleaner.text("Phone", phone, longest)
            for phone, longest in zip(billing.phones or shipping.phones, lengths.PHONES, strict=False)
        ],
        "address1": one,
        "address2": {} if same else two,
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
    """Makes values fit the CRM, and keeps a remark for each that had to be changed.

    `by_codes`: whether countries and regions go as codes, as over REST.
    """

    def __init__(self, *, remove_four_byte: bool, by_codes: bool) -> None:
        self.remove_four_byte, self.by_codes = remove_four_byte, by_codes
        self.remarks: list[str] = []

    def text(self, label: str, value: str, longest: int = lengths.OTHER_TEXT) -> str:
        value = clean_text(value, remove_four_byte=self.remove_four_byte)
        if len(value) <= longest:
            return value
        self.remarks.append(
            f"{label} has {len(value)} characters and was shortened to the {longest} that the CRM takes. The "
            f"whole: “{value[:MOST_SHOWN]}{'…' if len(value) > MOST_SHOWN else ''}”."
        )
        return value[:longest].rstrip()

    def address(self, party: Party, longest: Mapping[str, int] = lengths.ADDRESS1) -> dict[str, str]:
        """The address as it fits, nothing remarked."""
        return _Cleaner(remove_four_byte=self.remove_four_byte, by_codes=False).usual_address(party, longest)

    def usual_address(self, party: Party, longest: Mapping[str, int] = lengths.ADDRESS1) -> dict[str, str]:
        values = {name: self.text(LABELS[name], getattr(party, name), longest[name]) for name in LABELS}
        if self.by_codes:
            country, region = values["country"], values["region"]
            code = country_code(country)
            if country and not code:
                also = f", and with it the region “{region}”" if region else ""
                self.remarks.append(f"The country “{country}” {NO_CODE}, so it was left out{also}.")
            elif region and not code:
                self.remarks.append(f"The region “{region}” was left out: the shop names no country with it.")
            elif region and not region_code(code, region):
                self.remarks.append(f"The region “{region}” {NO_CODE}, so it was left out.")
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
