"""What the CRM's replies say of its limits and of what is used, and how the ledger follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.access.quota.decide import PACE_MARGIN, SLACK_SECONDS, SLOTS, ScopeState, day_ends, in_window
from mappings.access.quota.limits import Limits

PRODUCT_DAY = "x-keap-product-quota"
MINUTES = {"key": "x-keap-product-throttle", "app": "x-keap-tenant-throttle"}
SPIKE = "x-keap-product-spike-limit"  # "10ps", "300pm"
SPIKE_TEXT = re.compile(r"(\d{1,6})p([sm])", re.ASCII)
MOST = 10**9


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedUsage:
    """The CRM's figures for one scope; None is "not said". `day_expires` is seconds since 1970."""

    day_limit: int | None = None
    day_used: int | None = None
    day_expires: float | None = None
    minute_limit: int | None = None
    minute_used: int | None = None
    per_second: float | None = None


def usage_of_key(headers: Mapping[str, str]) -> ReportedUsage:
    """What the headers say of the key, or of the OAuth client; lower-case names."""
    day_limit, day_used = _window(headers, PRODUCT_DAY, "day")
    minute_limit, minute_used = _window(headers, MINUTES["key"], "minute")
    expires = _number(headers.get(f"{PRODUCT_DAY}-expiry-time", ""), most=10**15)
    return ReportedUsage(
        day_limit=day_limit,
        day_used=day_used,
        day_expires=None if expires is None else expires / 1000,
        minute_limit=minute_limit,
        minute_used=minute_used,
        per_second=_spike(headers.get(SPIKE, "")),
    )


def usage_of_app(headers: Mapping[str, str]) -> ReportedUsage:
    """What the headers say of the app: its minute alone."""
    minute_limit, minute_used = _window(headers, MINUTES["app"], "minute")
    return ReportedUsage(minute_limit=minute_limit, minute_used=minute_used)


def news(
    state: ScopeState, limits: Limits, reported: ReportedUsage, *, now: float, started_at: float
) -> bool:
    """Whether `reported` would change the state, which must be rolled to `now`."""
    return bool(
        _reported_limits(state, limits, reported)
        or _day_excess(state, reported, started_at)
        or _minute_excess(state, reported, now, started_at)
    )


def follow(
    state: ScopeState, limits: Limits, reported: ReportedUsage, *, now: float, started_at: float
) -> None:
    """Take over what the CRM says: its limits, and calls of others with the same key or app.

    A figure is only ever raised to the CRM's, for it does not know of our calls that are on their way.
    """
    limits_reported = _reported_limits(state, limits, reported)
    state.reported |= limits_reported
    if "per_second" in limits_reported:  # the call just made was followed by too short a gap
        state.next_slot = max(state.next_slot, now + 1 / (limits_reported["per_second"] * PACE_MARGIN))
    state.used += _day_excess(state, reported, started_at)
    state.sent[state.tick % SLOTS] += _minute_excess(state, reported, now, started_at)


def _reported_limits(state: ScopeState, limits: Limits, reported: ReportedUsage) -> dict[str, Any]:
    said = {
        "per_day": reported.day_limit,
        "per_minute": reported.minute_limit,
        "per_second": reported.per_second,
    }
    return {
        name: limit
        for name, limit in said.items()
        if limit is not None and limit != state.reported.get(name, getattr(limits, name))
    }


def _day_excess(state: ScopeState, reported: ReportedUsage, started_at: float) -> int:
    """Calls of this day that are not ours; a reply that may speak of another day says nothing."""
    if reported.day_used is None:
        return 0
    ends = day_ends(state)
    if started_at < ends - 86_400 or (
        reported.day_expires is not None and abs(reported.day_expires - ends) > 60
    ):
        return 0
    return max(reported.day_used - state.used, 0)


def _minute_excess(state: ScopeState, reported: ReportedUsage, now: float, started_at: float) -> int:
    if reported.minute_used is None or now - started_at > SLACK_SECONDS:
        return 0
    return max(reported.minute_used - in_window(state), 0)


def _window(headers: Mapping[str, str], name: str, unit: str) -> tuple[int | None, int | None]:
    """Limit and used of one window; nothing if it is not one `unit` long. What leaves less wins."""
    if headers.get(f"{name}-time-unit", unit) != unit or headers.get(f"{name}-interval", "1") != "1":
        return None, None
    limit, used = _number(headers.get(f"{name}-limit", "")), _number(headers.get(f"{name}-used", ""))
    available = _number(headers.get(f"{name}-available", ""))
    if limit is not None and available is not None:
        used = max(used or 0, limit - available)
    return limit or None, used


def _spike(text: str) -> float | None:
    found = SPIKE_TEXT.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        return None
    return int(found[1]) / (1 if found[2] == "s" else 60)


def _number(text: str, *, most: int = MOST) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most else None
