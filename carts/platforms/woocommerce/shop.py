"""WooCommerce's REST API v3, over HTTP basic authentication with a consumer key.

A window of time is walked by order id, not by the time of change: not every version sorts by that, many
orders may have one second, and what is sorted so moves while we read. An id never changes; what is saved
while we read only leaves the window, and comes in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from carts.platforms.woocommerce.answers import OrderPage, answer_meaning, list_check, nothing_there, page_of
from carts.platforms.woocommerce.payload import ORDER
from intake.json_text import NotJson, json_read, json_write
from intake.polling.http import answer_check, check_address, shop_get, shop_session
from intake.shop_api import AnswerTooLarge, Polled, Shop, ShopAnswerUnusable, ShopRefused, smaller_page

ORDERS_FEED = "orders"
PER_PAGE = 50  # WooCommerce gives 100, but slow shops then take longer than we wait
OVERLAP = 5  # one order in so many is on two pages, by which it is seen that none slipped between them
LEAST_PER_PAGE = 5  # of orders that are very large
MOST_PAGES = 5000
_PASTED = re.compile(r"/(wp-json|wp-admin)(/.*)?$")


class WooCommerceShop(Shop):
    def __init__(self, url: str, key: str, secret: str) -> None:
        """Raises: ShopRefused."""
        if not (key and secret):
            raise ShopRefused("Enter the consumer key and the consumer secret of the shop's REST API.")
        base = check_address(_PASTED.sub("", url.strip()))
        # Pretty permalinks, and the form that works without them.
        self._routes: list[tuple[str, dict[str, str]]] = [
            (f"{base}/wp-json/wc/v3/orders", {}),
            (f"{base}/", {"rest_route": "/wc/v3/orders"}),
        ]
        self._auth = (key, secret)
        self._session = shop_session()

    def close(self) -> None:
        self._session.close()

    def check(self) -> str:
        page = self._ask({"per_page": "1"})
        many = "" if page.total is None else f" It has {page.total}."
        return f"WooCommerce answered and lets us read its orders.{many}"

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """Orders in the trash are in none: WooCommerce's “any status” leaves them out."""
        params = {"status": "any", "orderby": "id", "order": "asc", **_window(since, until)}
        offset, last_id, is_back, size = 0, 0, False, PER_PAGE
        for _ in range(MOST_PAGES):
            try:
                page = self._ask({**params, "offset": str(offset), "per_page": str(size)})
            except AnswerTooLarge as err:
                size = smaller_page(size, err, LEAST_PER_PAGE)
                continue
            list_check(page, since, until)
            if offset and not 0 < page.first_id <= last_id:
                # Orders left the window and those behind moved up: see what has come between.
                offset, is_back = max(offset - size, 0), True
                continue
            fresh = page.after(last_id)
            if fresh:
                last_id = fresh[-1]["id"]
                yield [_polled(order) for order in fresh]
            if page.is_last(offset, size):
                return
            if is_back and not fresh:
                break
            offset, is_back = offset + size - size // OVERLAP, False
        raise ShopAnswerUnusable(
            "The shop's list of orders has a hole, or no end. Ask its host whether a plugin changes the "
            "lists of the REST API."
        )

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        """Those in the trash too."""
        ids = [order_id for order_id in refresh_ids if order_id.isascii() and order_id.isdecimal()]
        found: dict[str, Polled] = {}
        for status in ("any", "trash"):
            missing = [order_id for order_id in ids if order_id not in found]
            if missing:
                page = self._ask({"status": status, "include": ",".join(missing)})
                found |= {polled.key: polled for polled in map(_polled, page.orders) if polled.key in missing}
        return list(found.values())

    def _ask(self, params: Mapping[str, str]) -> OrderPage:
        """By the route that is known to work, else by each in turn."""
        for route in self._routes:
            url, fixed = route
            answer = shop_get(
                self._session,
                url,
                params={"per_page": str(PER_PAGE), **fixed, **params},
                headers={"Accept": "application/json"},
                auth=self._auth,
                check=answer_meaning,
            )
            try:
                value = json_read(answer.body)
            except NotJson:
                continue
            answer_check(answer)
            self._routes = [route]
            return page_of(answer, value)
        if answer.status == 404:
            raise nothing_there(answer)
        answer_check(answer)
        return page_of(answer, answer.json())


def _window(since: datetime | None, until: datetime | None) -> dict[str, str]:
    """WooCommerce leaves both ends out, so one second is added to each.

    The times are UTC and must not say so: WordPress would put one with a zone into the site's own time.
    """
    ends = (("modified_after", since, -1), ("modified_before", until, 1))
    texts = {
        name: f"{(end + timedelta(seconds=step)).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        for name, end, step in ends
        if end is not None
    }
    return {**texts, "dates_are_gmt": "true"} if texts else {}


def _polled(order: dict[str, object]) -> Polled:
    return Polled(key=str(order["id"]), name=ORDER, body=json_write(order).encode())
