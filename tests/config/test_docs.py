"""What the documents promise is there, and what is there is in the documents."""

from __future__ import annotations

import re

import pytest

from cascade.models import JournalEntry, Replication
from tests.sandbox_client import ROOT

README = (ROOT / "README.md").read_text()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
TABLE = set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE))


def read_by_the_code() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    names = re.findall(r"(?:env\.\w+|environ\.get|_secret)\(\s*\"([A-Z_]+)\"", text)
    return set(names) - {"DJANGO_SETTINGS_MODULE"}


def test_every_environment_variable_is_in_the_readme_and_no_other():
    assert read_by_the_code() == TABLE


@pytest.mark.parametrize("state", [*Replication.State.values, *JournalEntry.State.values])
def test_every_state_is_in_the_glossary(state):
    assert f"`{state}`" in GLOSSARY


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()


def test_the_files_said_to_explain_the_system_are_there():
    for name in re.findall(r"`((?:crm|cascade)/\w+\.py)`", README):
        assert (ROOT / name).exists(), name


ULTRACART = (ROOT / "docs" / "ultracart.md").read_text()
PROOFS = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", ULTRACART)))


@pytest.mark.parametrize(("path", "name"), PROOFS)
def test_every_test_that_is_named_as_a_proof_is_there(path, name):
    folder = ROOT / "tests" if "/" in path else ROOT / "tests" / "ultracart"
    assert re.search(rf"^def {name}\(", (folder / path).read_text(), re.MULTILINE), f"{path}::{name}"


MODULES = sorted(set(re.findall(r"`((?:cascade|carts|mappings|logs_ui)/[\w/]*(?:\.py)?)`", ULTRACART)))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_is_named_is_there(module):
    assert (ROOT / module).exists()
