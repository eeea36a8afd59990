"""An UltraCart account over real HTTP: its REST API v2 as far as it is read, its ways and its errors."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "109ee846ee69f50177018ab12f008a00"
VERSION = "2017-03-01"

Canned = tuple[int, dict[str, str], bytes]
Ask = tuple[str, str, dict[str, str], Any]  # method, path, parameters, body

# Sub-objects that come only if they are asked for, by the name under which.
EXPANSIONS = {
    "items": "item",
    "coupons": "coupon",
    "affiliates": "affiliate",
    **dict.fromkeys(("billing", "shipping", "payment", "summary", "gift", "marketing", "checkout"), ""),
    **dict.fromkeys(("internal", "auto_order", "gift_certificate", "taxes", "utms"), ""),
}


def error(message: str, status: int = 400, **headers: str) -> Canned:
    body = {"error": {"developer_message": message, "user_message": message}, "metadata": {}}
    return status, headers, json.dumps(body).encode()


class UltraCartAccount:
    """The account behind the server. `canned` answers are given first."""

    def __init__(self) -> None:
        self.url = ""
        self.orders: dict[str, dict[str, Any]] = {}
        self.affiliates: list[dict[str, Any]] = []
        self.items: list[dict[str, Any]] = []
        self.asked: list[Ask] = []
        self.canned: list[Canned] = []
        self.rights = {"order", "affiliate", "item"}
        self.tells_more = True  # whether the envelope says if there is more
        self.most = 200  # the most entries of a page

    def put(self, *orders: dict[str, Any]) -> None:
        self.orders |= {order["order_id"]: order for order in orders}

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Canned:
        parts = urlsplit(path)
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        given = json.loads(body) if body else None
        self.asked.append((method, parts.path, params, given))
        if self.canned:
            return self.canned.pop(0)
        if headers.get("x-ultracart-simple-key") != KEY:
            return error("Invalid simple key specified.", 401)
        if headers.get("X-UltraCart-Api-Version") != VERSION:
            return error("The API version is missing.")
        _, area, *rest = parts.path.removeprefix("/rest/v2").split("/")
        if area not in self.rights:
            return error(f"Your application does not have the permission {area}_read.")
        return self._routed(method, area, rest, params, given)

    def _routed(self, method: str, area: str, rest: list[str], params: dict[str, str], given: Any) -> Canned:
        match method, area, rest:
            case "POST", "order", ["orders", "query"]:
                found = [order for order in self.orders.values() if _fits(order, given)]
                return self._page("orders", [_expanded(order, params) for order in found], params)
            case "POST", "order", ["orders", "batch"]:
                wanted = [self.orders[one] for one in given["order_ids"] if one in self.orders]
                return _good({"orders": [_expanded(order, params) for order in wanted]})
            case "GET", "order", ["orders", order_id]:
                order = self.orders.get(unquote(order_id))
                if order is None:
                    return error("Order not found.", 404)
                return _good({"order": _expanded(order, params)})
            case "POST", "affiliate", ["affiliates", "query"]:
                if not given:
                    return error("At least one query parameter must be specified.")
                found = [one for one in self.affiliates if one.get("status") == given["status"]]
                return self._page("affiliates", found, params)
            case "GET", "item", ["items"]:
                return self._page("items", self.items, params)
        return error("No such resource.", 404)

    def _page(self, name: str, entries: list[Any], params: dict[str, str]) -> Canned:
        limit = min(int(params.get("_limit", "100")), self.most)
        offset = int(params.get("_offset", "0"))
        page = entries[offset : offset + limit]
        more = offset + limit < len(entries)
        result_set = {"count": len(page), "limit": limit, "offset": offset, "more": more}
        metadata = {"payload_name": name, "result_set": result_set} if self.tells_more else {}
        return _good({**({name: page} if page else {}), "metadata": metadata})


def _good(values: dict[str, Any]) -> Canned:
    return 200, {}, json.dumps({**values, "success": True}).encode()


def _expanded(order: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
    asked = params.get("_expand", "").split(",")
    return {key: value for key, value in order.items() if (EXPANSIONS.get(key, key) or key) in asked
            or key not in EXPANSIONS}  # fmt: skip


def _fits(order: dict[str, Any], query: dict[str, str]) -> bool:
    """Both ends of a range belong to it."""
    times = {
        "creation_date": order.get("creation_dts"),
        "payment_date": order.get("payment", {}).get("payment_dts"),
        "shipment_date": order.get("shipping", {}).get("shipping_date"),
        "refund_date": order.get("refund_dts"),
    }
    ranges = {name: value for name, value in query.items() if name.endswith(("_begin", "_end"))}
    for name, value in ranges.items():
        date, _, end = name.rpartition("_")
        if times[date] is None:
            return False
        moment, bound = datetime.fromisoformat(times[date]), datetime.fromisoformat(value)
        if (moment < bound) if end == "begin" else (moment > bound):
            return False
    return bool(ranges)


@contextmanager
def running(account: UltraCartAccount) -> Iterator[UltraCartAccount]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, answer = account.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _serve

        def log_message(self, *args: object) -> None:
            """Tests read the account's own list instead."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    account.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
