"""Our addresses in the API's words, laid over what a contact has.

Docs: the vendor's OpenAPI file, `Address`: a region needs a country; `country_code` is ISO 3166 alpha-3,
      `region_code` ISO 3166-2; names instead of codes are deprecated in requests, and whether a region in
      words is taken is not certain (WP Fusion 3.44.8), so one without a code is left out; fields BILLING (the
      CRM's address 1), SHIPPING (2), OTHER.
"""

from __future__ import annotations

from collections.abc import Iterable

from crm.lengths import ADDRESS1, ADDRESS2, ADDRESS3
from crm.places import country_code, region_code
from crm.records import Address
from crm.rest.body import Param
from crm.rest.values import sendable
from crm.values import Struct, text

BILLING, SHIPPING, OTHER = "BILLING", "SHIPPING", "OTHER"
COUNTRY = ("country", "country_code")
REGION = ("region", "region_code")
POSTAL_CODE = ("postal_code", "zip_code", "zip_four")
# By these two addresses are the same; the names beside the codes and the ZIP+4 follow from them.
COMPARED = ("line1", "line2", "locality", "region_code", "postal_code", "country_code")
WRITTEN = ("line2", "locality", "region", "postal_code", "zip_four", "country")
LENGTHS = {"line1": "street1", "line2": "street2", "locality": "city", "postal_code": "postal_code"}


def addresses(existing: Iterable[Struct], given: dict[str, Address]) -> list[Param]:
    """Return the whole list to send: each given address in its field, the others as far as they are taken.

    An address with a street takes the other's place as a whole; of one without, a blank part leaves what is
    there.
    """
    there = {text(row, "field"): _fit(row) for row in existing}
    for name, address in given.items():
        lay = _in_place if address.street1.strip() else _laid_over
        if laid := lay(there.get(name, {}), address):
            there[name] = {**laid, "field": name}
    return list(there.values())


def _fit(row: Struct) -> dict[str, Param]:
    """Return what the CRM has in a form that it takes back: kept as it is, else shortened or left out."""
    kept = {name: sendable(value) for name, value in row.items() if value not in (None, "")}
    longest = {SHIPPING: ADDRESS2, OTHER: ADDRESS3}.get(text(row, "field"), ADDRESS1)
    for name, of in LENGTHS.items():
        if len(text(row, name)) > longest[of]:
            kept[name] = text(row, name)[: longest[of]].rstrip()
    code = country_code(text(row, "country_code") or text(row, "country"))
    region = text(row, "region_code") or (region_code(code, text(row, "region")) if code else "")
    if code and region:
        return {**kept, "country_code": code, "region_code": region}
    for name in REGION:
        kept.pop(name, None)
    return {**kept, "country_code": code} if code else kept


def _in_place(there: dict[str, Param], address: Address) -> dict[str, Param]:
    """Return the address as a whole, its blank parts emptying what is there; what is there if it is the same.

    Emptied too, as the list given may be merged with the one there.
    """
    laid = _laid_over({}, address)
    emptied = {name: "" for name in WRITTEN if there.get(name) and not laid.get(name)}
    has, given = (
        [str(each.get(name) or "").strip().casefold() for name in COMPARED] for each in (there, laid)
    )
    return there if has == given else {**emptied, **laid}


def _laid_over(there: dict[str, Param], address: Address) -> dict[str, Param]:
    result = dict(there)
    lines = {"line1": address.street1, "line2": address.street2, "locality": address.city}
    result.update({name: value.strip() for name, value in lines.items() if value.strip()})
    if address.postal_code.strip():
        _replace(result, POSTAL_CODE, {"postal_code": address.postal_code.strip()})
    code = country_code(address.country)
    if code:
        if code != result.get("country_code"):
            _replace(result, REGION, {})  # a region of another country
        _replace(result, COUNTRY, {"country_code": code})
    country = str(result.get("country_code") or "")
    if country and (region := region_code(country, address.region.strip())):
        _replace(result, REGION, {"region_code": region})
    return result


def _replace(result: dict[str, Param], names: Iterable[str], values: dict[str, str]) -> None:
    """Put the values where the names stood, unless they are there already, said in more than one way."""
    if values and values.items() <= result.items():
        return
    for name in names:
        result.pop(name, None)
    result.update(values)


def address_in(row: Struct) -> Address:
    """Return an address of a contact; its country is the CRM's code or word."""
    return Address(
        street1=text(row, "line1"),
        street2=text(row, "line2"),
        city=text(row, "locality"),
        region=text(row, "region") or text(row, "region_code"),
        postal_code=text(row, "postal_code") or text(row, "zip_code"),
        country=text(row, "country") or text(row, "country_code"),
    )
