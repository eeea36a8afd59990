"""A contact in the API's words: what to write, given what the contact has.

A list that is given may replace the one the CRM has, so what the merchant has goes along in it; what does not
change is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm import lengths
from crm.records import Address, ContactData
from crm.rest.addresses import BILLING, SHIPPING, addresses
from crm.rest.body import Param
from crm.rest.fields import merged
from crm.rest.values import inner, listed, sendable
from crm.values import Struct, integer, text

PHONES = 5
EMAIL_FIELDS = ("EMAIL1", "EMAIL2", "EMAIL3")
EMAIL_FIELD = EMAIL_FIELDS[0]
# Phone types are not written: the shop does not say whose phone it is, and the merchant may have set one.
PHONE_PARTS = ("field", "number", "extension", "type")


def needed(data: ContactData) -> tuple[str, ...]:
    """Return the members of the contact that must be read before this can be written over it."""
    given = {
        "email_addresses": any(address.strip() for address in (data.email, data.email2, data.email3)),
        "phone_numbers": any(phone.strip() for phone in data.phones),
        "addresses": bool(_addresses(data)),
        "custom_fields": bool(data.fields),
        **{name: bool(value.strip()) for name, value in _texts(data).items()},
    }
    return tuple(name for name, is_given in given.items() if is_given)


def contact_body(
    data: ContactData, contents: Mapping[int, Param], there: Struct | None = None
) -> dict[str, Param]:
    """Return the members to write over `there`, or for a new contact; only those that change it."""
    has: Struct = {} if there is None else there
    names = {
        "given_name": data.first_name.strip(),
        "family_name": data.last_name.strip(),
        "prefix": data.title.strip(),
        **{name: value.strip() for name, value in _texts(data).items()},
        "leadsource_id": str(data.lead_source_id or ""),
        "owner_id": str(data.owner_id or ""),
    }
    body: dict[str, Param] = {
        name: value for name, value in names.items() if value and value != text(has, name)
    }
    if there is None and data.source_type.strip():
        body["source_type"] = data.source_type.strip()
    if data.company_id:
        if str(data.company_id) != text(inner(has, "company"), "id"):
            body["company"] = {"id": str(data.company_id)}
    elif data.company.strip() and data.company.strip() != company_name(has):
        body["company"] = {"company_name": data.company.strip()}
    written = _lists(has, data, contents)
    unchanged = _lists(has, ContactData(), {})
    body.update(
        {
            name: written[name]
            for name in needed(data)
            if name in written and _shape(written[name]) != _shape(unchanged[name])
        }
    )
    return body


def _texts(data: ContactData) -> dict[str, str]:
    return {"website": data.website, "time_zone": data.time_zone, "contact_type": data.contact_type}


def _lists(has: Struct, data: ContactData, contents: Mapping[int, Param]) -> dict[str, list[Param]]:
    # What we have no address for stays as it is.
    there: dict[str, Param] = {
        text(row, "field"): {"email": text(row, "email"), "field": text(row, "field")}
        for row in listed(has, "email_addresses")
        if text(row, "email")
    }
    for field, address in zip(EMAIL_FIELDS, (data.email, data.email2, data.email3), strict=True):
        email = address.strip()
        if email and email.casefold() != email_in(has, field).casefold():
            there[field] = {"email": email, "field": field}
    return {
        "email_addresses": list(there.values()),
        "phone_numbers": _phones(has, data.phones),
        "addresses": addresses(listed(has, "addresses"), _addresses(data)),
        "custom_fields": merged(listed(has, "custom_fields"), contents),
    }


def _shape(rows: list[Param]) -> list[str]:
    """Return what can be compared: order does not count, nor whether a number came as text."""
    members = [row.items() if isinstance(row, Mapping) else () for row in rows]
    return sorted(repr(sorted((name, str(value)) for name, value in row)) for row in members)


def _addresses(data: ContactData) -> dict[str, Address]:
    given = {BILLING: data.address1, SHIPPING: data.address2}
    return {name: address for name, address in given.items() if address != Address()}


def _phones(has: Struct, phones: tuple[str, ...]) -> list[Param]:
    """Return our numbers in the first fields, with the type each field has; the others as they are.

    A number that changes has no extension any more.
    """
    there = {
        text(row, "field"): {part: _fit(row, part) for part in PHONE_PARTS if row.get(part)}
        for row in listed(has, "phone_numbers")
    }
    given = [phone.strip() for phone in phones if phone.strip()]
    for number, phone in enumerate(given[:PHONES], start=1):
        field = f"PHONE{number}"
        old = there.get(field, {})
        if old.get("number") != phone:
            kept: dict[str, Param] = {"type": old["type"]} if "type" in old else {}
            if "extension" in old:
                kept["extension"] = ""
            there[field] = {**kept, "field": field, "number": phone}
    return list(there.values())


def _fit(row: Struct, part: str) -> Param:
    """Return a part as the CRM takes it back: an old number may be longer than it allows by now."""
    places = {f"PHONE{place}": longest for place, longest in enumerate(lengths.PHONES, start=1)}
    longest = places.get(text(row, "field")) if part == "number" else None
    return text(row, part)[:longest] if longest else sendable(row[part])


def company_name(has: Struct) -> str:
    return text(inner(has, "company"), "company_name")


def email_in(has: Struct, field: str) -> str:
    found = (text(row, "email") for row in listed(has, "email_addresses") if text(row, "field") == field)
    return next(found, "").strip()


def carries(has: Struct, email: str) -> bool:
    return any(
        text(row, "email").strip().casefold() == email.casefold() for row in listed(has, "email_addresses")
    )


def optional_number(has: Struct, name: str) -> int:
    value = has.get(name)
    return 0 if value in (None, "", "0") else integer(value)
