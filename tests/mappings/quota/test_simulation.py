"""The simulated week in short: as many hours as it takes to use up a day's quota.

`python -m tests.simulate_week` runs it all.
"""

from __future__ import annotations

import pytest

from tests.simulate_week import LEAST_USED, RULE_SETS, WINDOWS, Result, RuleSet, Task, simulate

pytestmark = pytest.mark.embedded  # no database in it

MINUTE = 1 / (24 * 60)  # of a day
A_DAYS_QUOTA = 0.12  # of a day, in which a service key's quota of it can be used up


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_service_key_is_used_up_and_never_refused(windows: str) -> None:
    result = simulate(Task(RULE_SETS[0], windows, A_DAYS_QUOTA))
    assert not result.refused and result.share >= LEAST_USED


def test_two_days_of_a_key_with_midnight_between_them() -> None:
    result: Result = simulate(Task(RULE_SETS[0], "sliding", 1 + A_DAYS_QUOTA))
    assert not result.refused and result.share >= LEAST_USED


def test_the_app_binds_where_its_clients_together_may_more() -> None:
    eight = RuleSet("app ceiling", "oauth", "oauth_client", keys=8, apps=1, workers=120, quota=250_000)
    result = simulate(Task(eight, "sliding", 2 * MINUTE))
    assert not result.refused and 17_000 <= result.used <= 20_000


def test_ten_minutes_at_the_pace_of_the_second() -> None:
    result = simulate(Task(RULE_SETS[2], "spike", 10 * MINUTE))
    assert not result.refused and result.used / 600 >= 24.4
