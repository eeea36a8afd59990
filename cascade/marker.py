"""The words by which we find our own records in the CRM again."""

from __future__ import annotations

import re


def order_marker(source_slug: str, shop_order_id: str) -> str:
    """The title of the CRM order: plain ASCII, and without the CRM's wildcard `%`.

    Anything outside letters, digits and `._-` of the shop's id is written as `~` and its code point in hex,
    so that two ids never share a marker.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"~{ord(found.group()):x}~", shop_order_id)
    return f"{source_slug} order {plain}"


def is_marker(title: str) -> bool:
    """Whether a title has the form of our markers."""
    return re.fullmatch(r"[a-z0-9-]+ order [A-Za-z0-9._~-]+", title) is not None


def payment_note(marker: str, number: int) -> str:
    """The note of the n-th payment of an order; a second one exists only after lines were added later."""
    return f"{marker} payment" if number == 1 else f"{marker} payment {number}"
