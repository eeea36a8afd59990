"""`python -m tests.measure_hostile`: what each hostile input does to real processes, as a table.

The demo's web, worker and scheduler run as they are. Beside each input an honest order is delivered; the
table says by how much the memory of the process hit worst grew, how long the input was worked on, how long
the honest order took to the CRM, and the slowest answer of `/healthz`. The first row has no hostile input.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests

from tests import hostile_inputs
from tests.config.test_demo import arrived, event, order
from tests.stack import ROOT, Stack, running_stack, wait_until

PROCESSES = {"gunicorn": "web", "celery": "worker", "scheduler": "scheduler"}
PAGE = os.sysconf("SC_PAGE_SIZE")
MOST_SECONDS = 240
SETUP = """
from carts.models import Source
from intake.sources import source_create
from mappings.models import Connection
connection = Connection.objects.get()
given = dict(shop_url={url!r}, api_user="reader", api_secret="a-secret-of-the-shop", poll_minutes=0)
for slug, platform in (("woo", "woocommerce"), ("mage", "magento")):
    source = source_create(connection=connection, slug=slug, name=slug, platform=platform)
    Source.objects.filter(pk=source.pk).update(**{{k: v for k, v in given.items() if k != "api_secret"}})
    source.refresh_from_db()
    source.api_secret = given["api_secret"]
    source.save()
    print(platform, source.pk)
"""
WAITING = (
    "SELECT (SELECT count(*) FROM intake_inboundevent WHERE state = 'stored') + "
    "(SELECT count(*) FROM mappings_batchimport WHERE state IN ('checking', 'applying'))"
)


@dataclass
class Watch:
    """The memory of each process, and how long /healthz took, while it lasts."""

    stack: Stack
    before: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    slowest: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        over = threading.Event()
        for words, name in PROCESSES.items():
            for pid in self.stack.pids(words):
                self.names[pid], self.before[pid], self.most[pid] = name, memory(pid), 0
        threads = [threading.Thread(target=work, args=(over,)) for work in (self._memory, self._health)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _memory(self, over: threading.Event) -> None:
        while not over.wait(0.01):
            for pid in self.before:
                self.most[pid] = max(self.most[pid], memory(pid) - self.before[pid])

    def _health(self, over: threading.Event) -> None:
        with requests.Session() as session:
            while not over.wait(0.2):
                begun = time.monotonic()
                with suppress(requests.RequestException):
                    session.get(self.stack.facts["web_url"] + "/healthz", timeout=60)
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def told(self) -> str:
        pid = max(self.most, key=lambda one: self.most[one])
        return f"{self.most[pid] / 1e6:.0f} MB ({self.names[pid]}) | {{}} | {{}} | {self.slowest:.2f} s |"


def memory(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def asked(stack: Stack, code: str) -> str:
    environment = {**os.environ, "CASCADER_DATA_DIR": str(stack.folder), "HTTPS": "off"}
    if stack.database_url:
        environment["DATABASE_URL"] = stack.database_url
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


def waiting(stack: Stack) -> int:
    """Deliveries and uploads that nobody has brought to their end."""
    if stack.database_url:
        with psycopg.connect(stack.database_url) as server:
            return int(server.execute(WAITING).fetchall()[0][0])
    with closing(sqlite3.connect(stack.folder / "cascader.sqlite3", timeout=20)) as file:
        return int(file.execute(WAITING).fetchone()[0])


class Attacker:
    """Somebody with a log-in of the demo's merchant, a shop's credentials, and an address of the web."""

    def __init__(self, stack: Stack, sources: dict[str, str]) -> None:
        self.stack, self.sources = stack, sources
        self.url = stack.facts["web_url"]
        self.browser = stack.browser()

    def test_shop(self, platform: str, times: int = 1) -> None:
        """The button “Test the shop's API”."""
        page = f"{self.url}/admin/intake/source/{self.sources[platform]}/"
        form = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"]}
        at_once(
            times,
            lambda: self.browser.post(
                f"{page}check/", data=form, headers={"Referer": page}, timeout=MOST_SECONDS
            ),
        )

    def upload(self, name: str, body: bytes) -> None:
        page = f"{self.url}/admin/mappings/connection/1/batch/"
        form = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"], "scope": "items"}
        answer = self.browser.post(
            page, data=form, files={"file": (name, body)}, headers={"Referer": page}, timeout=MOST_SECONDS
        )
        assert "/batch/" in answer.url, answer.status_code

    def api(self, body: bytes) -> None:
        headers = {"Authorization": f"Api-Key {self.stack.facts['api_key']}"}
        requests.post(f"{self.url}/api/v1/batch/", data=body, headers=headers, timeout=MOST_SECONDS)

    def login_page(self, megabytes: int) -> None:
        with suppress(requests.RequestException):
            requests.post(
                f"{self.url}/admin/login/",
                data=b"a" * (megabytes * 1_000_000),
                cookies={"csrftoken": "a" * 32},
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=MOST_SECONDS,
            )

    def slow_bodies(self, count: int, seconds: float) -> None:
        place = urlsplit(self.url)
        head = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken=" + b"a" * 32
        head += b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\na="
        sockets = [socket.create_connection((place.hostname or "", place.port or 80)) for _ in range(count)]
        for one in sockets:
            one.sendall(head)
        time.sleep(seconds)
        for one in sockets:
            one.close()


