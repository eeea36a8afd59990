"""`python -m tests.simulate_week [days]`: seven virtual days of more orders than the CRM's quotas allow.

The ledger's own decisions (`mappings.access.quota.decide`) on our side, the sandbox's quota, enforcing, on
the other, for each rule set and each kind of window. Orders wait, start whole, are held back and come back;
calls travel for a while before the CRM counts them. No 429 may come back, and at least 97 % of the week's
quota must be used.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from crm.errors import HeldBack
from mappings.access.quota.decide import (
    DAY_SECONDS,
    ScopeCount,
    ScopeState,
    check_order,
    idle_seconds,
    roll,
    slow_down,
    take,
)
from mappings.access.quota.limits import LIMITS
from mappings.access.quota.reply_headers import ReportedUsage, follow
from sandbox.limits.quota import Caller, Quota, QuotaRules, Usage, Violation

Usages = dict[tuple[str, str], Usage]

MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
LEAST_USED = 0.97
TRAVEL_SECONDS = 0.05
REPLY_SECONDS = 0.25
CALLS_PER_ORDER = 13.5


@dataclass(frozen=True)
class RuleSet:
    """`quota` is what may be used on a day by all callers together."""

    name: str
    ours: str
    theirs: str
    keys: int
    apps: int
    workers: int
    quota: int


RULE_SETS = (
    RuleSet("service key", "service_key", "service_key", keys=1, apps=1, workers=5, quota=30_000),
    RuleSet("OAuth, 20 apps", "oauth", "oauth_client", keys=1, apps=20, workers=10, quota=150_000),
    RuleSet("OAuth, older", "oauth_older", "oauth_client_old", keys=1, apps=20, workers=10, quota=125_000),
    RuleSet("app ceiling, 9 keys", "service_key", "service_key", keys=9, apps=1, workers=30, quota=250_000),
)
WINDOWS: dict[str, dict[str, Any]] = {
    "fixed": {"second": "fixed", "minute": "fixed"},
    "sliding": {"second": "sliding", "minute": "sliding"},
    "spike": {"second": "spike", "minute": "sliding"},
}


@dataclass(frozen=True)
class Task:
    rules: RuleSet
    windows: str
    days: float = 7
    jitter_seconds: float = 0.0  # how differently long calls travel
    others: float = 0.0  # the part of the day's quota that somebody else uses


@dataclass
class Result:
    task: Task
    used: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    held: int = 0
    orders: int = 0
    others: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        return (self.used + self.others) / (self.task.rules.quota * math.ceil(self.task.days))


@dataclass(eq=False)
class Order:
    number: int
    key: int
    app: int
    calls: int  # that it needs
    planned: int  # that it says it needs
    made: int = 0


class MemoryLedger:
    """The ledger's rows in memory: one state per scope, reserved calls by order."""

    def __init__(self, rules: RuleSet) -> None:
        self._keys = [ScopeCount(rules.ours, LIMITS[rules.ours], ScopeState()) for _ in range(rules.keys)]
        self._apps = [ScopeCount("app", LIMITS["app"], ScopeState()) for _ in range(rules.apps)]
        self._reserved: dict[int, dict[int, int]] = {id(one): {} for one in (*self._keys, *self._apps)}

    def scopes(self, order: Order) -> tuple[ScopeCount, ScopeCount]:
        return self._keys[order.key], self._apps[order.app]

    def begin(self, order: Order, now: float) -> None:
        scopes = self.scopes(order)
        for one in scopes:
            self._reserved[id(one)].pop(order.number, None)
            one.reserved = sum(self._reserved[id(one)].values())
        left = max(order.planned - order.made, 1)
        check_order(scopes, now, left, begun=order.made > 0)
        for one in scopes:
            self._reserved[id(one)][order.number] = left

    def take(self, order: Order, now: float) -> float:
        scopes = self.scopes(order)
        for one in scopes:
            kept = self._reserved[id(one)]
            own = kept.get(order.number, 0)
            one.reserved = 0 if own else sum(kept.values())
        sleep = take(scopes, now, begun=True)
        for one in scopes:
            kept = self._reserved[id(one)]
            kept[order.number] = max(kept.get(order.number, 0) - 1, 0)
        return sleep

    def idle_seconds(self, order: Order, now: float) -> float:
        scopes = self.scopes(order)
        for one in scopes:
            one.reserved = sum(self._reserved[id(one)].values())
        return idle_seconds(scopes, now)

    def end(self, order: Order) -> None:
        for one in self.scopes(order):
            self._reserved[id(one)].pop(order.number, None)


