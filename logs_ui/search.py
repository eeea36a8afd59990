"""Find orders by what a support person has at hand: a number, a shop's order id, an e-mail address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from carts.models import Order, Source
from carts.order_data import email_key
from mappings.models import Connection

MAX_ORDERS = 500
MIN_PREFIX_CHARACTERS = 3
LAST_CHARACTER = "\U0010ffff"
_MARKER = re.compile(r"^[a-z0-9][a-z0-9-]* order (\S+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The newest matching orders; `more` if there are others beside them."""

    order_ids: list[int]
    more: bool = False


def orders_find(connections: QuerySet[Connection], text: str) -> Found:
    """Orders of these connections whose number, shop order id or e-mail begins with the text.

    Text under three characters must match whole. One query: a union of conditions on one column each, so
    that an index can answer every part.
    """
    shops = Source.objects.filter(connection__in=connections.values("pk"))
    orders = Order.objects.filter(source__in=shops.values("pk")).order_by()
    conditions = [_begins_with("email_key", email_key(text))]
    if "@" not in text:
        conditions += [
            _begins_with(field, term) for field in ("number", "shop_order_id") for term in search_terms(text)
        ]
    parts = [orders.filter(condition).values_list("id", flat=True) for condition in conditions]
    newest = parts[0].union(*parts[1:]).order_by("-id")[: MAX_ORDERS + 1]
    ids = list(newest)
    return Found(order_ids=ids[:MAX_ORDERS], more=len(ids) > MAX_ORDERS)


def search_terms(text: str) -> list[str]:
    """The spellings to try: as is, in capitals, with the shop's `#`; of an order title in the CRM its id."""
    text = text.strip()
    if title := _MARKER.match(text):
        text = title.group(1)
    return list(dict.fromkeys((text, text.upper(), f"#{text}")))


def _begins_with(field: str, text: str) -> Q:
    """A prefix condition that an index can answer; SQLite's own LIKE cannot."""
    if len(text) < MIN_PREFIX_CHARACTERS:
        return Q(**{field: text})
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST_CHARACTER})
    return Q(**{f"{field}__startswith": text})
