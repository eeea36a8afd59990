from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Clock
from tests.sandbox.conftest import GATEWAY, LEGACY, Wire
from tests.sandbox_client import Sandbox

NEW_YEAR = "2027-01-01T00:30:00+00:00"


def test_a_frozen_clock_stands_until_it_is_advanced(sandbox: Sandbox) -> None:
    assert sandbox.clock(set=NEW_YEAR, frozen=True)["now"] == NEW_YEAR
    assert sandbox.clock() == {"now": NEW_YEAR, "crm_now": "2026-12-31T19:30:00", "mode": "frozen"}
    assert sandbox.clock(advance=90.5)["now"] == "2027-01-01T00:31:30.500000+00:00"
    assert sandbox.clock()["mode"] == "frozen"


def test_a_shifted_clock_goes_on_from_where_it_was_set() -> None:
    clock = Clock()
    moment = datetime(2030, 5, 1, tzinfo=UTC)
    clock.set(moment)
    first = clock.now()
    assert moment <= first < moment + timedelta(minutes=5)
    clock.advance(3600)
    assert clock.now() >= first + timedelta(hours=1)
    assert clock.as_dict()["mode"] == "shifted"
    clock.real()
    assert clock.now() <= datetime.now(UTC)
    assert clock.as_dict()["mode"] == "real"


def test_rows_calls_and_effects_follow_the_clock(crm: Wire) -> None:
    crm.sandbox.clock(set=NEW_YEAR, frozen=True)
    contact = crm("ContactService.add", {"Email": "ann@example.com"})
    assert crm("ContactService.load", contact, ["DateCreated"]) == {
        "DateCreated": datetime(2026, 12, 31, 19, 30)
    }
    assert crm.sandbox.calls()[0]["started"] == NEW_YEAR
    assert crm.sandbox.effects()[0]["at"] == NEW_YEAR


def test_the_header_date_follows_the_clock(crm: Wire) -> None:
    crm.sandbox.clock(set=NEW_YEAR, frozen=True)
    for path in (LEGACY, GATEWAY):
        assert crm.post(b"", path)[1]["date"] == "Fri, 01 Jan 2027 00:30:00 GMT"


def test_a_reset_makes_it_real_again(sandbox: Sandbox) -> None:
    sandbox.clock(set=NEW_YEAR, frozen=True)
    sandbox.reset()
    assert sandbox.clock()["mode"] == "real"


@pytest.mark.parametrize(
    "wrong",
    [
        {"set": "2027-01-01T00:00:00"},
        {"set": "soon"},
        {"set": "0001-01-01T00:00:00Z"},
        {"set": NEW_YEAR, "advance": 1},
        {"advance": -1},
        {"advance": 1e300},
        {"advance": float("nan")},
        {"advance": True},
        {"advance": 1, "frozen": True},
        {"real": False},
        {"later": 1},
        {"frozen": True},
    ],
)
def test_a_wrong_order_is_refused_and_changes_nothing(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    with pytest.raises(RuntimeError):
        sandbox.clock(**wrong)
    assert sandbox.clock()["mode"] == "real"