def at_once(times: int, work: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def rows_of(attacker: Attacker) -> dict[str, tuple[int, Callable[[], Any]]]:
    """What is done, by name, with the size of what is sent."""
    stack = attacker.stack
    packed, plain, widest = (
        hostile_inputs.packed_hook(),
        hostile_inputs.plain_hook(),
        hostile_inputs.widest_hook(),
    )
    xml, book, line = hostile_inputs.xml_hook(), hostile_inputs.workbook(), hostile_inputs.csv_line()
    batch = b'{"rows":' + hostile_inputs.lists(1_900_000) + b"}"
    few = json.dumps({"rows": [{"kind": "order", "data": {"lines": [0] * 40_000}}] * 7}).encode()
    return {
        "nothing hostile": (0, lambda: None),
        "shop's answer, 29.9 MB of lists, “Test” pressed twice": (
            0,
            lambda: attacker.test_shop("woocommerce", 2),
        ),
        "SOAP answer, 300,000 orders": (0, lambda: attacker.test_shop("magento")),
        "UltraCart delivery, 9.9 MB of lists packed": (len(packed), lambda: stack.post(packed)),
        "the same, four at once": (4 * len(packed), lambda: at_once(4, lambda: stack.post(packed))),
        "UltraCart delivery, lists": (len(plain), lambda: stack.post(plain)),
        "the most that is still taken, four at once": (
            4 * len(widest),
            lambda: at_once(4, lambda: stack.post(widest)),
        ),
        "XML postback of empty elements": (len(xml), lambda: stack.post(xml)),
        "workbook of 1,900,000 shared texts": (len(book), lambda: attacker.upload("m.xlsx", book)),
        "CSV of one line": (len(line), lambda: attacker.upload("m.csv", line)),
        "REST API, rows that are lists": (len(batch), lambda: attacker.api(batch)),
        "REST API, lines that are none": (len(few), lambda: attacker.api(few)),
        "200 MB to the log-in page": (200_000_000, lambda: attacker.login_page(200)),
        "40 slow bodies": (0, lambda: attacker.slow_bodies(40, 8)),
    }


def measured(stack: Stack, number: int, attack: Callable[[], Any]) -> str:
    watch, begun, took = Watch(stack), time.monotonic(), [0.0]

    def work() -> None:
        attack()
        wait_until(lambda: waiting(stack) == 0, MOST_SECONDS, "the hostile input's end")
        took[0] = time.monotonic() - begun

    with watch.running():
        hostile = threading.Thread(target=work)
        hostile.start()
        time.sleep(0.1)
        posted = time.monotonic()
        assert stack.post(event(order(f"HONEST-{number}"))).status_code == 200
        wait_until(lambda: arrived(stack, f"HONEST-{number}"), MOST_SECONDS, "the honest order")
        honest = time.monotonic() - posted
        hostile.join()
    return watch.told().format(f"{took[0]:.1f} s", f"{honest:.2f} s")


def main() -> None:
    with hostile_inputs.hostile_shop() as url, running_stack() as stack:
        wait_until(lambda: arrived(stack, "DEMO-1001"))
        told = asked(stack, SETUP.format(url=url)).split()
        attacker = Attacker(stack, dict(zip(told[::2], told[1::2], strict=True)))
        print("| input | bytes sent | growth | worked on | honest order | slowest `/healthz` |")
        print("|---|---|---|---|---|---|")
        for number, (name, (size, attack)) in enumerate(rows_of(attacker).items()):
            print(f"| {name} | {size:,} | {measured(stack, number, attack)}", flush=True)


if __name__ == "__main__":
    main()
