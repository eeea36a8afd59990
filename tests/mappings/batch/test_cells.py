"""Cells survive the way into a file and back, and no spreadsheet runs them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.batch.cells import (
    CellWrong,
    action_sets_read,
    action_sets_write,
    goals_read,
    goals_write,
    guard,
    product_read,
    tags_read,
    tags_write,
    unguard,
)
from mappings.batch.export import csv_pieces
from mappings.batch.files import rows_read
from mappings.batch.workbooks import decoded, encoded, workbook_rows, workbook_write

NASTY = st.one_of(
    st.text(alphabet="',\"/;\\=+-@_x0F1 \t\r\na😀é＝", min_size=1, max_size=20),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20),
)
NAMES = NASTY.map(str.strip).filter(bool)


@given(st.sets(NAMES, max_size=5))
def test_tags_round_trip(names: set[str]) -> None:
    values: Any = {(name,) for name in names}
    assert tags_read(unguard(guard(tags_write(values)))) == values if names else True


@given(st.sets(st.tuples(NAMES, NAMES), min_size=1, max_size=5))
def test_goals_round_trip(goals: set[tuple[str, str]]) -> None:
    values: Any = goals
    assert goals_read(unguard(guard(goals_write(values)))) == values


@given(st.sets(st.integers(1, 2**31 - 1), min_size=1, max_size=9))
def test_action_sets_round_trip(ids: set[int]) -> None:
    values: Any = {(number,) for number in ids}
    assert action_sets_read(action_sets_write(values)) == values


@given(NASTY)
def test_no_guarded_text_is_a_formula_and_the_guard_comes_off(text: str) -> None:
    assert guard(text)[0] not in "=+-@\t\r\n＝＋－＠"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["'quoted'", "plain", "'", "", "it's"])
def test_an_apostrophe_that_guards_nothing_stays(text: str) -> None:
    assert guard(text) == unguard(text) == text


@given(NASTY)
def test_a_workbook_s_text_round_trips(text: str) -> None:
    assert decoded(encoded(text)) == text


@given(st.lists(st.lists(NAMES, min_size=2, max_size=3), min_size=1, max_size=4))
def test_both_kinds_of_file_round_trip_cells(rows: list[list[str]]) -> None:
    rows = [["Item ID", "Goals", "Folder ID"], *([*row, ""][:3] for row in rows)]
    written = [[guard(cell) for cell in row] for row in rows]
    read = [[unguard(cell) for cell in row] for _, row in rows_read(b"".join(csv_pieces(written)))]
    assert read == rows
    file = io.BytesIO()
    workbook_write(written, file)
    found = [[unguard(cell) for cell in row[:3]] for row in workbook_rows(file.getvalue())]
    assert found == rows


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "2147483648", "seven", "１", "1 2"])
def test_a_product_id_is_a_whole_number(text: str) -> None:
    with pytest.raises(CellWrong, match="whole number"):
        product_read(text)


@pytest.mark.parametrize("text", ["shop", "a/b/c", "/b", "a/", "a;b", r"a\/b"])
def test_a_goal_has_two_names(text: str) -> None:
    with pytest.raises(CellWrong, match="integration name/call name"):
        goals_read(text)


def test_lists_are_read_as_people_type_them() -> None:
    assert tags_read('Dog owner ,"Bones, large", , 5" leash,Dog owner') == {
        ("Dog owner",),
        ("Bones, large",),
        ('5" leash',),
    }
    assert action_sets_read("12,15 ; 7\n9") == {(12,), (15,), (7,), (9,)}
    assert goals_read(r" shop / bought ;; club\/2026/a\;b ") == {("shop", "bought"), ("club/2026", "a;b")}


@pytest.mark.parametrize("text", ['"open', '"a"b, c', "x" * 201])
def test_a_wrong_list_of_tags_says_what_to_write(text: str) -> None:
    with pytest.raises(CellWrong, match=r"quote|characters"):
        tags_read(text)
