"""Deliver to a web process that is killed by its own answers, and look for every answered delivery.

The moment a chosen 2xx is read, SIGKILL ends the whole process group. What was not answered is delivered
again to the next process, as a shop would. Needs Django, on the database that the web process is to have.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import tempfile
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from carts.api.examples import ORDER
from carts.models import Order
from cascade.models import Replication
from intake.models import InboundEvent
from intake.processing import event_process
from intake.sources import api_key_create, source_create
from tests.carts.payloads import as_body, paid_order
from tests.factories import ConnectionFactory
from tests.killed_web import Nursery, Web

THREADS = (1, 4, 8)  # with one, nothing is under way when the process dies
PADDING = (0, 0, 1_000, 60_000)  # blanks behind the JSON, for bodies of many sizes
ANSWER_SECONDS = 30
ENDS = (InboundEvent.State.SPLIT, InboundEvent.State.APPLIED, InboundEvent.State.REPEATED)


@dataclass(slots=True)
class Delivery:
    """One body for one door, in the hands of one thread at a time. `rows` are those its answers named."""

    order_id: str
    path: str
    headers: dict[str, str]
    body: bytes
    posts: int = 0
    answers: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What was done, what is there, and all that is not as it should be."""

    kills: int = 0
    deliveries: int = 0
    posts: int = 0
    answers: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.deliveries} deliveries: {self.answers} answers, "
            f"{self.posts - self.answers} posts lost with the process; {self.rows} rows, "
            f"{self.rows - self.answers} of them never answered; {len(self.problems)} problems"
        )


def kill_and_count(kills: int, per_kill: int, chance: random.Random, *, cold: bool = False) -> Tally:
    """Kill the web process so often, each time with so many new deliveries on their way."""
    shop = Shop(chance)
    waiting: list[Delivery] = []
    with (
        tempfile.TemporaryDirectory(prefix="cascader-kills-") as folder,
        Nursery(web_environment(folder), Path(folder), cold=cold) as nursery,
    ):
        for _ in range(kills):
            waiting = [delivery for delivery in waiting if not delivery.answers] + shop.make(per_kill)
            Round(nursery.start(), fatal=chance.randint(1, len(waiting))).run(waiting, chance.choice(THREADS))
        calm = Round(nursery.start(), fatal=0)
        calm.run([delivery for delivery in waiting if not delivery.answers], max(THREADS))
        calm.web.kill()
        said = nursery.all_said()
    tally = tally_of(shop.made)
    tally.kills = kills
    tally.problems += sorted(said - {"durable"})
    return tally


def web_environment(folder: str) -> dict[str, str]:
    """This process's database and keys for another one. Nobody listens to the queue in its own folder."""
    url = f"sqlite:///{connection.settings_dict['NAME']}"
    if connection.vendor != "sqlite":
        server = urlsplit(os.environ["DATABASE_URL"])
        url = urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))
    return {
        "CASCADER_DATA_DIR": folder,
        "DATABASE_URL": url,
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "CELERY_BROKER_URL": "filesystem://localhost",
    }


class Shop:
    """Makes deliveries for two doors: a webhook with basic authentication, and the REST API."""

    def __init__(self, chance: random.Random) -> None:
        connection_off = ConnectionFactory(enabled=False)  # so that no CRM is asked for
        words = {"basic_user": "shop", "basic_password": "correct horse"}
        hooked = source_create(connection_off, slug="hooked", name="Hooked", platform="ultracart", **words)
        keyed = source_create(connection_off, slug="keyed", name="Keyed", platform="api")
        basic = b64encode(":".join(words.values()).encode()).decode()
        self.hook, self.hook_headers = f"/hooks/{hooked.token}/", {"Authorization": f"Basic {basic}"}
        self.api_headers = {"Authorization": f"Api-Key {api_key_create(keyed, 'Shop')[1]}"}
        self.chance, self.made = chance, list[Delivery]()

    def make(self, how_many: int) -> list[Delivery]:
        """New ones; every fifth comes by the API."""
        made = [self._one(number) for number in range(len(self.made), len(self.made) + how_many)]
        self.made += made
        return made

    def _one(self, number: int) -> Delivery:
        order_id, email = f"KILL-{number}", f"buyer-{number}@example.com"
        blanks = b" " * self.chance.choice(PADDING)
        if number % 5 == 4:
            body = as_body({**ORDER, "shop_order_id": order_id, "email": email}) + blanks
            return Delivery(order_id, "/api/v1/orders/", self.api_headers, body)
        order = paid_order(order_id=order_id, billing={"first_name": "Ada", "email": email})
        return Delivery(order_id, self.hook, self.hook_headers, as_body([{"order_create": order}]) + blanks)


