"""When a replication is tried again: one decision, testable without a queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from cascade.errors import SettleWait, SubjectAwaited, SubjectChanged
from crm.errors import CrmError, HeldBack, OutcomeUnknown, Throttled, TransientError

# Rows of crm/classify/table.py in which the CRM itself answers, and stumbles over what it was given: an owner
# that is not there is a 500 (WP Fusion 3.44.4), a bad value a fault of code 0, "Failed to invoke method".
OF_ONE_RECORD = frozenset({"unclear", "unexpected", "database", "server-stumbled", "false-config-fault"})

# Together 258,680 seconds: just under 72 hours, after which a person must look.
DELAYS_SECONDS = (5, 15, 60, 300, 900, 1800, 3600, 7200, *(14400,) * 17)
JITTER = 0.2  # each delay is stretched by up to a fifth, so that an outage does not end in one burst
THROTTLED_SECONDS = 30.0
FIRST_PROBE_SECONDS = 2.0


def next_attempt_at(error: CrmError, failures: int, now: datetime, random: Random) -> datetime | None:
    """When to try again after `error`, or None if it is not worth trying.

    `failures` counts the failures before this one; a quota and a settle time cost none (`costs_attempt`).
    The CRM's own `retry_after_seconds` wins where it is longer.
    """
    if isinstance(error, SubjectChanged):
        return now
    if isinstance(error, (SettleWait, SubjectAwaited)):
        return error.not_before
    if isinstance(error, HeldBack):
        return now + timedelta(seconds=error.retry_after_seconds or 0)
    if isinstance(error, Throttled):
        return now + timedelta(seconds=max(THROTTLED_SECONDS, error.retry_after_seconds or 0))
    if not isinstance(error, (TransientError, OutcomeUnknown)) or failures >= len(DELAYS_SECONDS):
        return None
    delay = DELAYS_SECONDS[failures] * (1 + JITTER * random.random())
    if isinstance(error, OutcomeUnknown):
        delay = min(delay, FIRST_PROBE_SECONDS) if failures < 3 else delay
        return now + timedelta(seconds=delay)
    return now + timedelta(seconds=max(delay, error.retry_after_seconds or 0))


def of_one_record(error: CrmError) -> bool:
    """Whether the error may be of this one request alone, so that what does not need it can go on."""
    return error.label in OF_ONE_RECORD


def costs_attempt(error: CrmError) -> bool:
    """Whether the error counts towards the 72 hours."""
    return not isinstance(error, (SettleWait, SubjectAwaited, SubjectChanged, Throttled, HeldBack))


@register()
def check_settle_time(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Look before anything starts whether a call may still be at work when its effect is given up."""
    settle = getattr(settings, "SETTLE_SECONDS", None)  # a host project that only hands orders in has neither
    read = getattr(settings, "CRM_READ_TIMEOUT_SECONDS", None)
    if settle is None or read is None or settle > read:
        return []
    message = f"SETTLE_SECONDS ({settle:g}) is not above CRM_READ_TIMEOUT_SECONDS ({read:g})."
    hint = "An effect may land that late; what is sent again before is in the CRM twice. 60 and 30 are usual."
    return [Error(message, hint=hint, id="cascade.E001")]
