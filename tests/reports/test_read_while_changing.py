"""`python -m tests.read_while_changing` at a small size: no row lost or doubled, and readers killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox_client import ROOT

pytestmark = [pytest.mark.crash, pytest.mark.embedded]  # it has a database and a sandbox of its own


def test_readers_are_killed_while_a_tenth_of_the_rows_change(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.read_while_changing", "2500", "2"],
        cwd=ROOT,
        env={**kept, "CASCADER_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["first"]["added"], told["unchanged"]["added"], told["tombstones"]) == (2500, 0, 83)