class Round:
    """One life of a web process: it dies by its `fatal`-th answer, or not at all if that is 0."""

    def __init__(self, web: Web, *, fatal: int) -> None:
        self.web, self.fatal = web, fatal
        self._answers = count(1)

    def run(self, deliveries: Sequence[Delivery], threads: int) -> None:
        queue = deque(deliveries)
        with ThreadPoolExecutor(threads) as pool:
            for sender in [pool.submit(self._send, queue) for _ in range(threads)]:
                sender.result()
        assert self.web.is_killed == bool(self.fatal)

    def _send(self, queue: deque[Delivery]) -> None:
        while not self.web.is_killed:
            try:
                delivery = queue.popleft()
            except IndexError:
                return
            delivery.posts += 1
            with suppress(OSError, HTTPException):  # the process is gone
                self._post(delivery)

    def _post(self, delivery: Delivery) -> None:
        """The status line is the acknowledgement; whether the rest still comes is another matter."""
        http = HTTPConnection("127.0.0.1", self.web.port, timeout=ANSWER_SECONDS)
        try:
            headers = {**delivery.headers, "Content-Type": "application/json"}
            http.request("POST", delivery.path, delivery.body, headers)
            answer = http.getresponse()
            if next(self._answers) == self.fatal:
                self.web.kill()
            if answer.status not in (200, 201):
                raise AssertionError(f"{delivery.order_id}: {answer.status} {answer.read()[:500]!r}")
            delivery.answers += 1
            stored = json.loads(answer.read()).get("stored")
            if stored is not None:
                delivery.rows.append(stored)
        finally:
            http.close()


def tally_of(deliveries: Sequence[Delivery]) -> Tally:
    """Hold what is stored against the answers, then process all of it and look at the orders."""
    rows = InboundEvent.objects.filter(parent=None).order_by("id").values_list("pk", "body")
    kept = {pk: digest(body) for pk, body in rows.iterator(chunk_size=50)}
    tally = Tally(deliveries=len(deliveries), rows=len(kept))
    copies = Counter(kept.values())
    for delivery in deliveries:
        tally.posts += delivery.posts
        tally.answers += delivery.answers
        own = digest(delivery.body)
        if not delivery.answers <= copies[own] <= delivery.posts:
            found = f"{delivery.answers} answers, {copies[own]} rows, {delivery.posts} posts"
            tally.problems.append(f"{delivery.order_id}: {found}")
        if any(kept.get(row) != own for row in delivery.rows):
            tally.problems.append(f"{delivery.order_id}: other bytes in {delivery.rows}")
    unknown = copies.keys() - {digest(delivery.body) for delivery in deliveries}
    tally.problems += [f"{copies[one]} rows that nobody delivered" for one in unknown]
    for pk in kept:
        event_process(pk)
    tally.problems += not_once({delivery.order_id for delivery in deliveries})
    return tally


def digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()


def not_once(expected: set[str]) -> list[str]:
    """Every order is there in its first version with one replication, and no event is left over."""
    orders = dict(Order.objects.values_list("shop_order_id", "version"))
    replications = Counter(Replication.objects.values_list("order__shop_order_id", flat=True))
    left = InboundEvent.objects.exclude(state__in=ENDS).count()
    problems = [f"{left} events that came to no end"] if left else []
    if orders != dict.fromkeys(expected, 1):
        problems.append(f"orders: {orders.items() ^ dict.fromkeys(expected, 1).items()}")
    if replications != Counter(expected):
        problems.append(f"replications: {replications.items() ^ Counter(expected).items()}")
    return problems
