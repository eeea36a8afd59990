"""The CRM under test: each adapter with each kind of credentials it takes, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm.contract import Crm
from tests.crm.contract_helpers import Door, adapters, connect, doors
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test at every door, or with every adapter, that lacks nothing of what the test needs.

    A bearer token differs from a key in one header alone: the groups of calls beyond the first do without it.
    """
    needed = frozenset(word for mark in metafunc.definition.iter_markers("needs") for word in mark.args)
    if "door" in metafunc.fixturenames:
        found = doors(needed)
        if not metafunc.module.__name__.endswith("test_contract"):
            found = [door for door in found if door.kind != "bearer"]
        metafunc.parametrize("door", found, ids=str)
    if "adapter" in metafunc.fixturenames:
        metafunc.parametrize("adapter", adapters(needed))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def crm(door: Door, sandbox: Sandbox, recorder: Recorder) -> Iterator[Crm]:
    with connect(door, sandbox, observer=recorder) as crm:
        yield crm
