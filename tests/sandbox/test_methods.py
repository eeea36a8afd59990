"""The sandbox's methods against the collected vendor material, and the list of those left out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sandbox.services  # noqa: F401 - registers the methods
from sandbox.services.registry import METHODS

ROOT = Path(__file__).resolve().parents[2]
MATERIAL = ROOT.parent / "shared" / "infusionsoft" / "methods.json"
SAME = {"array<string>": "array", "array<int>": "array", "array<struct>": "array"}
WITHOUT_KEY = {"getUserInfo", "echo"}


@pytest.fixture(scope="module")
def published() -> dict[str, list[dict[str, Any]]]:
    if not MATERIAL.exists():
        pytest.skip("the collected vendor material is not beside this checkout")
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(MATERIAL.read_text())["methods"]:
        found.setdefault(f"{entry['service']}.{entry['method']}", []).append(entry)
    return found


def signatures(entry: dict[str, Any]) -> set[tuple[str, ...]]:
    """All forms of a method: optional arguments left out or given, a choice of types taken either way."""
    forms: set[tuple[str, ...]] = {()}
    for given in entry["params"]:
        kinds = [SAME.get(kind, kind) for kind in given["type"].split("|")]
        longer = {(*form, kind) for form in forms for kind in kinds}
        forms = longer | (forms if given["optional"] else set())
    return forms


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_the_published_arguments(
    published: dict[str, list[dict[str, Any]]], name: str
) -> None:
    known = {form for entry in published[name] for form in signatures(entry)}
    assert set(METHODS[name].signatures) <= known
    assert METHODS[name].keyed is (name.partition(".")[2] not in WITHOUT_KEY)


def test_the_documentation_lists_every_method_that_is_not_offered(
    published: dict[str, list[dict[str, Any]]],
) -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text().partition("## Not offered")[2]
    rows = re.findall(r"^\| (\w+Service) \| (.+) \|$", text, re.MULTILINE)
    listed = [f"{service}.{name}" for service, names in rows for name in names.split(", ")]
    assert sorted(listed) == sorted(n for n in published if n not in METHODS and not n.endswith(".echo"))
