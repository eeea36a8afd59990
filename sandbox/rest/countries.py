"""Countries and regions between the columns, which hold names, and v2, which wants ISO codes."""

from __future__ import annotations

from typing import Any

import pycountry

from sandbox.rest.problems import bad_request


def country_name(code: str) -> str:
    """The name of an ISO 3166-1 alpha-3 code. Raises a 400 for another."""
    found = pycountry.countries.get(alpha_3=code)
    if found is None:
        raise bad_request(f"{code} is not a country code of three letters")
    return str(found.name)


def country_code(name: str) -> str | None:
    """The code of a name or code in any usual spelling, if it is one."""
    try:
        return str(pycountry.countries.lookup(name).alpha_3)
    except LookupError:
        return None


def region_name(code: str) -> str:
    """The name of an ISO 3166-2 code such as US-AZ. Raises a 400 for another."""
    found = _regions(code=code)
    if found is None:
        raise bad_request(f"{code} is not a region code")
    return str(found.name)


def region_code(country: str | None, name: str) -> str | None:
    """The code of a region by its name or short code, in a country given by its three letters."""
    nation = pycountry.countries.get(alpha_3=country) if country else None
    if nation is None:
        return None
    for region in _regions(country_code=nation.alpha_2) or ():
        if name.casefold() in (region.name.casefold(), region.code.partition("-")[2].casefold()):
            return str(region.code)
    return None


def _regions(**wanted: str) -> Any:
    return pycountry.subdivisions.get(**wanted)  # type: ignore[no-untyped-call]
