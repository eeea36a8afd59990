"""What of a booking can be mapped, and how it reads in the CRM. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bookings.booking_data import BookingData, Named
from bookings.booking_fields import ANSWER, BOOKING_FIELDS
from bookings.chain import Chain


def names_of(booking: BookingData) -> tuple[str, str]:
    """First and last name; of a whole name the last word is the last name."""
    if booking.customer.first_name or booking.customer.last_name:
        return booking.customer.first_name, booking.customer.last_name
    first, _, last = booking.whole_name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def values_of(chain: Chain) -> dict[str, str]:
    """Every value that is known, by its word in `BOOKING_FIELDS` or its answer; times are ISO 8601."""
    booking, customer = chain.booking, chain.booking.customer
    first, last = names_of(booking)
    values = {
        "email": booking.email,
        "first_name": first,
        "last_name": last,
        "whole_name": booking.whole_name or f"{first} {last}".strip(),
        "company": customer.company,
        "phone": next(iter(customer.phones), ""),
        "street": customer.street1,
        "city": customer.city,
        "state": customer.region,
        "postal_code": customer.postal_code,
        "country": customer.country,
        "subject": booking.subject,
        "description": booking.description,
        "note": booking.note,
        "location": booking.location,
        "starts_at": booking.starts_at.isoformat() if booking.starts_at else "",
        "ends_at": chain.ends_at.isoformat() if chain.ends_at else "",
        "local_time": local_time(booking.starts_at, booking.time_zone),
        "time_zone": booking.time_zone,
        "duration_minutes": str(booking.duration_minutes or ""),
        "booking_id": chain.first_id,
        "booking_page": called(booking.booking_page),
        "event_type": called(booking.event_type),
        "master_page": called(booking.master_page),
        "host_name": booking.host.name,
        "host_email": booking.host.email,
        "guests": ", ".join(f"{guest.name} {guest.email}".strip() for guest in booking.guests),
        "created_at": booking.created_at.isoformat() if booking.created_at else "",
        "cancel_url": booking.cancel_url,
        "reschedule_url": booking.reschedule_url,
        "meeting_url": booking.meeting_url,
        "reason": chain.reason,
    }
    values |= {f"utm_{name}": text for name, text in booking.utm.items() if f"utm_{name}" in BOOKING_FIELDS}
    for answer in booking.answers:
        values |= dict.fromkeys((answer_key(answer.key), answer_key(answer.label)), answer.value)
    return {name: text for name, text in values.items() if text}


def answer_key(question: str) -> str:
    """A question is found by its key or its label, whatever their letter case."""
    return f"{ANSWER}{question.strip().casefold()}"


def called(named: Named) -> str:
    return named.name or named.id


def zone_of(name: str) -> ZoneInfo | None:
    """None for a zone that nobody knows."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def local_time(moment: datetime | None, time_zone: str) -> str:
    """The time as the customer's clock shows it, with the zone's name."""
    zone = zone_of(time_zone)
    if moment is None or zone is None:
        return ""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({time_zone})"


def lead_source_name(booking: BookingData) -> str:
    """The booking path, as OnceHub's connector names it."""
    path = (booking.master_page, booking.event_type, booking.booking_page)
    return " > ".join(called(each) for each in path if called(each))


_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?= |$)(.*)", re.ASCII)


def day_read(answer: str, *, day_first: bool) -> str:
    """A date that a person wrote, as 2026-03-31 with what follows it; anything else as it is."""
    found = _DAY.fullmatch(answer.strip())
    if found is None:
        return answer
    first, second, year, rest = found.groups()
    month, day = (second, first) if day_first else (first, second)
    return f"{year}-{int(month):02}-{int(day):02}{rest}"
