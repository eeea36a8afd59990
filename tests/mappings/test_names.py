from __future__ import annotations

import pytest

from mappings.names import names_split, near_miss


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ,", ()),
        ("VIP", ("VIP",)),
        (" VIP ,Dog owner,VIP,\nvip", ("VIP", "Dog owner", "vip")),
    ],
)
def test_a_comma_separated_list(text: str, names: tuple[str, ...]) -> None:
    assert names_split(text) == names


@pytest.mark.parametrize(
    ("name", "known", "other"),
    [
        ("vip", ["Gold", "VIP"], "VIP"),
        ("Dog  owner", ["Dog owner"], "Dog owner"),
        ("Dogowner", ["Dog owner"], "Dog owner"),
        ("VIP", ["VIP"], None),
        ("VIP", ["VIPs"], None),
        ("VIP", [], None),
    ],
)
def test_a_near_miss_differs_in_letter_case_or_blanks(name: str, known: list[str], other: str | None) -> None:
    assert near_miss(name, known) == other
