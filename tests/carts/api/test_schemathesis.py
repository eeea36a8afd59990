"""The API against its own schema: thousands of right and wrong requests that nobody thought of.

Without `SCHEMATHESIS_EXAMPLES` the same requests are made each time, and the boundaries of each field are
walked once only: a batch and a cart have the fields of an order. `SCHEMATHESIS_EXAMPLES=400` is a long run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from tests.factories import ApiKeyFactory, SourceFactory
from tests.sandbox_client import ROOT

CONFIG = Path(__file__).with_name("schemathesis.toml").read_text()
SHORT = """
[[operations]]
include-path = ["/api/v1/batch/", "/api/v1/carts/"]
include-method = "POST"
phases.coverage.enabled = false
"""
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES")


@pytest.fixture
def server(live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The API over HTTP, without a throttle; headers and body leave at once, as from a real server."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"api_key": None}}
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    return str(live_server.url)


def test_the_api_is_as_its_schema_says(server: str, tmp_path: Path) -> None:
    ApiKeyFactory(source=SourceFactory(platform="api"), plain="the-key")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG if EXAMPLES else CONFIG + SHORT)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
        *(f"{server}/api/v1/schema/?format=json", "--max-examples", EXAMPLES or "25"),
        *(() if EXAMPLES else ("--generation-deterministic",)),
    ]
    environment = {**os.environ, "CASCADER_TEST_KEY": "the-key"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stderr
