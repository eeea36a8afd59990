"""What the documents promise is there, and what is there is in the documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands

from cascade.models import JournalEntry, Replication
from tests.sandbox_client import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ABOUT_CODE = [path for path in DOCUMENTS if path.name in ("README.md", "CONTRIBUTING.md", "house.md")]
README = (ROOT / "README.md").read_text()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
TABLE = set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE))
FOLDERS = (
    "config|logs_ui|bookings|objects|cascade|carts|reports|intake|mappings|background|crm|sandbox|tests|bench"
    "|docs|templates"
)

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def read_by_the_code() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    names = re.findall(r"(?:env\.\w+|environ\.get|_secret)\(\s*\"([A-Z_]+)\"", text)
    return set(names) - {"DJANGO_SETTINGS_MODULE"}


@cache
def source() -> dict[str, str]:
    """Every Python file of ours by its name."""
    paths = [path for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in (*paths, *ROOT.glob("*.py"))}


def is_there(name: str) -> bool:
    """Whether there is such a module, or what it has of that name."""
    found: object = None
    module = ""
    for part in name.split("."):
        module = f"{module}.{part}".lstrip(".")
        if hasattr(found, part):
            found = getattr(found, part)
            continue
        try:
            found = import_module(module)
        except ModuleNotFoundError:
            return False
    return True


def test_every_environment_variable_is_in_the_readme_and_no_other():
    assert read_by_the_code() == TABLE


@pytest.mark.parametrize("state", [*Replication.State.values, *JournalEntry.State.values])
def test_every_state_is_in_the_glossary(state):
    assert f"`{state}`" in GLOSSARY


@each_document
def test_every_link_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
    assert not [link for link in links if not (path.parent / link).exists()]


@each_document
def test_every_file_that_is_named_is_there(path):
    """A part in angle brackets stands for any name. A name without a folder is one of ours all the same."""
    text = path.read_text()
    named = re.findall(rf"`((?:{FOLDERS}|<app>)/[^`\s:(…]*)(?!::)[`:( ]", text)
    missing = [name for name in named if not list(ROOT.glob(re.sub(r"<[^>]*>", "*", name).rstrip("/")))]
    bare = re.findall(r"`(\w+\.py)\b", text)
    missing += [name for name in bare if not [known for known in source() if known.endswith(name)]]
    assert not missing


@each_document
def test_every_module_that_is_named_is_there_with_what_is_named_of_it(path):
    """Also what is run by `python -m`, and the commands of `manage.py`."""
    names = re.findall(rf"(?<![/.\w@:-])(?:{FOLDERS})(?:\.[a-z]\w*)+(?![\w/])", path.read_text())
    endings = (".py", ".md", ".png", ".com")
    assert not [name for name in names if not name.endswith(endings) and not is_there(name)]
    commands = {*get_commands(), *(command.stem for command in ROOT.glob("docs/examples/**/commands/*.py"))}
    assert set(re.findall(r"manage\.py ([a-z]\w+)", path.read_text())) <= commands


@pytest.mark.parametrize("path", ABOUT_CODE, ids=lambda path: path.name)
def test_every_class_that_is_named_is_there(path):
    """A word of several words is a class of ours where a document is about the code."""
    names = set(re.findall(r"`((?:[A-Z][a-z]+){2,})[`(.]", path.read_text()))
    defined = {name for text in source().values() for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    assert names <= defined


@each_document
def test_every_test_that_is_named_as_a_proof_is_there(path):
    for name, proof in re.findall(r"`([\w/]+\.py)::(test_\w+)", path.read_text()):
        places = [f"tests/{name}", f"tests/ultracart/{name}", name]
        (text,) = [source()[place] for place in places if place in source()]
        assert re.search(rf"^def {proof}\(", text, re.MULTILINE), f"{name}::{proof}"


OURS = (
    "background",
    "bookings",
    "carts",
    "cascade",
    "crm",
    "intake",
    "logs_ui",
    "mappings",
    "objects",
    "reports",
)
# Of plain English, of Django, of the CRM and of the shops: what needs no explanation of ours.
PLAIN = set((ROOT / "tests" / "config" / "plain_words.txt").read_text().split())
EXPLAINED = set(re.findall(r"[a-z]+", GLOSSARY.lower()))


def named_modules() -> Iterator[str]:
    for app in OURS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT))


def names_in(module: str) -> Iterator[str]:
    """The words of the module's path and of its public classes."""
    for part in Path(module.removesuffix("/__init__.py")).with_suffix("").parts:
        yield from part.split("_")
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", node.name)


def is_explained(word: str) -> bool:
    """Whether the glossary has it, or a form of it that differs in its ending alone."""
    stems = {word, *(word.removesuffix(end) for end in ("s", "es", "d", "ed", "ing"))}
    forms = {f"{stem}{end}" for stem in stems for end in ("", "s", "d", "ed", "ing")}
    return bool(forms & EXPLAINED)


@pytest.mark.parametrize("app", OURS)
def test_every_word_of_a_module_or_class_is_plain_or_in_the_glossary(app):
    odd = {
        (word.lower(), module)
        for module in named_modules()
        if module.startswith(f"{app}/")
        for word in names_in(module)
        if len(word) > 1 and word.lower() not in PLAIN and not is_explained(word.lower())
    }
    assert not odd


def test_no_plain_word_is_in_the_glossary_as_well():
    assert not {word for word in PLAIN if is_explained(word)}
