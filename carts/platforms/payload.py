"""What shops' payloads have in common: the ids of lines, the values of custom fields, chosen options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from intake.platform import BadPayload
from mappings.shop_fields import FIELD_LENGTH


def keys_of(ids: list[str]) -> list[str]:
    """The shop's ids of the lines of an order, or their positions if the ids do not tell them apart."""
    if "" in ids or len(set(ids)) < len(ids):
        return [str(position) for position in range(1, len(ids) + 1)]
    return ids


def readable_values(values: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """`OrderData.custom_fields` of what a shop tells, by `mappings.shop_fields`: blank is not told, and what
    cannot be read is left out: none of it is worth an order.
    """
    found = {}
    for key, read in values.items():
        try:
            found[key] = read().strip()[:FIELD_LENGTH].rstrip()
        except BadPayload:
            continue
    return {key: text for key, text in found.items() if text}


def options_text(lines: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> str:
    """What was chosen for each item, one item a line: `Mug: Engraving: Ada (+5.00), Colour: red`."""
    chosen = [
        (item, [f"{name}: {value}" if name and value else name or value for name, value in options])
        for item, options in lines
    ]
    rows = ((item, ", ".join(option for option in options if option)) for item, options in chosen)
    return "\n".join(f"{item}: {options}" if item else options for item, options in rows if options)
