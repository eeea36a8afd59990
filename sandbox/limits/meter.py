"""The gateway's quotas on the sandbox's clock: its headers, its 429, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import ceil
from threading import Event, Lock
from typing import Any

from sandbox.clock import utc_now
from sandbox.limits.quota import (
    APP,
    SECONDS,
    VENDOR_LIMITS,
    Caller,
    Limits,
    Quota,
    QuotaRules,
    Usage,
    Violation,
)
from sandbox.problems import EpochOver
from sandbox.reply import Reply, json_reply
from sandbox.shapes import Reader, one_of, read_flag, read_members, read_whole

OAUTH_KINDS = ("oauth_client", "oauth_client_old")
SPIKE_REPORTED = ("service_key",)  # the vendor's headers do not say the spike limit of an OAuth client
BODIES = ("fault", "message")
WINDOW_KINDS = {"second": ("spike", "fixed", "sliding"), "minute": ("fixed", "sliding")}
LEGACY_READERS: dict[str, Reader] = dict.fromkeys(("per_second", "stored", "waiting"), read_whole)
POLL_SECONDS = 0.02
DAY_MS = 86_400_000
Used = dict[tuple[str, str], Usage]


class Meter:
    """`oauth_kind` is the rule for OAuth clients; `retry_after` adds that header to a refusal."""

    def __init__(self, limits: Mapping[str, Limits] = VENDOR_LIMITS) -> None:
        self.oauth_kind = OAUTH_KINDS[0]
        self.retry_after = False
        self.body = BODIES[0]
        self._quota = Quota(QuotaRules(limits=dict(limits)))
        self._in_line = 0
        self._lock = Lock()

    def take(self, caller: Caller) -> tuple[dict[str, str], Reply | None]:
        """Count one call; give the headers that report it and, over a limit that is enforced, the refusal."""
        now = utc_now().timestamp()
        with self._lock:
            refusal = self._quota.take(caller, now)
            headers = _headers(caller.kind, self._quota.usage(caller, now), now)
        if refusal is None:
            return headers, None
        wait = {"retry-after": str(ceil(refusal.wait_seconds))} if self.retry_after else {}
        content = _refusal(refusal) if self.body == BODIES[0] else {"message": "Too Many Requests"}
        return headers, json_reply(429, content, wait)

    def take_legacy(self, app: str, epoch: Event) -> bool:
        """Take one call of the legacy door, waiting for it in a short line; False when the line is full.

        Raises EpochOver if a reset ends the waiting.
        """
        if self._take_legacy(app):
            return True
        with self._lock:
            if self._in_line >= self._quota.rules.legacy.waiting:
                return False
            self._in_line += 1
        try:
            while not epoch.wait(POLL_SECONDS):
                if self._take_legacy(app):
                    return True
        finally:
            with self._lock:
                self._in_line -= 1
        raise EpochOver

    def _take_legacy(self, app: str) -> bool:
        with self._lock:
            return self._quota.take_legacy(app, utc_now().timestamp())

    def spend(self, caller: Caller, calls: int) -> None:
        with self._lock:
            self._quota.spend(caller, calls, utc_now().timestamp())

    def change(self, wanted: dict[str, Any]) -> None:
        """Take all of `wanted` or, with a ValueError that says why, nothing."""
        rules = self._quota.rules
        readers: dict[str, Reader] = {
            "enforce": read_flag,
            "refused_count": read_flag,
            "retry_after": read_flag,
            "body": one_of(*BODIES),
            "oauth_kind": one_of(*OAUTH_KINDS),
            "limits": self._read_limits,
            "legacy": lambda name, given: replace(rules.legacy, **read_members(name, given, LEGACY_READERS)),
            **{unit: one_of(*kinds) for unit, kinds in WINDOW_KINDS.items()},
        }
        found = read_members("the quota", wanted, readers)
        with self._lock:
            for name, value in found.items():
                setattr(self if hasattr(self, name) else rules, name, value)
                if name in (*WINDOW_KINDS, "legacy"):
                    self._quota.forget(name)

    def _read_limits(self, name: str, given: Any) -> Any:
        """Lay the given limits over those there are; null lifts one."""
        limits = dict(self._quota.rules.limits)
        kinds = read_members(name, given, {kind: lambda _, units: units for kind in limits})
        for kind, units in kinds.items():
            unit_readers = {unit: lambda _, n: n if n is None else read_whole(_, n) for unit in SECONDS}
            limits[kind] = replace(limits[kind], **read_members(f"limits.{kind}", units, unit_readers))
        return limits

    def as_dict(self) -> dict[str, Any]:
        """The settings, how often each limit was broken (enforced or not), who waits at the legacy door."""
        with self._lock:
            settings = {"oauth_kind": self.oauth_kind, "retry_after": self.retry_after, "body": self.body}
            seen = {"over": dict(self._quota.over), "in_line": self._in_line}
            return {**asdict(self._quota.rules), **settings, **seen}


def _headers(kind: str, used: Used, now: float) -> dict[str, str]:
    headers = {
        **_counted("product-quota", "day", used.get((kind, "day"))),
        "x-keap-product-quota-expiry-time": str((int(now * 1000) // DAY_MS + 1) * DAY_MS),
        **_counted("product-throttle", "minute", used.get((kind, "minute"))),
    }
    spike = used.get((kind, "second"))
    if spike is not None and kind in SPIKE_REPORTED:
        headers["x-keap-product-spike-limit"] = f"{spike.limit}ps"
    return headers | _counted("tenant-throttle", "minute", used.get((APP, "minute")))


def _counted(name: str, unit: str, usage: Usage | None) -> dict[str, str]:
    if usage is None:
        return {}
    return {
        f"x-keap-{name}-limit": str(usage.limit),
        f"x-keap-{name}-time-unit": unit,
        f"x-keap-{name}-interval": "1",
        f"x-keap-{name}-available": str(max(usage.limit - usage.used, 0)),
        f"x-keap-{name}-used": str(usage.used),
    }


def _refusal(violation: Violation) -> dict[str, Any]:
    """Apigee's texts for its two policies; the identifier is its word for `no identifier`."""
    if violation.unit == "second":
        rate = f"messagesPerPeriod={violation.limit}, periodInMicroseconds=1000000, maxBurstMessageCount=1.0"
        text, code = f"Spike arrest violation. Allowed rate : MessageRate{{{rate}}}", "SpikeArrestViolation"
    else:
        text = "Rate limit quota violation. Quota limit  exceeded. Identifier : _default"
        code = "QuotaViolation"
    return {"fault": {"faultstring": text, "detail": {"errorcode": f"policies.ratelimit.{code}"}}}
