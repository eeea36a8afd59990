"""The example of `docs/examples/django_shop`, run as its reader would: a shop's order arrives in the CRM."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sandbox_client import ROOT, Sandbox

SHOP = "docs/examples/django_shop/manage.py"
CASCADER = "manage.py"
SET_UP = """
from intake.sources import source_create
from mappings.models import Connection, Merchant
merchant = Merchant.objects.create(slug="tea-house", name="Tea House")
connection = Connection.objects.create(merchant=merchant, enabled=True, app_name="demo", api_key={key!r})
source_create(connection, slug="tea", name="Tea shop", platform="api")
"""
SECONDS = 60


def run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@contextmanager
def scheduler(environment: dict[str, str]) -> Iterator[None]:
    """Cascader's own process, which does the work."""
    process = subprocess.Popen([sys.executable, CASCADER, "scheduler"], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.embedded  # it has a database of its own
def test_an_order_of_a_django_shop_arrives_in_the_crm(
    unlimited: Sandbox, environment: dict[str, str]
) -> None:
    unlimited.seed(Product=[{"ProductName": "TEAPOT", "ProductPrice": 39.0, "Status": 1}])
    run(environment, CASCADER, "migrate", "-v", "0")
    run(environment, SHOP, "shell", "-c", SET_UP.format(key=unlimited.key))
    send = (SHOP, "send_order", "tea", "A-1", "--email", "ada@example.com")
    assert run(environment, *send) == "created: order A-1, version 1"
    with scheduler(environment):
        deadline = time.monotonic() + SECONDS
        while not unlimited.effects("payment.recorded") and time.monotonic() < deadline:
            time.sleep(0.1)
    (invoice,) = unlimited.rows("Invoice")
    assert (invoice["InvoiceTotal"], invoice["TotalPaid"]) == ("43.50", "43.50")
    assert [job["JobTitle"] for job in unlimited.rows("Job")] == ["tea order A-1"]
    assert [contact["Email"] for contact in unlimited.rows("Contact")] == ["ada@example.com"]
