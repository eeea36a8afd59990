"""The sentences for calls that our own ledger holds back."""

from __future__ import annotations

from crm.errors import HeldBack
from mappings.access.quota.limits import Limits
from mappings.access.quota.window import ScopeState

WHOSE = {
    "app": "of the whole CRM account",
    "oauth": "of this installation, which all its connections share",
    "oauth_older": "of this installation, which all its connections share",
    "legacy": "of the CRM's old address",
    "service_key": "of the key",
}
WAITS = "The rest is sent by itself; nothing needs to be done."


def held_for_pace(state: ScopeState, limits: Limits, kind: str, now: float, wait: float) -> HeldBack:
    """For a second or a minute that is full, or a pause the CRM asked for."""
    if state.held_until > now:
        reason = "The CRM asked for a pause because of too many calls"
    else:
        per_minute = f" and {limits.per_minute:,} a minute" if limits.per_minute else ""
        reason = f"The CRM's limit {WHOSE[kind]} is {limits.per_second:g} calls a second{per_minute}"
    return HeldBack(f"{reason}. {WAITS}", label="quota-pace", retry_after_seconds=wait)


def held_for_day(state: ScopeState, limits: Limits, kind: str, calls: int, wait: float) -> HeldBack:
    """For a day that has not so many calls left."""
    return HeldBack(
        f"Of the CRM's daily quota {WHOSE[kind]}, {state.used:,} of {limits.per_day:,} calls are used, and "
        "the rest is kept for what has begun. More is sent after 00:00 UTC; nothing needs to be done.",
        detail=f"{calls} calls wanted",
        label="quota-day",
        retry_after_seconds=wait,
    )
