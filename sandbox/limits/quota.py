"""The quotas of the CRM's gateway as arithmetic: no clock, no thread, no HTTP, so a simulation can use it.

    quota = Quota(QuotaRules(enforce=True))
    caller = Caller("oauth_client", holder="client-1", app="demo")
    refusal = quota.take(caller, now=1_790_000_000.25)
    if refusal:                                      # this call would have been answered 429
        later = 1_790_000_000.25 + refusal.wait_seconds

`now` is in seconds since 1970 UTC, from whatever clock the caller keeps; an instance is not thread-safe.
A day is a UTC day. Limits are from the vendor's "API token quota and usage measurements", the older
OAuth rule from its former edition; `None` is no limit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from sandbox.limits.rate_windows import KINDS, Bucket, Window

SECONDS = {"second": 1, "minute": 60, "day": 86_400}
APP = "app"


@dataclass(frozen=True)
class Limits:
    second: int | None
    minute: int | None
    day: int | None


VENDOR_LIMITS = {
    "service_key": Limits(10, 240, 30_000),
    "oauth_client": Limits(25, 1_500, 150_000),
    "oauth_client_old": Limits(25, None, 125_000),
    APP: Limits(None, 10_000, 250_000),
}
NO_LIMITS = {kind: Limits(None, None, None) for kind in VENDOR_LIMITS}


@dataclass
class LegacyRule:
    """The legacy door: a full store of calls that grows by `per_second`; `waiting` may stand in line."""

    per_second: float = 2.0
    stored: int = 10_000
    waiting: int = 3


@dataclass
class QuotaRules:
    enforce: bool = False
    second: Literal["spike", "fixed", "sliding"] = "spike"
    minute: Literal["fixed", "sliding"] = "fixed"
    refused_count: bool = False
    limits: dict[str, Limits] = field(default_factory=lambda: dict(VENDOR_LIMITS))
    legacy: LegacyRule = field(default_factory=LegacyRule)


@dataclass(frozen=True)
class Caller:
    """`kind` names its limits. Callers with one `holder` share those, callers of one `app` that app's."""

    kind: str
    holder: str
    app: str


@dataclass(frozen=True)
class Usage:
    """One limit: `used` in the window that holds now. A spike arrest counts nothing."""

    limit: int
    used: int


@dataclass(frozen=True)
class Violation:
    """Which limit refused; after `wait_seconds` (if nobody else calls) it no longer would."""

    scope: str
    unit: str
    limit: int
    wait_seconds: float


class Quota:
    """Counts always; refuses where the rules enforce. `over` counts what was or would have been refused."""

    def __init__(self, rules: QuotaRules | None = None) -> None:
        self.rules = rules or QuotaRules()
        self.over: Counter[str] = Counter()
        self._windows: dict[tuple[bool, str, str], Window] = {}
        self._legacy: dict[str, Bucket] = {}

    def take(self, caller: Caller, now: float) -> Violation | None:
        """Count one call, or refuse it; a refused one consumes nothing unless `refused_count`.

        Of several limits that refuse, the one with the longest wait is named.
        """
        limits = self._limits(caller)
        found = [
            Violation(scope, unit, limit, window.wait_seconds(limit, now))
            for scope, unit, limit, window in limits
            if not window.has_room(limit, now)
        ]
        if not (found and self.rules.enforce) or self.rules.refused_count:
            for _, _, _, window in limits:
                window.add(now)
        if not found:
            return None
        self.over.update(f"{one.scope}.{one.unit}" for one in found)
        return max(found, key=lambda one: one.wait_seconds) if self.rules.enforce else None

    def usage(self, caller: Caller, now: float) -> dict[tuple[str, str], Usage]:
        """How much of each limit on a caller is used, by (`kind` or `app`, unit)."""
        return {
            (scope, unit): Usage(limit, window.used(now))
            for scope, unit, limit, window in self._limits(caller)
        }

    def spend(self, caller: Caller, calls: int, now: float) -> None:
        """Use up part of the quota, as another program with the same key would."""
        for _, _, _, window in self._limits(caller):
            window.add(now, calls)

    def take_legacy(self, app: str, now: float) -> bool:
        """Take one stored call of the legacy door, or say that there is none."""
        rule = self.rules.legacy
        bucket = self._legacy.setdefault(app, Bucket(rule.stored, now))
        taken = bucket.take(rule.per_second, rule.stored, now)
        self.over.update([] if taken else ["legacy"])
        return taken or not self.rules.enforce

    def forget(self, unit: str) -> None:
        """Start the counts of one unit anew (its kind of window changed), or those of the legacy door."""
        if unit == "legacy":
            self._legacy.clear()
        self._windows = {key: window for key, window in self._windows.items() if key[2] != unit}

    def _limits(self, caller: Caller) -> list[tuple[str, str, int, Window]]:
        """The limits on a caller with their windows: its own first, then those of its app."""
        found = []
        for scope, holder in ((caller.kind, caller.holder), (APP, caller.app)):
            limits = self.rules.limits[scope]
            for unit, limit in (("second", limits.second), ("minute", limits.minute), ("day", limits.day)):
                if limit is None:
                    continue
                key = (scope == APP, holder, unit)
                if key not in self._windows:
                    kind = "fixed" if unit == "day" else getattr(self.rules, unit)
                    self._windows[key] = KINDS[kind](SECONDS[unit])
                found.append((scope, unit, limit, self._windows[key]))
        return found
