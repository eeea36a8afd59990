from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from mappings.value_maps import LONGEST_VALUE, value_map_parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("\n  \n", {}),
        ("google = Google Ads", {"google": "Google Ads"}),
        ("Straße=A\r\n\r\nb b = C = D\n", {"strasse": "A", "b b": "C = D"}),
    ],
)
def test_a_line_is_a_shop_value_and_a_crm_value(text: str, expected: dict[str, str]) -> None:
    assert value_map_parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = b\nno sign", "Line 2 of the value map: write “no sign”"),
        ("= b", "Line 1"),
        ("a =", "Line 1"),
        ("a = b\n\nA = c", "Line 3 of the value map: “A” is there already"),
        (f"{'x' * (LONGEST_VALUE + 1)} = b", "at most 200"),
        ("z" * 4000, "z" * 40 + "…”"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        value_map_parse(text)
    assert words in refused.value.messages[0]
