"""`python -m bench.latency [orders]`: how long an idle demo takes from delivery to done.

Beside the whole way it prints the share that the CRM's replies took, so that a faster or slower machine, or
sandbox, shows as such.
"""

from __future__ import annotations

import re
import statistics
import sys
import time

from tests.config.test_demo import TITLE, arrived, event, is_idle, order
from tests.stack import Stack, running_stack, wait_until


def way_of_one(stack: Stack, number: str) -> float:
    began = time.perf_counter()
    assert stack.post(event(order(number))).status_code == 200
    while not any(
        effect["kind"] == "contact.tagged" and effect["ids"]["tag"] == 18
        for effect in stack.sandbox.control("GET", f"effects?after={stack.seen}")["effects"]
    ):
        time.sleep(0.005)
    return time.perf_counter() - began


def main(orders: int) -> None:
    with running_stack() as stack:
        wait_until(lambda: arrived(stack, "DEMO-1001"))
        seconds = []
        for n in range(orders):
            wait_until(lambda: is_idle(stack))
            time.sleep(0.5)
            stack.seen = len(stack.sandbox.effects())
            seconds.append(way_of_one(stack, f"DEMO-MEASURED-{n}"))
        log = stack.folder / "logs" / "worker.log"
        runs = [
            float(found)
            for found in re.findall(r"run_replication\S* succeeded in ([\d.]+)s", log.read_text())
        ]
        assert TITLE.format(f"DEMO-MEASURED-{orders - 1}") in stack.invoices()
    median, worst = statistics.median(seconds), max(seconds)
    share = statistics.median(runs) / median
    print(
        f"{orders} orders, one at a time: median {median:.3f} s, worst {worst:.3f} s from POST to last effect"
    )
    print(f"of that the replication itself: median {statistics.median(runs):.3f} s ({share:.0%})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
