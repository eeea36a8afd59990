from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.http.redact import CARD_MASK, MASK, MAX_CHARACTERS, Redactor

SECRET = "s3cr3t.key+value"


@pytest.mark.parametrize(
    "secret",
    [
        "KeapAK-5f3a9c1d2e-x_y.z",
        "0123456789abcdef0123456789ABCDEF",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        SECRET,
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "378282246310005",
    ],
)
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    redactor = Redactor([SECRET])
    for shown in (
        redactor.text(f"before {secret} after"),
        redactor.readable({"a": [f"key={secret};", {"b": secret}]}),
    ):
        assert secret not in shown
        assert MASK in shown or CARD_MASK in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef123456", f"Authorization: Bearer {MASK}"),
        ("?access_token=abc123&x=1", f"?access_token={MASK}&x=1"),
    ],
)
def test_a_token_is_masked_by_what_stands_before_it(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        "shop order 1001",
        "4111 1111 1111 1112",  # no card number: its check digit is wrong
        "(555) 123-4567",
        "20261120T17:12:28",
        "22.960000000000001",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor(["abc"]).text(text) == text


def test_values_are_shown_as_compact_json() -> None:
    value = ["Job", {"N": Decimal("1E+2")}, True, None, datetime(2026, 1, 1, tzinfo=UTC), "é"]
    assert Redactor().readable(value) == '["Job", {"N": "100"}, true, null, "2026-01-01T00:00:00+00:00", "é"]'


def test_what_is_shown_is_bounded() -> None:
    redactor = Redactor([SECRET])
    assert len(redactor.text("x" * 100_000)) == MAX_CHARACTERS
    assert redactor.readable(["x" * 100_000, "y"]).endswith("x…")


@given(st.integers(1, 60))
def test_a_cut_never_leaves_a_part_of_a_secret(limit: int) -> None:
    redactor = Redactor([SECRET])
    for shown in (redactor.text(f"a {SECRET} b {SECRET}", limit), redactor.readable([SECRET, SECRET], limit)):
        assert SECRET[:4] not in shown and len(shown) <= limit
