"""The payloads of public bug reports, from the one command that delivers and judges them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.carts.shops.magento.samples import needs_php
from tests.cases import FOLDER
from tests.sandbox_client import ROOT
from tests.shop_cases import CASES

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the cases are not beside this checkout"),
    needs_php,
]


def test_every_case_of_a_public_report_ends_right():
    assert {path.name.removesuffix(".meta.json") for path in FOLDER.glob("*.meta.json")} == set(CASES)
    command = [sys.executable, "-m", "tests.cases"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CASES)} cases, {len(CASES)} ended right" in done.stdout
