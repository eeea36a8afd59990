"""Magento's values: everything is text, amounts have four places, times are UTC without saying so."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from intake.payload import Node
from intake.platform import BadPayload


def amount(node: Node, name: str) -> Decimal | None:
    """None where the field is absent or blank."""
    return node.number(name) if node.has(name) and node.text(name) else None


def moment(node: Node, name: str) -> datetime | None:
    """A time of the database; a few fields of customers carry an offset, such as the `created_at` of a
    recorded customerCustomerInfo. Nought is how MySQL says never.
    """
    text = node.text(name, 40)
    if not text or text.startswith("0000"):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as err:
        raise _wrong(node, name, text) from err
    if not 1900 < found.year < 9999:
        raise _wrong(node, name, text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def part(node: Node, name: str) -> Node:
    """The object of that name; PHP writes an empty one as an empty list."""
    return node.node(name) if node.holds_object(name) else Node({}, node.path(name))


def _wrong(node: Node, name: str, text: str) -> BadPayload:
    return BadPayload(
        f"The field {node.path(name)} should be a time such as 2026-03-02 15:04:05.", f"It is {text!r}."
    )
