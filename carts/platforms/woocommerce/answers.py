"""What the answers of WooCommerce's REST API mean."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from carts.platforms.woocommerce.payload import moment
from intake.json_text import NotJson, json_read
from intake.payload import Node
from intake.platform import BadPayload
from intake.polling.http import Answer, answer_check
from intake.shop_api import ShopAnswerUnusable, ShopRefused

_FAR = timedelta(days=1)  # further outside the window than any time zone explains


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, each with a whole number as its id. `total` is how many the shop says there are on all pages,
    None where it does not say.
    """

    orders: list[dict[str, Any]]
    total: int | None

    @property
    def first_id(self) -> int:
        return self.orders[0]["id"] if self.orders else 0

    def after(self, order_id: int) -> list[dict[str, Any]]:
        return [order for order in self.orders if order["id"] > order_id]

    def is_last(self, offset: int, per_page: int) -> bool:
        """A page may be short and not the last: the shop counts orders that it does not give."""
        if self.total is None:
            return len(self.orders) < per_page
        return offset + per_page >= self.total


def page_of(answer: Answer, value: Any) -> OrderPage:
    """Raises: ShopRefused, ShopAnswerUnusable."""
    if answer.status == 404:
        raise nothing_there(answer)
    orders: list[Any] = value if isinstance(value, list) else [None]
    ids = [order.get("id") if isinstance(order, dict) else None for order in orders]
    if not all(type(found) is int and found > 0 for found in ids):
        raise ShopAnswerUnusable("The shop did not answer with a list of orders.", f"{answer.body[:200]!r}")
    total = (answer.headers.get("X-WP-Total") or "").strip()
    return OrderPage(orders=orders, total=int(total[:9]) if total.isascii() and total.isdecimal() else None)


def list_check(page: OrderPage, since: datetime | None, until: datetime | None) -> None:
    """Before 5.8 WooCommerce knows no window, and would give all its orders each time.

    Raises: ShopRefused if not one order is anywhere near the window; ShopAnswerUnusable if the ids do not
    rise, as was asked for.
    """
    ids = [order["id"] for order in page.orders]
    if any(later <= earlier for earlier, later in pairwise(ids)):
        raise ShopAnswerUnusable(
            "The shop's list of orders is not in the order asked for. Ask its host whether a plugin changes "
            "the lists of the REST API.",
            f"The ids are {ids!r:.200}.",
        )
    moments = []
    for order in page.orders:
        with suppress(BadPayload):
            if saved_at := moment(Node(order), "date_modified"):
                moments.append(saved_at)
    early, late = since and since - _FAR, until and until + _FAR
    if moments and not any((not early or early <= at) and (not late or at <= late) for at in moments):
        raise ShopRefused(
            "The shop does not tell which orders were changed: it gives all of them. Update WooCommerce to "
            "5.8 or later, or set the minutes between two looks to 0 and rely on the webhooks alone."
        )


def answer_meaning(answer: Answer) -> None:
    """Raises what an answer means, a wrong key told from a firewall: both are 401 or 403.

    A redirect is let pass: where one route of the API is redirected, another may do.
    """
    if 300 <= answer.status < 400:
        return
    if answer.status not in (401, 403):
        answer_check(answer)
        return
    raise ShopRefused(_refusal(answer), f"HTTP {answer.status}: {answer.body[:200]!r}")


def _refusal(answer: Answer) -> str:
    try:
        value = json_read(answer.body)
    except NotJson:
        value = None
    code = value.get("code") if isinstance(value, dict) else None
    if code == "woocommerce_rest_cannot_view":
        return (
            "The shop does not let this key read orders. Its user should be a shop manager or administrator. "
            "If that is so, the web server may drop the Authorization header: ask the host to pass it on to "
            "PHP."
        )
    if isinstance(code, str) and code.startswith("woocommerce_"):
        return (
            "The shop refused the consumer key. Make a new one under WooCommerce → Settings → Advanced → "
            "REST API, with the permission Read, and enter its key and secret."
        )
    return (
        "Something in front of the shop, such as a firewall or a security plugin, does not let us read its "
        "API. Allow /wp-json/wc/v3/ there, then test again."
    )


def nothing_there(answer: Answer) -> ShopRefused:
    return ShopRefused(
        "There is no WooCommerce at this address, or one without the REST API v3. Enter the address of the "
        "shop's WordPress, with its folder if it lives in one.",
        f"HTTP {answer.status}: {answer.body[:200]!r}",
    )
