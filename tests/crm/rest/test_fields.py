"""Custom fields: each text becomes the kind of value its field takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm.list_records import CustomField, FieldObject
from crm.rest.fields import content, merged, written


def field(kind: str) -> CustomField:
    return CustomField(object=FieldObject.CONTACT, id=5, name="_X", label="X", type=kind)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", " a, b ", " a, b "),
        ("text", "5", "5"),
        ("whole_number", " 5 ", 5),
        ("whole_number", "five", "five"),
        ("decimal_number", "2.50", Decimal("2.50")),
        ("currency", "1,000", "1,000"),
        ("percent", "NaN", "NaN"),
        ("yes_no", "1", 1),
        ("yes_no", "Yes", "Yes"),
        ("date", "2026-01-02", "2026-01-02"),
        ("date", "2026-01-02T03:04:05+00:00", "2026-01-02"),
        ("date", "tomorrow", "tomorrow"),
        ("date_time", "2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05.000Z"),
        ("date_time", "2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("list_box", "S, M,", ["S", "M"]),
        ("dropdown", "S, M", "S, M"),
    ],
)
def test_a_text_becomes_what_the_field_takes(kind: str, text: str, value: Any) -> None:
    assert content(field(kind), text) == value


def test_what_is_there_goes_along() -> None:
    there: Any = [{"id": "1", "content": "a"}, {"id": 5, "content": "old"}, {"id": "7", "content": None}]
    assert merged(there, {5: "new", 9: 3}) == [
        {"id": "1", "content": "a"},
        {"id": "5", "content": "new"},
        {"id": "9", "content": 3},
    ]
    assert written({}) == []
