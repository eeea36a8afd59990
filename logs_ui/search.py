"""Find what a support person has at hand: a number, an e-mail address, a cart, a tracking number, an item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from carts.models import AbandonedCart, Affiliate, Order, OrderLine, Shipment, Source
from crm.emails import email_key
from mappings.models import Connection

MAX_SUBJECTS = 500
MIN_PREFIX_CHARACTERS = 3
MIN_TRACKING_CHARACTERS = 6
SEARCHED_SHIPMENTS = 20_000
LAST_CHARACTER = "\U0010ffff"
_MARKER = re.compile(r"^[a-z0-9][a-z0-9-]* order (\S+?)(?: \((\S+)\))?$")
_KINDS = ("order", "cart", "affiliate")
_ORDER_COLUMNS = ("number", "shop_order_id")
_AFFILIATE_COLUMNS = ("shop_affiliate_id", "code")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The newest matching subjects as (kind, id); `more` if there are others beside them."""

    subjects: list[tuple[str, int]]
    more: bool = False

    @property
    def condition(self) -> Q:
        """Replications of what was found; of an order its shipments too."""
        ids = {kind: [pk for word, pk in self.subjects if word == kind] for kind in _KINDS}
        return Q(order__in=ids["order"]) | Q(cart__in=ids["cart"]) | Q(affiliate__in=ids["affiliate"])


def subjects_find(connections: QuerySet[Connection], text: str) -> Found:
    """Orders, carts and affiliates of these connections that begin with the text in what names them.

    Orders by number, shop order id, e-mail or an item; carts by id or e-mail; affiliates by id, code or
    e-mail. Text under three characters must match whole. One query: a union of conditions on one column each,
    so that an index can answer every part. Only where that finds nothing, tracking numbers are searched.
    """
    shops = Source.objects.filter(connection__in=connections.values("pk")).values("pk")
    parts = [*_by_email(shops, text), *([] if "@" in text else _by_words(shops, search_terms(text)))]
    newest = parts[0].union(*parts[1:]).order_by("-id")[: MAX_SUBJECTS + 1]
    found = list(newest) or _by_tracking(shops, text.strip())
    return Found(subjects=found[:MAX_SUBJECTS], more=len(found) > MAX_SUBJECTS)


def search_terms(text: str) -> list[str]:
    """The spellings to try: as is, in capitals, with the shop's `#`; of an order title in the CRM its id."""
    text = text.strip()
    if title := _MARKER.match(text):
        text = title.group(2) or title.group(1)
    return list(dict.fromkeys((text, text.upper(), f"#{text}")))


def _by_email(shops: QuerySet[Any, Any], text: str) -> list[QuerySet[Any]]:
    condition = _begins_with("email_key", email_key(text)) & Q(source__in=shops)
    rows = (Order.objects.all(), AbandonedCart.objects.all(), Affiliate.objects.all())
    return [_named(found.filter(condition), kind) for kind, found in zip(_KINDS, rows, strict=True)]


def _by_words(shops: QuerySet[Any, Any], terms: Iterable[str]) -> list[QuerySet[Any]]:
    parts = []
    for term in terms:
        orders = Order.objects.filter(source__in=shops)
        parts += [_named(orders.filter(_begins_with(name, term)), "order") for name in _ORDER_COLUMNS]
        lines = OrderLine.objects.filter(_begins_with("item_id", term), order__source__in=shops)
        parts.append(_named(lines, "order", "order_id"))
        carts = AbandonedCart.objects.filter(_begins_with("cart_id", term), source__in=shops)
        parts.append(_named(carts, "cart"))
        affiliates = Affiliate.objects.filter(source__in=shops)
        parts += [
            _named(affiliates.filter(_begins_with(name, term)), "affiliate") for name in _AFFILIATE_COLUMNS
        ]
    return parts


def _by_tracking(shops: QuerySet[Any, Any], text: str) -> list[tuple[str, int]]:
    """Orders with a parcel whose number begins with the text, among the newest shipments."""
    if len(text) < MIN_TRACKING_CHARACTERS or " " in text or "@" in text:
        return []
    newest = Shipment.objects.filter(source__in=shops).order_by("-pk").values("pk")[:SEARCHED_SHIPMENTS]
    needle = f'"number": {json.dumps(text)[:-1]}'
    parcels = Shipment.objects.annotate(text=Cast("data", TextField())).filter(
        pk__in=newest,
        text__icontains=needle,
        source=OuterRef("source"),
        shop_order_id=OuterRef("shop_order_id"),
    )
    orders = Order.objects.filter(Exists(parcels), source__in=shops)
    return list(_named(orders, "order").order_by("-id")[: MAX_SUBJECTS + 1])


def _named(rows: QuerySet[Any], kind: str, column: str = "id") -> QuerySet[Any]:
    """(kind, id) of the rows, in a shape that a union takes."""
    what = Value(kind, output_field=CharField())
    named: QuerySet[Any] = rows.order_by().annotate(subject_kind=what).values_list("subject_kind", column)
    return named


def _begins_with(field: str, text: str) -> Q:
    """A prefix condition that an index can answer; SQLite's own LIKE cannot."""
    if len(text) < MIN_PREFIX_CHARACTERS:
        return Q(**{field: text})
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST_CHARACTER})
    return Q(**{f"{field}__startswith": text})
