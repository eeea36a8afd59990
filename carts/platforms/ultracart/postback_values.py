"""The values of UltraCart's XML in the form in which its JSON has them. None: leave the key out."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pycountry

from intake.platform import BadPayload

# The XML tells no zone. The JSON of UltraCart's samples gives Eastern offsets, -05:00 and -04:00.
ZONE = ZoneInfo("America/New_York")
_TIMES = ("%d %b %Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")

# The codes of TrialGuides' fixtures. Uncertain: PO is taken for Pre-ordered; no list of the codes is
# published.
STAGES = {
    "AR": "Accounts Receivable",
    "PO": "Pre-ordered",
    "SD": "Shipping Department",
    "CO": "Completed Order",
    "REJ": "Rejected",
}

# What shops write and the ISO list does not.
_OTHER_COUNTRY_NAMES = {
    "great britain": "GB",
    "russia": "RU",
    "turkey": "TR",
    "macau": "MO",
    "cape verde": "CV",
    "ivory coast": "CI",
    "brunei": "BN",
    "swaziland": "SZ",
    "vatican city": "VA",
    "korea, south": "KR",
    "hong kong sar china": "HK",
}
_FLAGS = dict.fromkeys(("y", "yes", "true", "1"), True) | dict.fromkeys(("n", "no", "false", "0"), False)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def text(element: str, value: str) -> str:
    return value


def stage(element: str, value: str) -> str:
    """A code that is not known stays as it is; `order_parse` refuses it."""
    return STAGES.get(value.upper(), value)


def flag(element: str, value: str) -> bool | None:
    """Y and N, yes and no, true and false: it depends on the element."""
    return _FLAGS.get(value.casefold())


def number(element: str, value: str) -> int | Decimal | str:
    """What is no number stays text, which `Node.number` refuses where it is needed."""
    if _GROUPED.fullmatch(value):
        value = value.replace(",", "")
    if not _NUMBER.fullmatch(value) or len(value) > 40:
        return value
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else exact


def money(element: str, value: str) -> dict[str, Any]:
    return {"value": number(element, value)}


def moment(element: str, value: str) -> str:
    """Raises: BadPayload."""
    found = moment_if_readable(element, value)
    if found is None:
        raise BadPayload(
            f"The element {element} should be a time such as 17 MAR 2014 13:20:57.", f"It is {value!r:.200}."
        )
    return found


def moment_if_readable(element: str, value: str) -> str | None:
    for form in _TIMES:
        try:
            return datetime.strptime(value, form).replace(tzinfo=ZONE).isoformat()
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZONE)).isoformat()


def country(element: str, value: str) -> str:
    """The code of a country that is given by its name; an unknown name stays as it is."""
    return _country_codes().get(value.casefold(), value)


@cache
def _country_codes() -> dict[str, str]:
    kinds = ("alpha_2", "alpha_3", "official_name", "common_name", "name")
    return {
        str(name).casefold(): country.alpha_2
        for kind in kinds
        for country in pycountry.countries
        if (name := getattr(country, kind, None))
    } | _OTHER_COUNTRY_NAMES