class Simulation:
    def __init__(self, task: Task, ledger: Any = None) -> None:
        self.task = task
        self.result = Result(task)
        self.random = random.Random(7)
        self.ledger = ledger or MemoryLedger(task.rules)
        self.crm = Quota(QuotaRules(enforce=True, **WINDOWS[task.windows]))
        self.ends = MONDAY + task.days * DAY_SECONDS
        self._events: list[tuple[float, int, Any, tuple[Any, ...]]] = []
        self._number = count()
        self._waiting: list[list[tuple[int, int, Order]]] = [[] for _ in range(task.rules.keys)]
        self._free_at = [0.0] * task.rules.keys
        self._idle = task.rules.workers

    def run(self) -> Result:
        began = time.perf_counter()
        self._arrivals = self._orders()
        self._arrive()
        if self.task.others:
            self._at(MONDAY + 30, self._somebody_else)
        while self._events and self._events[0][0] < self.ends:
            moment, _, action, arguments = heapq.heappop(self._events)
            action(moment, *arguments)
        self.result.seconds = time.perf_counter() - began
        return self.result

    def _at(self, moment: float, action: Any, *arguments: Any) -> None:
        heapq.heappush(self._events, (moment, next(self._number), action, arguments))

    # -- what comes in: each day a tenth more than the quota, and a day's orders wait from the beginning ---

    def _orders(self) -> Iterator[tuple[float, Order]]:
        rules, pick = self.task.rules, self.random
        a_day = 1.1 * rules.quota / CALLS_PER_ORDER
        moment = MONDAY
        for number in count():
            moment += 0 if number < a_day else pick.expovariate(a_day / DAY_SECONDS)
            calls = pick.randint(5, 22)
            surprise = pick.randint(1, 4) if pick.random() < 0.02 else 0  # a probe, an answer lost
            yield (
                moment,
                Order(
                    number, pick.randrange(rules.keys), pick.randrange(rules.apps), calls + surprise, calls
                ),
            )

    def _arrive(self, now: float = MONDAY) -> None:
        moment, order = next(self._arrivals)
        self._at(moment, self._arrived, order)

    def _arrived(self, now: float, order: Order) -> None:
        self._arrive()
        self._due(now, order)

    # -- the scheduler: a free worker takes an order that is due, of a key that has calls -----------------

    def _due(self, now: float, order: Order) -> None:
        heapq.heappush(self._waiting[order.key], (-order.made, order.number, order))  # what has begun first
        self._look(now)

    def _look(self, now: float) -> None:
        """Give each key that may send an order in turn, while there are workers."""
        busy = True
        while busy:
            busy = False
            for key in range(self.task.rules.keys):
                if self._idle and self._waiting[key] and self._free_at[key] <= now:
                    self._start(now, heapq.heappop(self._waiting[key])[2])
                    busy = True

    def _start(self, now: float, order: Order) -> None:
        self._idle -= 1
        try:
            self.ledger.begin(order, now)
        except HeldBack as held:
            self._hold(now, order, held.retry_after_seconds or 0)
        else:
            self._step(now, order)

    def _hold(self, now: float, order: Order, seconds: float) -> None:
        """Put the order back until then, and leave its key alone for as long as nothing could begin."""
        self.ledger.end(order)
        self._idle += 1
        self.result.held += 1
        self._at(now + seconds, self._due, order)
        idle = self.ledger.idle_seconds(order, now)
        if idle:
            self._free_at[order.key] = now + idle
            self._at(now + idle, self._look)

    # -- one worker at one order -------------------------------------------------------------------------

    def _step(self, now: float, order: Order) -> None:
        if order.made == order.calls:
            self.result.orders += 1
            self.ledger.end(order)
            self._idle += 1
            self._at(now, self._look)
            return
        try:
            sleep = self.ledger.take(order, now)
        except HeldBack as held:
            self._hold(now, order, held.retry_after_seconds or 0)
            return
        travel = TRAVEL_SECONDS + self.random.random() * self.task.jitter_seconds
        self._at(now + sleep + travel, self._counted, order, now + sleep)

    def _counted(self, now: float, order: Order, sent_at: float) -> None:
        refusal = self.crm.take(self._caller(order), now)
        if refusal is None:
            order.made += 1
            self.result.used += 1
        else:
            self.result.refused[refusal.unit] += 1
        told = self.crm.usage(self._caller(order), now) if refusal or order.made % 4 == 1 else {}
        self._at(now + REPLY_SECONDS, self._answered, order, sent_at, refusal, told)

    def _answered(
        self, now: float, order: Order, sent_at: float, refusal: Violation | None, told: Usages
    ) -> None:
        for one, scope in zip(self.ledger.scopes(order), (self.task.rules.theirs, "app"), strict=True):
            roll(one.state, now)
            if told:
                follow(one.state, one.configured, _reported(told, scope), now=now, started_at=sent_at)
            if refusal is not None and (refusal.scope == "app") == (scope == "app"):
                slow_down(one.state, one.limits, now, started_at=sent_at, wait=refusal.wait_seconds)
        if refusal is None:
            self._step(now, order)
        else:
            self._hold(now, order, refusal.wait_seconds)

    def _caller(self, order: Order) -> Caller:
        return Caller(self.task.rules.theirs, f"key{order.key}", f"app{order.app}")

    def _somebody_else(self, now: float) -> None:
        calls = 5
        self.crm.spend(self._caller(Order(0, 0, 0, 0, 0)), calls, now)
        self.result.others += calls
        per_day = self.task.others * self.task.rules.quota
        self._at(now + DAY_SECONDS * calls / per_day, self._somebody_else)


