"""Limits as data: what a deployment may set, and that a slip is found before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.access.quota.limits import LIMITS, check_limits, limits_of


def test_a_deployment_may_set_some_numbers_of_a_kind(settings: Any) -> None:
    settings.CRM_LIMITS = {"oauth": {"per_day": 125_000, "per_minute": None}}
    limits = limits_of("oauth")
    assert (limits.per_second, limits.per_minute, limits.per_day) == (25, None, 125_000)
    assert limits.is_ceiling and limits_of("app") == LIMITS["app"]
    assert check_limits(None) == []


@pytest.mark.parametrize(
    "slip",
    [
        {"oauht": {"per_day": 1}},
        {"oauth": {"per_hour": 1}},
        {"oauth": {"per_day": 0}},
        {"oauth": {"per_day": "many"}},
        {"oauth": {"per_second": None}},
        {"oauth": {"per_day": True}},
        {"oauth": 5},
    ],
)
def test_a_slip_is_found_at_start_up(settings: Any, slip: Any) -> None:
    settings.CRM_LIMITS = slip
    assert [message.id for message in check_limits(None)] == ["mappings.E010"]
