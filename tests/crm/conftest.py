"""The CRM under test: each adapter with each kind of credentials, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm.contract import Crm
from tests.crm.contract_rig import ADAPTERS, CREDENTIALS, connect
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CREDENTIALS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def crm(adapter: str, kind: str, sandbox: Sandbox, recorder: Recorder) -> Iterator[Crm]:
    with connect(adapter, kind, sandbox, observer=recorder, read_timeout_seconds=2.0) as crm:
        yield crm
