"""Read numbers and times as shops and people write them. Pure; what is not clear is not read."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

LONGEST = 64
EARLIEST_YEAR = 1000
# In the CRM's country the month comes first where slashes are used, and with dots the day does elsewhere.
DATE_FORMS = (
    *("%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y"),
)
TIME_FORMS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
SIGNED = re.compile(
    r"(?:[A-Z]{3}|[$€£¥])? ?(?P<sign>[+-]?) ?(?:[$€£¥])?(?P<digits>[\d.,]*\d[\d.,]*) ?(?:[A-Z]{3}|[$€£¥%])?",
    re.ASCII,
)
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
GROUPED_BY_DOT = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}")


def read_number(value: str) -> Decimal | None:
    """A number with or without grouped thousands, a currency or a per cent sign; None for anything else.

    A lone comma before three digits groups thousands (1,234); before one or two it is a decimal comma.
    """
    matched = SIGNED.fullmatch(value.strip()) if len(value) <= LONGEST else None
    if matched is None:
        return None
    digits = matched["digits"]
    if GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    elif GROUPED_BY_DOT.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"\d+(?:\.\d*)?|\.\d+", digits, re.ASCII):
        return None
    return Decimal(f"{matched['sign']}{digits}")


def read_moment(value: str, zone: ZoneInfo) -> datetime | None:
    """A date or time as the clock in `zone` shows it; one without an offset is taken to be that clock's.

    ISO 8601, what mails use, seconds or milliseconds since 1970, and written dates; 03/02/2026 is March 2.
    """
    text = " ".join(value.split())
    if not text or len(text) > LONGEST:
        return None
    found = _moment(text)
    if found is None:
        return None
    try:
        local = found if found.tzinfo is None else found.astimezone(zone)
    except (OverflowError, ValueError):
        return None
    return local if local.year >= EARLIEST_YEAR else None


def _moment(text: str) -> datetime | None:
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) // (1 if len(text) == 10 else 1000), UTC)
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in (date_form + time_form for date_form in DATE_FORMS for time_form in TIME_FORMS):
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 - of the CRM's clock
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else None  # it takes no notice of an offset it does not know
    return None
