"""Countries, regions and time zones: the codes and names that the protocols want."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import pycountry

# What people and shops write for a country though ISO 3166 has another code for it.
OTHER_WORDS = {"UK": "GBR", "EL": "GRC"}


def is_time_zone(name: str) -> bool:
    return name in available_timezones()


@cache
def country_code(word: str) -> str:
    """Return the ISO 3166 alpha-3 code for a code of either length or an English name; "" for another."""
    wanted = word.strip()
    if not wanted:
        return ""
    if known := OTHER_WORDS.get(wanted.upper()):
        return known
    try:
        return str(pycountry.countries.lookup(wanted).alpha_3)
    except LookupError:
        return ""


@cache
def country_name(code: str) -> str:
    """Return the English name for an ISO 3166 alpha-2 code, the common one where there is one.

    What is no such code is returned as given: a shop's own word is better than none.
    """
    country = pycountry.countries.get(alpha_2=code.strip().upper()) if len(code.strip()) == 2 else None
    return str(getattr(country, "common_name", country.name)) if country else code


@cache
def region_code(country: str, word: str) -> str:
    """Return the ISO 3166-2 code of a region by its code or name; "" for another word.

    `country` is an alpha-3 code.
    """
    if not word.strip():
        return ""
    alpha_2 = pycountry.countries.lookup(country).alpha_2
    wanted = word.strip().upper()
    for region in pycountry.subdivisions.get(country_code=alpha_2) or ():  # type: ignore[no-untyped-call]
        spellings = (region.code, region.code.replace("-", ""), region.code.partition("-")[2])
        if wanted in spellings or region.name.casefold() == wanted.casefold():
            return str(region.code)
    return ""
