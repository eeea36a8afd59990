"""A WooCommerce shop over real HTTP: its REST API v3 as far as orders are read, its ways and its errors."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "ck_key", "cs_secret"
SAVED_AT = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
ROUTE = "/wc/v3/orders"

Canned = tuple[int, dict[str, str], bytes]


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()


def line(id: int = 11, **changes: Any) -> dict[str, Any]:
    """A line of 2 × 9.95."""
    values = {
        "id": id,
        "name": "Dog bone",
        "product_id": 70 + id,
        "variation_id": 0,
        "sku": f"BONE-{id}",
        "quantity": 2,
        "subtotal": "19.90",
        "subtotal_tax": "1.99",
        "total": "19.90",
        "total_tax": "1.99",
        "price": 9.949999999999999,
        "meta_data": [],
    }
    return {**values, **changes}


def order(id: int = 501, saved_at: datetime = SAVED_AT, **changes: Any) -> dict[str, Any]:
    """A paid order over 29.14: 2 × 9.95, shipping 7.25, tax 1.99."""
    address = {
        "first_name": "Ada",
        "last_name": "Example",
        "company": "",
        "address_1": "1 Main Street",
        "address_2": "",
        "city": "Atlanta",
        "state": "GA",
        "postcode": "30303",
        "country": "US",
        "phone": "555-0100",
    }
    values = {
        "id": id,
        "number": str(id),
        "parent_id": 0,
        "order_key": f"wc_order_{id}",
        "status": "processing",
        "currency": "USD",
        "prices_include_tax": False,
        "date_created": "2026-03-02T10:04:05",
        "date_created_gmt": "2026-03-02T15:04:05",
        "date_modified": stamp(saved_at - timedelta(hours=5)),
        "date_modified_gmt": stamp(saved_at),
        "date_paid": "2026-03-02T10:04:09",
        "date_paid_gmt": "2026-03-02T15:04:09",
        "date_completed": None,
        "date_completed_gmt": None,
        "discount_total": "0.00",
        "shipping_total": "7.25",
        "total": "29.14",
        "total_tax": "1.99",
        "billing": {**address, "email": "ada@example.com"},
        "shipping": address,
        "payment_method": "stripe",
        "payment_method_title": "Credit Card (Stripe)",
        "line_items": [line()],
        "shipping_lines": [{"id": 21, "method_title": "Flat rate", "total": "7.25", "meta_data": []}],
        "fee_lines": [],
        "coupon_lines": [],
        "tax_lines": [],
        "refunds": [],
        "meta_data": [],
    }
    return {**values, **changes}


class WooShop:
    """The shop behind the server. `canned` answers are given first; `before_each` runs before each answer."""

    def __init__(self) -> None:
        self.url = ""
        self.stored: dict[int, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.canned: list[Canned] = []
        self.before_each: Callable[[int], None] = lambda number: None
        self.folder = ""
        self.pretty = True  # permalinks; without them /wp-json/ is not known
        self.knows_windows = True
        self.tells_total = True
        self.hidden: set[int] = set()  # counted, but not given: the key's user may not read them

    def put(self, *orders: dict[str, Any]) -> None:
        self.stored |= {item["id"]: item for item in orders}

    def answer(self, path: str, headers: Any) -> Canned:
        parts = urlsplit(path)
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.before_each(len(self.asked))
        self.asked.append(params)
        self.paths.append(parts.path)
        if self.canned:
            return self.canned.pop(0)
        if not self._is_route(parts.path, params):
            return 404, {}, b"<html><h1>Not Found</h1></html>"
        refusal = self._refusal(headers.get("Authorization", ""))
        return refusal or self._list(params)

    def _is_route(self, path: str, params: dict[str, str]) -> bool:
        if self.pretty and path == f"{self.folder}/wp-json{ROUTE}":
            return True
        return path == f"{self.folder}/" and params.get("rest_route") == ROUTE

    def _refusal(self, header: str) -> Canned | None:
        if not header:
            return _error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        if header != "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode():
            return _error(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
        return None

    def _list(self, params: dict[str, str]) -> Canned:
        per_page, offset = int(params.get("per_page", "10")), int(params.get("offset", "0"))
        if per_page > 100 or params.get("orderby", "date") not in ("date", "id"):
            return _error(400, "rest_invalid_param", "Invalid parameter(s)")
        found = [item for item in self.stored.values() if self._matches(item, params)]
        found.sort(key=lambda item: item["id"], reverse=params.get("order", "desc") == "desc")
        page = [item for item in found[offset : offset + per_page] if item["id"] not in self.hidden]
        total = {"X-WP-Total": str(len(found))} if self.tells_total else {}
        return 200, {"Content-Type": "application/json", **total}, json.dumps(page).encode()

    def _matches(self, item: dict[str, Any], params: dict[str, str]) -> bool:
        wanted = params.get("status", "any")
        if (item["status"] == "trash") != (wanted == "trash"):
            return False
        if "include" in params and str(item["id"]) not in params["include"].split(","):
            return False
        field = "date_modified_gmt" if params.get("dates_are_gmt") == "true" else "date_modified"
        saved_at = item[field]
        after, before = params.get("modified_after", ""), params.get("modified_before", "9")
        return not self.knows_windows or after < saved_at < before


def _error(status: int, code: str, message: str) -> Canned:
    body = {"code": code, "message": message, "data": {"status": status}}
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def running_shop() -> Iterator[WooShop]:
    shop = WooShop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet: two would wait for each other

        def do_GET(self) -> None:
            status, headers, body = shop.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Tests need no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
