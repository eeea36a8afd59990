"""What a replication is about, in words: an order, an abandoned cart, an affiliate, an order's shipments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carts.models import Shipment
from cascade.models import Replication

Kind = Replication.Kind
SHOWN_ITEMS = 3
KINDS: dict[str, tuple[str, str]] = {
    Kind.ORDER: ("Order", "order"),
    Kind.CART: ("Abandoned cart", "cart"),
    Kind.AFFILIATE: ("Affiliate", "affiliate"),
    Kind.SHIPMENT: ("Shipment of order", "shipment"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """`noun` and `label` make a heading; `detail` is one line more, such as a cart's items."""

    noun: str
    word: str  # the noun in the middle of a sentence
    label: str
    email: str
    detail: str = ""

    @property
    def heading(self) -> str:
        return f"{self.noun} {self.label}"


def subject_of(row: Replication, parcels: Sequence[Shipment] = ()) -> Subject:
    """The subject of a replication; `parcels` are the shipments of its order, if it is about those."""
    noun, word = KINDS.get(row.kind, (row.kind.capitalize(), row.kind))
    label, detail = row.subject_key, ""
    email = row.contact_key if "@" in row.contact_key else ""
    if row.kind == Kind.CART and row.cart:
        label, email, detail = row.cart.cart_id, row.cart.email, items_words(row.cart.data.get("lines"))
    elif row.kind == Kind.AFFILIATE and row.affiliate:
        label, email = str(row.affiliate), row.affiliate.email
        detail = person_name(row.affiliate.data.get("party"))
    elif row.order:
        label, email = str(row.order), row.order.email
    elif row.kind == Kind.SHIPMENT:
        label = told_order_id(row)
    if row.kind == Kind.SHIPMENT:
        detail = ", ".join(tracking_numbers(parcels))
    return Subject(noun=noun, word=word, label=label, email=email, detail=detail)


def told_order_id(row: Replication) -> str:
    """The shop's id in a subject key; a shipment's order may not have been told yet."""
    return row.subject_key.partition("/")[2]


def items_words(lines: object) -> str:
    """The first items of a stored cart, and how many more there are."""
    found = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    words = [_item_words(line) for line in found[:SHOWN_ITEMS]]
    more = len(found) - len(words)
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def person_name(party: object) -> str:
    """The name in a stored party, with the company behind it."""
    if not isinstance(party, dict):
        return ""
    name = " ".join(str(party.get(part) or "") for part in ("first_name", "last_name")).strip()
    return ", ".join(text for text in (name, str(party.get("company") or "")) if text)


def tracking_numbers(parcels: Iterable[Shipment]) -> list[str]:
    """Every tracking number of the parcels, each once."""
    found = (str(item.get("number") or "") for parcel in parcels for item in parcel.data.get("tracking", ()))
    return [number for number in dict.fromkeys(found) if number]


def _item_words(line: Mapping[str, Any]) -> str:
    quantity = str(line.get("quantity") or "1")
    item = str(line.get("item_id") or line.get("title") or "?")
    return item if quantity == "1" else f"{quantity} × {item}"
