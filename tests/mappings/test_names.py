from __future__ import annotations

import pytest

from mappings.names import names_join, names_read, names_split, near_miss


def test_a_list_is_written_as_it_is_read():
    names = ("VIP", "Cats, dogs", '5" leash', '"')
    assert names_read(names_join(names)) == names


def test_marks_that_do_not_pair_are_told():
    with pytest.raises(ValueError, match="do not pair"):
        names_read('"Cats, dogs')


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ,", ()),
        ("VIP", ("VIP",)),
        (" VIP ,Dog owner,VIP,\nvip", ("VIP", "Dog owner", "vip")),
        ('VIP, "Cats, dogs"', ("VIP", "Cats, dogs")),
        ('"5"" leash",  "Cats, dogs"', ('5" leash', "Cats, dogs")),
        ("Gold\r\nSilver\n", ("Gold", "Silver")),
        ('"Cats, dogs', ('"Cats', "dogs")),
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
