"""A Shopify shop to ask: its Admin REST API on loopback, with pages, tokens, limits and bad days.

`Shop.start()` answers at `url`. It holds `orders` and `checkouts`; `asked` are the requests that came.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN = "shpat_0123456789"


@dataclass
class Shop:
    orders: list[dict[str, Any]] = field(default_factory=list)
    checkouts: list[dict[str, Any]] = field(default_factory=list)
    scopes: set[str] = field(default_factory=lambda: {"read_orders"})
    currency: str = "USD"
    most_per_page: int = 250
    bucket: str = "1/40"
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)  # before all others
    next_host: str = ""
    circles: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @classmethod
    @contextmanager
    def start(cls, **values: Any) -> Iterator[Shop]:
        shop = cls(**values)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
        shop.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        name = path.rpartition("/")[2].removesuffix(".json")
        if name == "shop":
            return 200, {}, {"shop": {"name": "Tea & Co", "currency": self.currency}}
        if "read_orders" not in self.scopes:
            return 403, {}, {"errors": "[API] This action requires merchant approval for read_orders scope."}
        if path.endswith("/orders/count.json"):
            return 200, {}, {"count": len(self.orders)}
        if name in ("orders", "checkouts"):
            return self._page(path, name, query)
        return 404, {}, {"errors": "Not Found"}

    def _page(self, path: str, name: str, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """`page_info` stands for all filters at once; Shopify refuses any beside it but the limit."""
        if "page_info" in query:
            if set(query) - {"page_info", "limit"}:
                return 400, {}, {"errors": {"page_info": "Invalid value."}}
            start, filters = json.loads(query["page_info"])
        else:
            start, filters = 0, {key: value for key, value in query.items() if key != "limit"}
        found = [entry for entry in getattr(self, name) if _fits(entry, filters)]
        found.sort(key=lambda entry: datetime.fromisoformat(entry["updated_at"]))
        size = min(int(query.get("limit", 50)), self.most_per_page)
        headers = {}
        if start + size < len(found):
            place = json.dumps([start if self.circles and start else start + size, filters])
            link = f"{self.next_host or self.url}{path}?{urlencode({'limit': size, 'page_info': place})}"
            headers["Link"] = f'<{self.url}{path}?page_info=x>; rel="previous", <{link}>; rel="next"'
        return 200, headers, {name: found[start : start + size]}


def _fits(entry: dict[str, Any], filters: dict[str, str]) -> bool:
    changed = datetime.fromisoformat(entry["updated_at"])
    since, until = filters.get("updated_at_min"), filters.get("updated_at_max")
    if "ids" in filters and str(entry["id"]) not in filters["ids"].split(","):
        return False
    if "financial_status" in entry and filters.get("status") != "any" and entry["cancelled_at"]:
        return False  # the list holds open orders alone, unless any are asked for
    return (not since or changed >= datetime.fromisoformat(since)) and (
        not until or changed <= datetime.fromisoformat(until)
    )


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            shop.asked.append((parts.path, query))
            if shop.answers:
                self._send(*shop.answers.pop(0))
            elif self.headers.get("X-Shopify-Access-Token") != TOKEN:
                self._send(401, {}, b'{"errors": "[API] Invalid API key or access token"}')
            else:
                status, headers, value = shop.answer(parts.path, query)
                self._send(status, headers, json.dumps(value).encode())

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            usual = {"X-Shopify-Shop-Api-Call-Limit": shop.bucket, "Content-Length": str(len(body))}
            for name, value in {**usual, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Silent."""

    return Handler
