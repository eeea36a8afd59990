"""`python -m bench.ingest [deliveries] [connections]`: how many deliveries a second are taken for good.

The web runs as in production; the client shares the machine. Singles are UltraCart webhooks, batches have 200
orders over the REST API. Then singles come at half of their rate, to see how long an answer takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from bench.ground import ground
from bench.processes import web

BATCH = 200


class Client:
    """One kept connection per thread; the seconds until each answer."""

    def __init__(self, url: str, path: str, headers: dict[str, str]) -> None:
        self.netloc, self.path, self.headers = urlsplit(url).netloc, path, headers

    def post_all(self, bodies: list[bytes], begin: Callable[[int], float]) -> list[float]:
        connection = HTTPConnection(self.netloc, timeout=60)
        took = []
        for number, body in enumerate(bodies):
            began = begin(number)
            time.sleep(max(began - time.perf_counter(), 0))
            connection.request("POST", self.path, body, self.headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 201, 207):
                raise RuntimeError(f"answered {answer.status}")
            took.append(time.perf_counter() - began)
        connection.close()
        return took

    def rate(
        self, bodies: list[bytes], connections: int, per_second: float = 0.0
    ) -> tuple[float, list[float]]:
        """Requests a second and the seconds of each; `per_second` 0 sends as fast as answers come."""
        start = time.perf_counter() + 0.1

        def share(first: int) -> list[float]:
            own = bodies[first::connections]
            if not per_second:
                return self.post_all(own, lambda number: time.perf_counter())
            return self.post_all(own, lambda number: start + (first + number * connections) / per_second)

        with ThreadPoolExecutor(connections) as pool:
            took = [one for part in pool.map(share, range(connections)) for one in part]
        return len(bodies) / (time.perf_counter() - start), took


def rest_order(number: str) -> dict[str, Any]:
    return {
        "shop_order_id": number,
        "stage": "paid",
        "placed_at": "2026-11-20T10:00:00Z",
        "version_at": "2026-11-20T10:00:00Z",
        "currency": "USD",
        "email": f"{number.lower()}@example.com",
        "billing": {"first_name": "Ada", "last_name": "Lovelace"},
        "lines": [{"item_id": "TEAPOT", "title": "Teapot", "quantity": 1, "unit_price": "39.00"}],
        "total": "39.00",
    }


def main(deliveries: int = 4000, connections: int = 8) -> None:
    with ground(), web() as (url, _):
        from tests.config.test_demo import event, order
        from tests.factories import ApiKeyFactory, SourceFactory

        hook = SourceFactory(slug="hook")
        ApiKeyFactory(source=SourceFactory(connection=hook.connection, platform="api"), plain="bench-key")
        webhook = Client(url, f"/hooks/{hook.token}/", {"Content-Type": "application/json"})
        key = {"Content-Type": "application/json", "Authorization": "Api-Key bench-key"}
        batches = Client(url, "/api/v1/batch/", key)

        def singles(word: str, count: int) -> list[bytes]:
            return [json.dumps(event(order(f"{word}-{number}"))).encode() for number in range(count)]

        def rows(word: str) -> bytes:
            data = (rest_order(f"{word}-{number}") for number in range(BATCH))
            return json.dumps({"rows": [{"kind": "order", "data": one} for one in data]}).encode()

        webhook.rate(singles("WARM", 100), connections)
        rate, _ = webhook.rate(singles("S", deliveries), connections)
        print(f"single deliveries: {rate:.0f}/s")
        _, took = webhook.rate(singles("H", deliveries), connections, rate / 2)
        percentile = statistics.quantiles(took, n=100)[98]
        print(
            f"at half of that: median {1000 * statistics.median(took):.1f} ms, p99 {1000 * percentile:.1f} ms"
        )
        count = max(deliveries // BATCH, 4)
        rate, _ = batches.rate([rows(f"B{number}") for number in range(count)], 2)
        print(f"batches of {BATCH}: {rate * BATCH:.0f} orders/s")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