def _reported(usages: Usages, scope: str) -> ReportedUsage:
    """What the headers of a reply would say: of the app only the minute."""
    minute, day = usages.get((scope, "minute")), usages.get((scope, "day"))
    if scope == "app":
        day = None
    return ReportedUsage(
        minute_limit=minute.limit if minute else None,
        minute_used=minute.used if minute else None,
        day_limit=day.limit if day else None,
        day_used=day.used if day else None,
    )


def simulate(task: Task) -> Result:
    return Simulation(task).run()


def tasks(days: float) -> list[Task]:
    return [Task(rules, windows, days) for rules in RULE_SETS for windows in WINDOWS]


def harder(days: float) -> list[Task]:
    """What no sender can promise to pass without a refusal: it shows what the ledger then does."""
    service_key = RULE_SETS[0]
    return [
        Task(service_key, "spike", days, others=0.2),
        *(Task(service_key, windows, days, jitter_seconds=0.02) for windows in WINDOWS),
        Task(service_key, "fixed", days, jitter_seconds=0.5),
    ]


def line(result: Result) -> str:
    task = result.task
    extra = f" others {task.others:.0%}" if task.others else ""
    extra += f" jitter {task.jitter_seconds * 1000:.0f} ms" if task.jitter_seconds else ""
    refused = ", ".join(f"{n} {unit}" for unit, n in sorted(result.refused.items()))
    return (
        f"{task.rules.name:22}{task.windows + extra:24}{result.used:>11,}{result.share:>8.1%}"
        f"{sum(result.refused.values()):>7}{result.orders:>10,}{result.held / max(result.used, 1):>8.3f}"
        f"{result.seconds:>7.0f} s  {refused}"
    )


def main(days: float) -> int:
    print(
        f"{'rule set':22}{'windows':24}{'calls':>11}{'used':>8}{'429s':>7}{'orders':>10}"
        f"{'held':>8}{'took':>8}"
    )
    failed = 0
    with ProcessPoolExecutor(2) as pool:
        for result in pool.map(simulate, tasks(days)):
            failed += bool(result.refused) or result.share < LEAST_USED
            print(line(result), flush=True)
        print("not promised:")
        for result in pool.map(simulate, harder(days)):
            print(line(result), flush=True)
    print("every rule kept" if not failed else f"{failed} FAILED")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 7))
