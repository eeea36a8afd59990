"""One shop, one CRM account in the sandbox, and an order on its way; leases and settle times are short."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from carts.models import Order
from carts.order_data import OrderData
from cascade.engine.lease import lease_claim as row_claim
from cascade.engine.lease import replication_seen
from cascade.engine.replicate import Watch, unwatched
from cascade.models import Replication
from cascade.services import replication_open, replication_work
from intake.models import Source
from mappings.models import Connection
from tests.factories import ConnectionFactory, OrderFactory, SourceFactory, order_data
from tests.sandbox_client import Sandbox

State = Replication.State
ITEMS = ("BONE", "LEASH", "BOWL")
TAGS = ("Customer", "Dog owner")


@dataclass
class Shop:
    """`drive` works on a replication as the sweep would, without waiting for the schedule's delays."""

    sandbox: Sandbox
    connection: Connection
    source: Source

    def order(self, **changes: Any) -> Order:
        return OrderFactory(source=self.source, order=order_data(**changes))

    def replication(self, **changes: Any) -> Replication:
        return replication_open(self.order(**changes))

    def drive(
        self, replication: Replication, *, seconds: float = 20, watch: Watch = unwatched
    ) -> Replication:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            Replication.objects.filter(pk=replication.pk, not_before__isnull=False).update(not_before=None)
            replication_work(replication.pk, watch=watch)
            replication.refresh_from_db()
            if replication.state not in Replication.OPEN:
                return replication
            time.sleep(0.02)
        raise AssertionError(f"still {replication.state}: {replication.reason}")

    def change(self, order: Order, data: OrderData) -> None:
        """Store a newer version, as an ingest would, without its signals."""
        order.data, order.version = data.to_json(), order.version + 1
        order.save()


@pytest.fixture
def shop(unlimited: Sandbox, transactional_db: None, settings: Any) -> Shop:
    sandbox = unlimited
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
    settings.LEASE_SECONDS = 3.0
    settings.SETTLE_SECONDS = 0.3
    seed_catalogue(sandbox)
    connection = ConnectionFactory(api_key=sandbox.key, contact_tags=", ".join(TAGS))
    return Shop(sandbox, connection, SourceFactory(connection=connection, slug="tea"))


def seed_catalogue(sandbox: Sandbox) -> None:
    sandbox.seed(
        Product=[{"ProductName": name, "ProductPrice": 1.0, "Status": 1} for name in ITEMS],
        ContactGroup=[{"GroupName": name} for name in TAGS],
    )


def crm_lines(sandbox: Sandbox) -> Counter[tuple[int, float]]:
    return Counter((int(row["Qty"]), round(float(row["PPU"]), 2)) for row in sandbox.rows("OrderItem"))


REFERENCE_LINES = Counter([(2, 9.95), (1, 17.95), (4, 2.0), (1, 7.25), (1, 3.75)])


def assert_delivered_once(sandbox: Sandbox) -> None:
    """The CRM holds the reference order exactly once: contact, tags, order, lines, total, payment."""
    contacts = sandbox.rows("Contact")
    assert [row["Email"] for row in contacts] == ["ada@example.com"]
    assert len(sandbox.rows("ContactGroupAssign")) == len(TAGS)
    assert [row["JobTitle"] for row in sandbox.rows("Job")] == ["tea order DEMO-1001"]
    assert crm_lines(sandbox) == REFERENCE_LINES
    (invoice,) = sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (56.85, 0.0)
    assert [float(row["PayAmt"]) for row in sandbox.rows("Payment")] == [56.85]


def lease_claim(replication_id: int, now: datetime) -> Replication | None:
    """The row, claimed as by a worker; None if it is not to be had."""
    row = replication_seen(replication_id)
    return row if row is not None and row_claim(row, now) else None
