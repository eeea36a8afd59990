"""How many calls one order costs in each mode, and which: the figures of docs/calls.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.count_calls import PROTOCOLS, bookings_counted, bookings_report, counted, report
from tests.reference import MODES, Reference, assert_sent_once
from tests.sandbox_client import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "calls.md"
ANEW = "write docs/calls.md anew: python -m tests.count_calls"


@pytest.fixture
def account(unlimited: Sandbox, transactional_db: None, settings: Any) -> Sandbox:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    return unlimited


@pytest.mark.parametrize("mode", MODES)
def test_the_reference_order_arrives_whole(account: Sandbox, mode: str) -> None:
    reference = Reference(account, MODES[mode])
    reference.send("1001")
    assert_sent_once(account, MODES[mode])


def test_no_mode_costs_more_calls_than_promised_and_the_page_tells_them(account: Sandbox) -> None:
    counts = {name: counted(account, mode) for name, mode in MODES.items()}
    for name, (fresh, returning) in counts.items():
        most_fresh, most_returning = MODES[name].most_calls
        assert len(fresh) <= most_fresh, (name, fresh)
        assert len(returning) <= most_returning, (name, returning)
    assert PAGE.read_text().startswith(report(counts)), ANEW


def test_the_page_tells_the_calls_of_bookings(account: Sandbox) -> None:
    counts = {name: bookings_counted(account, name) for name in PROTOCOLS}
    assert PAGE.read_text().endswith(bookings_report(counts)), ANEW
