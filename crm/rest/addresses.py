"""Our addresses in the API's words, laid over what a contact has.

Docs: the vendor's OpenAPI file, `Address`: a region needs a country; `country_code` is ISO 3166 alpha-3,
      `region_code` ISO 3166-2, `region` any other name; fields BILLING (the CRM's address 1), SHIPPING (2),
      OTHER.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pycountry

from crm.contract import Address
from crm.rest.body import Param
from crm.rest.values import Struct, sendable, text

BILLING, SHIPPING = "BILLING", "SHIPPING"
COUNTRY = ("country", "country_code")
REGION = ("region", "region_code")
POSTAL_CODE = ("postal_code", "zip_code", "zip_four")


def addresses(existing: Iterable[Struct], given: dict[str, Address]) -> list[Param]:
    """Return the whole list to send: each given address over the one in its field, the others as they are.

    A blank part of a given address leaves what is there.
    """
    there = {text(row, "field"): _as_given(row) for row in existing}
    for name, address in given.items():
        laid_over = _laid_over(there.get(name, {}), address)
        if laid_over:
            there[name] = {**laid_over, "field": name}
    return list(there.values())


def _as_given(row: Struct) -> dict[str, Param]:
    kept = {name: sendable(value) for name, value in row.items() if value not in (None, "")}
    code = country_code(text(row, "country_code") or text(row, "country"))
    return {**kept, "country_code": code} if code else kept


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
    if address.region.strip() and "country_code" in result:
        _replace(result, REGION, _region(str(result["country_code"]), address.region.strip()))
    return result


def _replace(result: dict[str, Param], names: Iterable[str], values: dict[str, str]) -> None:
    """Put the values where the names stood, unless they are there already, said in more than one way."""
    if values and values.items() <= result.items():
        return
    for name in names:
        result.pop(name, None)
    result.update(values)


@cache
def country_code(word: str) -> str:
    """Return the ISO 3166 alpha-3 code for a code of either length or an English name; "" for another."""
    wanted = word.strip()
    if not wanted:
        return ""
    try:
        return str(pycountry.countries.lookup(wanted).alpha_3)
    except LookupError:
        return ""


def _region(country: str, word: str) -> dict[str, str]:
    code = region_code(country, word)
    return {"region_code": code} if code else {"region": word}


@cache
def region_code(country: str, word: str) -> str:
    """Return the ISO 3166-2 code of a region by its code or name; "" for another word.

    `country` is an alpha-3 code.
    """
    alpha_2 = pycountry.countries.lookup(country).alpha_2
    full = f"{alpha_2}-{word.upper()}"
    for region in pycountry.subdivisions.get(country_code=alpha_2) or ():  # type: ignore[no-untyped-call]
        if region.code in (full, word.upper()) or region.name.casefold() == word.casefold():
            return str(region.code)
    return ""
