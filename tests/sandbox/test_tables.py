"""The sandbox's tables against the collected vendor material, column by column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.records import NOUNS
from sandbox.tables.tables import TABLES

MATERIAL = Path(__file__).resolve().parents[3] / "shared" / "infusionsoft" / "tables.json"
PUBLISHED = [name for name, table in TABLES.items() if table.access]
LETTERS = {"Add": "a", "Edit": "e", "Delete": "d", "Read": "r"}


@pytest.fixture(scope="module")
def material() -> dict[str, Any]:
    if not MATERIAL.exists():
        pytest.skip("the collected vendor material is not beside this checkout")
    content: dict[str, Any] = json.loads(MATERIAL.read_text())
    return content


def letters(access: str) -> set[str]:
    return {LETTERS[word] for word in access.split(",")}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_table_is_as_published(material: dict[str, Any], name: str) -> None:
    table, published = TABLES[name], material[name]
    assert table.columns.keys() == published.keys()
    for column, facts in published.items():
        if facts["type"] != "unknown":
            assert (column, table.columns[column].type) == (column, facts["type"])
        if facts["access"] != "unknown":
            assert (column, set(table.columns[column].access)) == (column, letters(facts["access"]))
    rights = material["_meta"]["table_access"].get(name)
    assert rights is None or set(table.access) == letters(rights)


def test_every_table_a_caller_may_write_has_a_word_for_its_effects() -> None:
    assert NOUNS.keys() == {name for name, table in TABLES.items() if set(table.access) & set("aed")}


def test_every_published_table_is_there(material: dict[str, Any]) -> None:
    assert set(PUBLISHED) == material.keys() - {"_meta"}
