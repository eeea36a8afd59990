"""`python -m bench.compare [--quick] [--orders N] [--runs N] [--write]`: the same orders by each peer.

A peer is given orders in its own queue at once, and is measured until the CRM has the last of them. Then the
CRM is judged: who lost or doubled something without a kill is not ranked. In the runs with kills all of a
peer's processes get SIGKILL at an interval and are started again at once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.chart import chart
from bench.field import Peer, peers
from bench.ground import Ground, ground
from bench.measure import Backends, cpu_of
from bench.workload import CALL_NAME, FIELDS, INTEGRATION, ITEMS, TAGS, Judgement, judge
from tests.sandbox_client import ROOT, Sandbox

WARM = 4
POLL_SECONDS = 0.1
START_SECONDS = 120.0
IDLE_SECONDS = 30.0  # after which no more is expected: no peer waits longer for a dead worker's order
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
SHOWN = "\n![Processor time of one order](performance.svg)\n"
MARKS = ("<!-- compare -->\n", "<!-- /compare -->\n")


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu: float
    database_cpu: float
    calls: int
    transactions: float
    judgement: Judgement
    orders: int


# -- one run ------------------------------------------------------------------------------------------------


def run(on: Ground, peer: Peer, orders: int, *, kill_seconds: float = 0.0) -> Run:
    """Give a peer `orders` orders, killing its workers every `kill_seconds` (0: never), and judge the CRM."""
    prefix = f"{peer.name[:2].lower()}{time.time_ns() // 1_000_000}"
    warm = [f"{prefix}w{number}" for number in range(WARM)]
    names = [f"{prefix}n{number}" for number in range(orders)]
    os.environ["BENCH_IDS"] = json.dumps(seed_account(on.sandbox))
    peer.ready(on, [*warm, *names])
    backends = Backends(on.server_url, on.database)
    try:
        transactions = backends.transactions()
        with working(peer, kill=bool(kill_seconds)) as processes:
            peer.give(warm)
            ends(on, WARM)
            calls = len(on.sandbox.calls())
            cpu, database_cpu = sum(cpu_of(one.pid) for one in processes), backends.cpu()
            began = time.perf_counter()
            peer.give(names)
            ended = ends(on, WARM + orders, processes, kill_seconds)
            cpu = sum(cpu_of(one.pid) for one in processes) - cpu
            database_cpu = backends.cpu() - database_cpu
        return Run(
            seconds=ended - began,
            cpu=cpu,
            database_cpu=database_cpu,
            calls=len(on.sandbox.calls()) - calls,
            transactions=(backends.transactions() - transactions) * orders / (WARM + orders),
            judgement=judge(on.sandbox, names),
            orders=orders,
        )
    finally:
        backends.close()


def seed_account(sandbox: Sandbox) -> dict[str, list[int]]:
    """Empty the CRM and fill its lists; their ids."""
    sandbox.reset()
    return sandbox.seed(
        DataFormField=[
            {"FormId": -1, "Name": name[1:], "Label": name[1:], "DataType": 15} for name in FIELDS
        ],
        Product=[{"ProductName": name, "ProductPrice": price, "Status": 1} for name, price in ITEMS.items()],
        ContactGroup=[{"GroupName": name} for name in TAGS],
        ActionSequence=[{"TemplateName": "Welcome"}],
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": INTEGRATION, "CallName": CALL_NAME}],
    )


@contextmanager
def working(peer: Peer, *, kill: bool) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The peer's processes; ours have short leases where they are killed, as the sandbox lands at once."""
    environment = {**os.environ, **({"DJANGO_SETTINGS_MODULE": "tests.stack_settings"} if kill else {})}
    processes = [start(command, environment) for command in peer.commands]
    try:
        yield processes
    finally:
        for one in processes:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def start(command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    process.environment = environment  # type: ignore[attr-defined]
    return process


def ends(
    on: Ground, orders: int, processes: list[subprocess.Popen[bytes]] | None = None, kill_seconds: float = 0.0
) -> float:
    """Wait until so many contacts had their last call; the time of the last effect seen.

    What is killed has done something for `kill_seconds` since it was started.
    """
    done: set[int] = set()
    last = time.perf_counter()
    seen, working_since = 0, 0.0
    while len(done) < orders and time.perf_counter() - last < (IDLE_SECONDS if seen else START_SECONDS):
        time.sleep(POLL_SECONDS)
        effects = on.sandbox.control("GET", f"effects?after={seen}")["effects"]
        if effects:
            seen, last = effects[-1]["number"], time.perf_counter()
            working_since = working_since or last
            done |= {effect["ids"]["contact"] for effect in effects if effect["kind"] == "goal.achieved"}
        if processes and kill_seconds and working_since and last - working_since >= kill_seconds:
            working_since = 0.0
            for number, one in enumerate(processes):
                os.killpg(one.pid, signal.SIGKILL)
                one.wait()
                processes[number] = start(one.args, one.environment)  # type: ignore[attr-defined, arg-type]
            last = time.perf_counter()
    return last


# -- the report ---------------------------------------------------------------------------------------------


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, and smallest and largest where there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def report(runs: dict[str, list[Run]], kills: dict[str, Run], kill_seconds: float) -> str:
    lines = [
        "| | orders/s | CPU an order, ms | of that the database | calls | transactions "
        f"| lost, doubled | with a kill every {kill_seconds:.0f} s: lost, doubled |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in sorted(runs.items(), key=lambda item: cost(item[1])):
        total = [1000 * (one.cpu + one.database_cpu) / one.orders for one in found]
        lost = sum(one.judgement.lost for one in found)
        doubled = sum(one.judgement.doubled for one in found)
        killed = kills.get(name)
        cells = (
            name if not lost + doubled else f"{name} (not ranked)",
            spread([one.orders / one.seconds for one in found]),
            spread(total),
            spread([1000 * one.database_cpu / one.orders for one in found]),
            spread([one.calls / one.orders for one in found]),
            spread([one.transactions / one.orders for one in found]),
            f"{lost}, {doubled}",
            f"{killed.judgement.lost}, {killed.judgement.doubled} of {killed.orders}"
            if killed
            else "not tried",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cost(found: Sequence[Run]) -> tuple[bool, float]:
    """The order of the table: whoever left the CRM wrong comes last."""
    wrong = any(one.judgement.lost or one.judgement.doubled for one in found)
    return wrong, statistics.median((one.cpu + one.database_cpu) / one.orders for one in found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kill-seconds", type=float, default=10.0)
    parser.add_argument("--killed-orders", type=int, default=1000, help="0: no kills")
    parser.add_argument("--quick", action="store_true", help="one short run each")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    given = parser.parse_args(arguments)
    if given.quick:
        given.orders, given.runs, given.kill_seconds, given.killed_orders = 20, 1, 1.0, 60
    with ground() as on:
        found = peers(on)
        runs = {peer.name: [run(on, peer, given.orders) for _ in range(given.runs)] for peer in found}
        kills = {
            peer.name: run(on, peer, given.killed_orders, kill_seconds=given.kill_seconds)
            for peer in found
            if given.killed_orders
        }
    text = report(runs, kills, given.kill_seconds)
    sys.stdout.write(text)
    if given.write:
        before, _, rest = PAGE.read_text().partition(MARKS[0])
        PAGE.write_text(before + MARKS[0] + text + SHOWN + MARKS[1] + rest.partition(MARKS[1])[2])
        bars = {
            name: statistics.median(1000 * (one.cpu + one.database_cpu) / one.orders for one in several)
            for name, several in runs.items()
        }
        Path(PICTURE).write_text(chart("Processor time of one order of 13 calls, in ms", bars))
    return int(any(one.judgement.lost + one.judgement.doubled for one in runs["Cascader"]))


if __name__ == "__main__":
    sys.exit(main())
