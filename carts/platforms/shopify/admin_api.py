"""Shopify's Admin REST API: orders and abandoned checkouts, by the time of their last change.

Docs: shopify.dev/docs/api/admin-rest (Order, Abandoned checkouts, pagination, rate limits).
Uncertain: Shopify calls this API legacy since 2024-10-01 and points new public apps to GraphQL. Apps that a
      merchant makes for one shop are said to keep it, for how long is not said.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.utils import parse_header_links

from intake.json_text import json_write
from intake.models.sources import Source
from intake.polling.http import Answer, check_address, shop_get, shop_session
from intake.shop_api import AnswerTooLarge, Polled, Shop, ShopAnswerUnusable, ShopRefused, smaller_page

# The version whose documented payloads we know. Each is served for a year at least; after that Shopify
# answers with the oldest one it still has (shopify.dev/docs/api/usage/versioning).
API_VERSION = "2026-04"
ORDERS = "orders"
CHECKOUTS = "checkouts"
PAGE_SIZE = 250  # the most that Shopify gives
MAX_PAGES = 4000  # of one window; a list that is longer is taken for endless

# The bucket holds 40 requests and loses two a second, for most shops: near the brim one waits for one drop.
PAUSE_SECONDS = 0.5
PAUSE_FROM = 0.75


class AdminApi(Shop):
    def __init__(self, source: Source) -> None:
        parts = urlsplit(check_address(source.shop_url))
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._currency = source.currency
        self._token = source.api_secret.strip()
        if not self._token or not self._token.isascii() or not self._token.isprintable():
            raise ShopRefused("Enter the Admin API access token of the shop, as Shopify shows it.")
        self._session = shop_session()
        self._is_full = False

    def close(self) -> None:
        self._session.close()

    def check(self) -> str:
        answer = self._get("shop").json()
        shop = answer.get("shop") if isinstance(answer, dict) else None
        if not isinstance(shop, dict):
            raise _unusable(answer)
        count = self._get("orders/count", {"status": "any"}).json()
        if not isinstance(count, dict) or not isinstance(count.get("count"), int):
            raise _unusable(count)
        name, currency = str(shop.get("name", ""))[:100], str(shop.get("currency", ""))[:3]
        text = f"Shopify answered for the shop {name}; {count['count']} orders can be read."
        if currency and currency != self._currency:
            text += f" Its currency is {currency}: set that as the currency of this source."
        return text

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """Each page is asked for when it is wanted; the link to the next names no more than its place."""
        size, params = PAGE_SIZE, {}
        # Whole seconds, as Shopify's times are; both ends belong to the window.
        if since is not None:
            params["updated_at_min"] = _seconds(since)
        if until is not None:
            params["updated_at_max"] = _seconds(until + timedelta(microseconds=999_999))
        if feed == ORDERS:
            params |= {"status": "any", "order": "updated_at asc"}
        place = ""
        for _ in range(MAX_PAGES):
            try:
                answer = self._get(feed, {"limit": str(size), **params})
            except AnswerTooLarge as err:
                size = smaller_page(size, err)
                continue
            yield [_polled(feed, entry) for entry in _entries(answer.json(), feed)]
            last, place = place, self._next(answer)
            if not place:
                return
            if place == last:
                break
            params = {"page_info": place}
        raise ShopAnswerUnusable("The shop's pages have no end: it names one page as following itself.")

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        """Ids that are no numbers are none of Shopify's; without any id it would give all orders."""
        ids = [order_id for order_id in refresh_ids if order_id.isascii() and order_id.isdigit()]
        if not ids:
            return []
        answer = self._get(ORDERS, {"ids": ",".join(ids), "status": "any", "limit": str(PAGE_SIZE)})
        found = [_polled(ORDERS, entry) for entry in _entries(answer.json(), ORDERS)]
        return [polled for polled in found if polled.key in ids]

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        if self._is_full:
            time.sleep(PAUSE_SECONDS)
        answer = shop_get(
            self._session,
            f"{self._base}/admin/api/{API_VERSION}/{path}.json",
            params=params,
            headers={"X-Shopify-Access-Token": self._token, "Accept": "application/json"},
        )
        if answer.status == 404:
            raise ShopRefused(
                "There is no Shopify shop at this address. Enter the one that ends in myshopify.com.",
                f"{path}: HTTP 404",
            )
        used, _, size = (answer.headers.get("X-Shopify-Shop-Api-Call-Limit") or "").partition("/")
        try:
            self._is_full = int(used) / int(size) >= PAUSE_FROM  # of `39/40`
        except (ValueError, ZeroDivisionError):
            self._is_full = False
        return answer

    def _next(self, answer: Answer) -> str:
        """The place of the next page. Raises: ShopAnswerUnusable if the link leads to another host."""
        for link in parse_header_links(answer.headers.get("Link") or ""):
            if link.get("rel") != "next":
                continue
            parts = urlsplit(link.get("url", ""))
            if f"{parts.scheme}://{parts.netloc}" != self._base:
                raise ShopAnswerUnusable(
                    "The shop names another host for its next page. Enter the address that ends in "
                    "myshopify.com.",
                    f"It names {parts.netloc[:100]!r}.",
                )
            return next(iter(parse_qs(parts.query).get("page_info", [])), "")
        return ""


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _polled(feed: str, entry: dict[str, Any]) -> Polled:
    key = entry.get("id") or entry.get("token") or ""
    return Polled(key=str(key)[:120], name=feed, body=json_write(entry).encode())


def _entries(value: Any, name: str) -> list[dict[str, Any]]:
    entries = value.get(name) if isinstance(value, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _unusable(value)
    return entries


def _unusable(value: Any) -> ShopAnswerUnusable:
    return ShopAnswerUnusable(
        "Shopify answered something other than what was asked for.", f"It begins {value!r:.200}."
    )
