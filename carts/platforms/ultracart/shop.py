"""What is asked of UltraCart: orders by what happened to them, affiliates, and the folders of items.

Orders have no time of change that could be asked for, so they are found by when they were placed, paid,
shipped and refunded; what else happens to one that is not paid yet is seen by reading it again. Affiliates
have no webhook and no filter by change, and an order's line does not tell its item's folder.
Docs: UltraCart REST API v2: OrderQuery, AffiliateQuery, Item `parent_category_id`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from carts.platforms.ultracart.events import AFFILIATE_READ, ITEM_READ, ORDER_READ
from carts.platforms.ultracart.rest_api import NotThere, RestApi, entries_of, listed
from carts.selectors import unpaid_order_ids
from intake.json_text import json_write
from intake.shop_api import Feed, FeedKind, Polled, Shop, ShopAnswerUnusable, ShopRefused

logger = logging.getLogger(__name__)

# Whatever a merchant may map by its path comes with every order that is read.
EXPAND = (
    "affiliate,auto_order,billing,channel_partner,checkout,coupon,customer_profile,digital_order,edi,fraud_score,"
    "gift,gift_certificate,internal,item,linked_shipment,marketing,payment,payment.transaction,point_of_sale,"
    "quote,salesforce,shipping,shipping.tracking_number_details,summary,taxes,utms"
)
# The other one, "cache", may lack the last minutes.
QUERY_TARGET = "origin"

AFFILIATES, FOLDERS = "affiliates", "folders"
_DATES = {  # feed: the beginning of the names of the query's two ends
    "placed": "creation_date",
    "paid": "payment_date",
    "shipped": "shipment_date",
    "refunded": "refund_date",
}
_OVERLAP = timedelta(minutes=30)

FEEDS = (
    Feed(name="placed", title="Orders placed", overlap=_OVERLAP),
    Feed(name="paid", title="Orders paid", overlap=_OVERLAP),
    Feed(name="shipped", title="Orders shipped", overlap=_OVERLAP),
    Feed(name="refunded", title="Orders refunded", overlap=_OVERLAP),
    # Hourly: a payment is found by the feed above, and an account may ask 10,000 questions a day.
    Feed(
        name="open",
        title="Orders not paid yet",
        kind=FeedKind.OPEN,
        every=timedelta(hours=1),
        open_ids=unpaid_order_ids,
    ),
    Feed(name=AFFILIATES, title="Affiliates", kind=FeedKind.LIST, every=timedelta(days=1)),
    Feed(name=FOLDERS, title="Folders of items", kind=FeedKind.LIST, every=timedelta(days=1)),
)

# A query without any condition is refused, so affiliates are asked for by their status.
AFFILIATE_STATUSES = ("Active", "Inactive")
ITEM_KEYS = ("merchant_item_id", "parent_category_id", "parent_category_path")


class UltraCartShop(Shop):
    def __init__(self, key: str) -> None:
        self._api = RestApi(key)

    def close(self) -> None:
        self._api.close()

    def check(self) -> str:
        month = {"creation_date_begin": _moment(datetime.now(UTC) - timedelta(days=30))}
        orders = entries_of(self._query(month, {"_limit": "1"}), "orders")
        account = next((str(order["merchant_id"])[:50] for order in orders if order.get("merchant_id")), "")
        forbidden = []
        for feed, ask in (
            (AFFILIATES, partial(self._affiliates_page, AFFILIATE_STATUSES[0])),
            (FOLDERS, self._items_page),
        ):
            try:
                ask({"_limit": "1"})
            except (ShopRefused, NotThere):
                forbidden.append(feed)
        said = f"UltraCart answered{f' for the account {account}' if account else ''}: orders can be read."
        if forbidden:
            said += f" The key may not read {' and '.join(forbidden)}, so those are not asked for."
        return said

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        if feed in _DATES:
            query = {"query_target": QUERY_TARGET}
            if since is not None:
                query[f"{_DATES[feed]}_begin"] = _moment(since)
            if until is not None:
                query[f"{_DATES[feed]}_end"] = _moment(until + timedelta(microseconds=999_999))
            for entries in listed(lambda page: self._query(query, {"_expand": EXPAND, **page}), "orders"):
                yield [_order(entry) for entry in entries]
            return
        try:
            if feed == AFFILIATES:
                for status in AFFILIATE_STATUSES:
                    for entries in listed(partial(self._affiliates_page, status), "affiliates"):
                        yield [_polled(AFFILIATE_READ, entry, "affiliate_oid") for entry in entries]
                return
            for entries in listed(self._items_page, "items"):
                # Of an item only what says where it lies: the rest is long and changes often.
                items = [{key: entry[key] for key in ITEM_KEYS if key in entry} for entry in entries]
                yield [_polled(ITEM_READ, item, ITEM_KEYS[0]) for item in items if item.get(ITEM_KEYS[0])]
        except (ShopRefused, NotThere) as err:
            # A key that is no good at all is told by the orders; one without this right still serves them.
            logger.info("UltraCart's %s may not be read: %s", feed, err.detail)

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        """In one question. What its answer lacks is asked for by itself, so that a 404 says for sure that it
        is not there: how the batch treats such an id is not documented.
        """
        asked = dict.fromkeys(refresh_ids)
        found: dict[str, Polled] = {}
        params = {"_expand": EXPAND}
        if asked:
            with suppress(NotThere):
                envelope = self._api.post("/order/orders/batch", {"order_ids": list(refresh_ids)}, params)
                told = {polled.key: polled for polled in map(_order, entries_of(envelope, "orders"))}
                found = {order_id: told[order_id] for order_id in refresh_ids if order_id in told}
        for order_id in [each for each in asked if each not in found]:
            with suppress(NotThere):
                order = self._api.get(f"/order/orders/{quote(order_id, safe='')}", params).get("order")
                if isinstance(order, dict) and (polled := _order(order)).key == order_id:
                    found[order_id] = polled
        return list(found.values())

    def _query(self, query: dict[str, str], params: dict[str, str]) -> dict[str, Any]:
        return self._api.post("/order/orders/query", query, params)

    def _affiliates_page(self, status: str, page: dict[str, str]) -> dict[str, Any]:
        return self._api.post("/affiliate/affiliates/query", {"status": status}, page)

    def _items_page(self, page: dict[str, str]) -> dict[str, Any]:
        return self._api.get("/item/items", page)


def _order(entry: dict[str, Any]) -> Polled:
    return _polled(ORDER_READ, entry, "order_id")


def _polled(name: str, entry: dict[str, Any], identity: str) -> Polled:
    key = entry.get(identity)
    if not isinstance(key, str | int) or not str(key):
        raise ShopAnswerUnusable(
            f"UltraCart answered with an entry that has no {identity}.", f"It begins {entry!r:.200}."
        )
    return Polled(key=str(key), name=name, body=json_write(entry).encode())


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
