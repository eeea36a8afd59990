"""`python -m tests.chaos [seed] [orders]`: kill processes and lose replies at random while orders come in.

Web, worker and scheduler are killed with SIGKILL and restarted by their supervisor; the sandbox drops
connections before and after effects. In the end every acknowledged order must be in the CRM exactly once. It
runs on whatever DATABASE_URL and CELERY_BROKER_URL say, and is bounded by the number of orders.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from collections import Counter

import requests

from tests.config.test_demo import TITLE, arrived, event, order
from tests.stack import Stack, running_stack, wait_until

TARGETS = ("celery", "celery", "scheduler", "gunicorn", "a reply")
FAULTS = ("drop_before", "drop_after", "drop_late", "empty", "truncated")


class Nemesis(threading.Thread):
    def __init__(self, stack: Stack, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.stack, self.chance = stack, chance
        self.done: Counter[str] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(0.3, 1.2)):
            target = self.chance.choice(TARGETS)
            if target == "a reply":
                target = self.chance.choice(FAULTS)
                late = {"seconds": 0.5} if target == "drop_late" else {}
                self.stack.sandbox.faults({"call": self.chance.randint(1, 6), "do": target, **late})
            else:
                self.stack.signal(target, signal.SIGKILL)
            self.done[target] += 1


def deliver(stack: Stack, number: str) -> None:
    """As a shop does: until it is acknowledged."""
    for _ in range(100):
        try:
            if stack.post(event(order(number))).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    raise AssertionError(f"{number} was never taken")


def assert_once_each(stack: Stack, numbers: list[str]) -> None:
    titles = Counter(row["JobTitle"] for row in stack.sandbox.rows("Job"))
    lines = Counter(row["OrderId"] for row in stack.sandbox.rows("OrderItem"))
    payments = Counter(row["InvoiceId"] for row in stack.sandbox.rows("Payment"))
    contacts = Counter(row["Email"] for row in stack.sandbox.rows("Contact"))
    assert max(titles.values()) == max(contacts.values()) == 1, (titles, contacts)
    invoices = stack.invoices()
    for number in numbers:
        invoice = invoices[TITLE.format(number)]
        found = (lines[invoice["JobId"]], payments[invoice["Id"]], float(invoice["InvoiceTotal"]))
        assert found == (6, 1, 78.85), (number, found)


def main(seed: int, count: int) -> None:
    chance = random.Random(seed)
    numbers = [f"DEMO-CHAOS-{n}" for n in range(count)]
    with running_stack(DJANGO_SETTINGS_MODULE="tests.stack_settings") as stack:
        wait_until(lambda: arrived(stack, "DEMO-1001"))
        nemesis = Nemesis(stack, chance)
        nemesis.start()
        for number in numbers:
            deliver(stack, number)
            time.sleep(chance.uniform(0, 0.5))
        nemesis.over.set()
        nemesis.join()
        stack.sandbox.clear_faults()
        calm = time.monotonic()
        wait_until(lambda: arrived(stack, *numbers), seconds=300)
        seconds = time.monotonic() - calm
        assert_once_each(stack, numbers)
        print(f"seed {seed}: {count} orders under {dict(nemesis.done)}")
        print(f"each is there once, {seconds:.0f} s after the last blow")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments + [1, 60][len(arguments) :]))
