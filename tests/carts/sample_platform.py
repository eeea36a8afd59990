"""A platform as a new one would be: it signs, numbers its orders, and has an API that is asked.

`installed()` makes it known while it lasts; `KennelServer` is such a shop, on the loopback interface.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from carts.order_data import OrderData, Stage
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from intake.models import Source
from intake.platform import Delivery, NativeEvent, signed_with
from intake.polling.http import shop_get, shop_session
from intake.registry import platforms
from intake.shop_api import Credential, Feed, Polled, Shop, ShopRefused
from tests.factories import order_data


class Kennel(ShopPlatform):
    name = "kennel"
    title = "Kennel"
    signs = True
    kept_headers = ("kennel-topic",)
    delivery_id_header = "kennel-delivery"
    numbers_in_sequence = True
    credentials = (
        Credential(field="shop_url", label="Kennel address", help="As in the browser, with https://."),
        Credential(field="api_user", label="Kennel key", help="From the kennel's settings."),
        Credential(field="api_secret", label="Kennel secret", help="Shown there once."),
    )
    feeds = (Feed(name="orders", title="Orders"), Feed(name="carts", title="Open checkouts"))

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        secrets = (source.signing_secret, source.signing_secret_before)
        return signed_with(secrets, body, headers.get("Kennel-Signature") or "")

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        return [NativeEvent(name=delivery.headers.get("kennel-topic", ""), body=delivery.body)]

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        payload = json.loads(event.body)
        return NativeOrder(payload=payload, shop_order_id=payload["id"], version_at=received_at)

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_data(
            shop_order_id=payload["id"],
            number=payload["id"],
            stage=Stage(payload["stage"]),
            is_test=payload.get("test", False),
            placed_at=received_at,
            version_at=received_at,
            total=Decimal("56.85"),
        )

    def reach(self, source: Source) -> Shop:
        return KennelShop(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        body = json.dumps({"id": f"TEST-{now:%Y%m%d%H%M%S}", "stage": "unpaid", "test": True}).encode()
        digest = hmac.digest(source.signing_secret.encode(), body, "sha256")
        return body, {
            "Content-Type": "application/json",
            "Kennel-Topic": "order/created",
            "Kennel-Delivery": f"test-{now.timestamp()}",
            "Kennel-Signature": base64.b64encode(digest).decode(),
        }


class KennelShop(Shop):
    def __init__(self, source: Source) -> None:
        self._source = source
        self._session: requests.Session = shop_session()

    def close(self) -> None:
        self._session.close()

    def check(self) -> str:
        answer = shop_get(
            self._session,
            f"{self._source.shop_url}/check",
            auth=(self._source.api_user, self._source.api_secret),
        )
        if answer.status == 404:
            raise ShopRefused("There is no kennel at this address.")
        return f"{answer.json()['name']} answered."

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterable[Sequence[Polled]]:
        return ()

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        return ()


class KennelServer:
    """A kennel's own API: it answers whoever knows its key, or with `status` if that is set."""

    def __init__(self) -> None:
        self.status = 0
        self.asked = 0
        kennel = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kennel.asked += 1
                given = self.headers.get("Authorization", "")
                wanted = base64.b64encode(b"reader:api-secret-7").decode()
                self.send_response(kennel.status or (200 if given == f"Basic {wanted}" else 401))
                self.end_headers()
                self.wfile.write(b'{"name": "The kennel of hounds"}')

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> KennelServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def installed(platform: Kennel | None = None) -> Iterator[Kennel]:
    platform = platform or Kennel()
    platforms()[platform.name] = platform
    try:
        yield platform
    finally:
        del platforms()[platform.name]
