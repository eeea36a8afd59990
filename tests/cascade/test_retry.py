from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.checks import run_checks

from cascade.engine.retry import DELAYS_SECONDS, costs_attempt, next_attempt_at
from cascade.errors import EffectInDoubt, SettleWait
from crm.errors import (
    CardCharged,
    ConfigurationError,
    CrmRejected,
    HeldBack,
    NotSent,
    OutcomeUnknown,
    Throttled,
    TransientError,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "failures", "at_least", "at_most"),
    [
        (TransientError("x"), 0, 5, 6),
        (NotSent("x"), 1, 15, 18),
        (TransientError("x"), 2, 60, 72),
        (TransientError("x", retry_after_seconds=500), 0, 500, 500),
        (TransientError("x"), len(DELAYS_SECONDS) - 1, 14400, 17280),
        (Throttled("x"), 999, 30, 30),
        (Throttled("x", retry_after_seconds=90), 0, 90, 90),
        (HeldBack("x", retry_after_seconds=0.5), 999, 0.5, 0.5),
        (HeldBack("x", retry_after_seconds=80_000), 0, 80_000, 80_000),
        (OutcomeUnknown("x"), 0, 2, 2),
        (OutcomeUnknown("x"), 3, 300, 360),
    ],
)
def test_each_class_has_its_schedule(error, failures, at_least, at_most):
    at = next_attempt_at(error, failures, NOW, Random(1))
    assert timedelta(seconds=at_least) <= at - NOW <= timedelta(seconds=at_most)


@pytest.mark.parametrize(
    ("error", "failures"),
    [(CrmRejected("x"), 0), (ConfigurationError("x"), 0), (TransientError("x"), len(DELAYS_SECONDS))],
)
def test_what_cannot_get_better_is_not_tried_again(error, failures):
    assert next_attempt_at(error, failures, NOW, Random(1)) is None


def test_what_a_person_must_look_at_is_not_tried_again():
    charged = CardCharged("x", detail="", label="", order_id=1, invoice_id=2)
    for error in (charged, EffectInDoubt("goal:a:b")):
        assert next_attempt_at(error, 0, NOW, Random(1)) is None


def test_the_schedule_lasts_just_under_72_hours():
    assert 71 * 3600 < sum(DELAYS_SECONDS) < 72 * 3600


def test_waiting_for_a_quota_or_to_settle_costs_no_attempt():
    wait = SettleWait(NOW + timedelta(seconds=60))
    assert next_attempt_at(wait, 99, NOW, Random(1)) == NOW + timedelta(seconds=60)
    assert not costs_attempt(wait)
    assert not costs_attempt(Throttled("x"))
    assert not costs_attempt(HeldBack("x"))
    assert costs_attempt(NotSent("x"))
    assert costs_attempt(TransientError("x"))


@pytest.mark.parametrize(("settle", "read", "found"), [(60, 30, 0), (30.5, 30, 0), (30, 30, 1), (5, 30, 1)])
def test_a_settle_time_within_a_call_s_own_time_is_an_error_at_the_start(settings, settle, read, found):
    settings.SETTLE_SECONDS, settings.CRM_READ_TIMEOUT_SECONDS = settle, read
    messages = [message for message in run_checks() if message.id == "cascade.E001"]
    assert len(messages) == found
    assert all("SETTLE_SECONDS" in message.msg and message.hint for message in messages)
