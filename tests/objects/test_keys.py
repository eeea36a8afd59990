from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from objects.keys import name_key, object_key

ALIKE = [
    ("Smith & Doe, Inc.", "smith doe inc"),
    ("  SMITH-DOE   INC", "smith doe inc"),
    ("Ｓｍｉｔｈ Doe, inc", "smith doe inc"),
    ("Zoe\u0301 & Co", "zoé co"),
    ("Straße 7", "strasse 7"),
    ("«…»", ""),
]


@pytest.mark.parametrize(("name", "key"), ALIKE)
def test_names_alike_have_one_key(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_key_has_the_parts_of_its_type() -> None:
    zone, late = ZoneInfo("America/New_York"), datetime(2026, 7, 2, 1, 30, 20, tzinfo=UTC)
    assert object_key("company", {"name": "Acme"}, zone) == ("acme",)
    assert object_key("opportunity", {"title": "Deal", "closes_at": late}, zone) == ("deal", "2026-07-01")
    assert object_key("task", {"title": "Call", "due_at": late.isoformat()}, zone) == (
        "call",
        "2026-07-02T01:30Z",
    )
    assert object_key("task", {"title": "Call"}, zone) == ("call", "")
