"""The table of captured payloads, from the one command that prints it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.carts.shops.magento.samples import needs_php
from tests.sample_bookings import booking_files
from tests.sample_payloads import SAMPLES, files
from tests.sandbox_client import ROOT

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured payloads are not beside this checkout"),
    needs_php,
]


def test_every_captured_payload_ends_in_the_crm_or_says_why_not():
    command = [sys.executable, "-m", "tests.sample_payloads"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(files('*'))} files, {len(files('*'))} well; not tried: none" in done.stdout
    bookings = len(booking_files())
    assert f"{bookings} files of bookings, {bookings} well; not tried: none" in done.stdout
    for name, total in {
        "ultracart/order-DEMO-0009105091.json": "18.63",
        "ultracart-xml/co.xml": "110.00",
        "woocommerce/order-details-partially-refunded.json": "304.45",
        "magento-soap/salesOrderInfo_100000001.response.xml": "2010.00",
    }.items():
        (row,) = [line for line in done.stdout.splitlines() if line.startswith(f"| {name} ")]
        assert f"| {total} | {total} |" in row, row
