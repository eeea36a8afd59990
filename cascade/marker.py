"""The words by which we find our own records in the CRM again."""

from __future__ import annotations

import hashlib
import re

LONGEST_NUMBER = 40
LONGEST_ID = 120


def order_marker(source_slug: str, shop_order_id: str, number: str = "") -> str:
    """The title of the CRM order: plain ASCII, and without the CRM's wildcard `%`.

    Anything outside letters, digits and `._-` of the shop's id is written as `~` and its code point in hex,
    so that two ids never share a marker. The `number` that people know stands before the id, where it is
    another; it may be that of several orders.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"~{ord(found.group()):x}~", shop_order_id)
    if len(plain) > LONGEST_ID:
        mark = hashlib.sha256(shop_order_id.encode()).hexdigest()[:16]
        plain = f"{plain[: LONGEST_ID - len(mark) - 1]}~{mark}"
    known = re.sub(r"[^A-Za-z0-9._-]", "", number)[:LONGEST_NUMBER]
    return f"{source_slug} order {plain if known in ('', plain) else f'{known} ({plain})'}"


def spellings(text: str) -> tuple[str, ...]:
    """A marker, or a note that begins with one, and how it was written before markers held the number."""
    old = re.sub(r"^(\S+ order )\S+ \((\S+)\)", r"\1\2", text)
    return tuple(dict.fromkeys((text, old)))


def is_marker(title: str) -> bool:
    """Whether a title has the form of our markers."""
    return re.fullmatch(r"[a-z0-9-]+ order [A-Za-z0-9._~-]+( \([A-Za-z0-9._~-]+\))?", title) is not None


def payment_note(marker: str, number: int) -> str:
    """The note of the n-th payment of an order; a second one exists only after lines were added later."""
    return f"{marker} payment" if number == 1 else f"{marker} payment {number}"
