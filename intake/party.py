"""Who somebody is and where, in our words, whatever told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Who is billed or shipped to. `country` is an ISO alpha-2 code as the shop sent it."""

    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    phones: tuple[str, ...] = ()
    street1: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


def phones_once(phones: Iterable[str]) -> tuple[str, ...]:
    """Those that are given, in their order; numbers of the same digits once."""
    known: dict[str, str] = {}
    for phone in phones:
        digits = "".join(character for character in phone if character.isdigit())
        if phone:
            known.setdefault(digits or phone, phone)
    return tuple(known.values())
