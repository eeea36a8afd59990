"""One merchant whose UltraCart shop delivers to its hook, and whose CRM account is the sandbox.

A test delivers, lets the pipeline work, and looks at the CRM:

    merchant.set(contact_tags="Customer")
    row = merchant.sends(deliveries.order())
    assert merchant.tags() == {"Customer"}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cascade.models import Replication
from cascade.services import replication_work
from cascade.shop.names import ShopKind as Kind
from intake.models import InboundEvent
from intake.processing import event_process
from tests.carts.conftest import broker_in_memory, fresh_cache
from tests.carts.payloads import as_body
from tests.cascade.conftest import ITEMS, Shop
from tests.factories import ConnectionFactory, SourceFactory
from tests.sandbox_client import Row, Sandbox

__all__ = ["Merchant", "broker_in_memory", "fresh_cache", "merchant", "merchant_on"]

State = Replication.State
MAX_ROUNDS = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On the servers too, only the weeks with everything switched on run: they touch every table."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.name != "test_everything.py":
            item.add_marker(pytest.mark.embedded)


@dataclass
class Merchant(Shop):
    """A shop with a hook. `sends` is the usual one: deliver an order and give its ended replication."""

    client: Client = field(default_factory=Client)

    @property
    def rest(self) -> bool:
        return bool(self.connection.protocol == "rest")

    def set(self, **settings: Any) -> None:
        """Change settings of the connection, as saving the page does."""
        for name, value in settings.items():
            setattr(self.connection, name, value)
        self.connection.save()

    def deliver(self, *events: Any, name: str = "order_update") -> InboundEvent:
        """POST events to the hook and let the work be done; gives the stored delivery.

        An event is `{name: payload}`, or a payload that gets `name`.
        """
        body = {"events": [event if len(event) == 1 else {name: event} for event in events]}
        answer = self.client.post(
            f"/hooks/{self.source.token}/", as_body(body), content_type="application/json"
        )
        assert answer.status_code == 200, answer.content
        event = InboundEvent.objects.get(pk=answer.json()["stored"])
        event_process(event.pk)
        event.refresh_from_db()
        return event

    def work(self) -> None:
        """Run what is open until nothing can go on, without waiting for the delays of the schedule."""
        done = -1
        for _ in range(MAX_ROUNDS):
            rows = Replication.objects.filter(state__in=Replication.OPEN)
            if not rows or done == self._progress():
                return
            done = self._progress()
            rows.filter(not_before__isnull=False).update(not_before=None)
            for pk in rows.order_by("id").values_list("pk", flat=True):
                replication_work(pk)
        raise AssertionError(f"still open: {[(row.state, row.reason) for row in rows]}")

    def _progress(self) -> int:
        """How many ends there were, and how many calls."""
        ended = Replication.objects.exclude(state__in=Replication.OPEN).count()
        return ended + len(self.sandbox.calls())

    def sends(self, *events: Any, name: str = "order_update") -> Replication:
        """Deliver, work, and give the latest replication of an order."""
        self.deliver(*events, name=name)
        self.work()
        return self.latest()

    def latest(self, kind: str = Kind.ORDER) -> Replication:
        return Replication.objects.filter(connection=self.connection, kind=kind).latest("id")

    def contact(self, email: str = "ada@example.com") -> Row:
        (row,) = [row for row in self.sandbox.rows("Contact") if row.get("Email") == email]
        return row

    def make_tags(self, *names: str) -> None:
        self.sandbox.seed(ContactGroup=[{"GroupName": name} for name in names])

    def tags(self, email: str = "ada@example.com") -> set[str]:
        """The names of the tags that the contact has."""
        names = {row["Id"]: row["GroupName"] for row in self.sandbox.rows("ContactGroup")}
        contact_id = self.contact(email)["Id"]
        assigned = self.sandbox.rows("ContactGroupAssign")
        return {names[row["GroupId"]] for row in assigned if row["ContactId"] == contact_id}


def merchant_for(sandbox: Sandbox, settings: Any, protocol: str) -> Merchant:
    """A merchant over an emptied sandbox that knows the three items of the order and nothing else."""
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
    settings.LEASE_SECONDS = 3.0
    settings.SETTLE_SECONDS = 0.3
    sandbox.seed(Product=[{"ProductName": name, "ProductPrice": 1.0, "Status": 1} for name in ITEMS])
    connection = ConnectionFactory(api_key=sandbox.key, protocol=protocol)
    source = SourceFactory(connection=connection, slug="tea")
    return Merchant(sandbox, connection, source)


@pytest.fixture(params=["xmlrpc", "rest"])
def merchant(unlimited: Sandbox, transactional_db: None, settings: Any, request: Any) -> Merchant:
    """The merchant on each protocol in turn."""
    return merchant_for(unlimited, settings, request.param)


@pytest.fixture
def merchant_on(unlimited: Sandbox, transactional_db: None, settings: Any) -> Callable[[str], Merchant]:
    """The merchant on the protocol that the test names: `merchant_on("automatic")`."""
    return lambda protocol: merchant_for(unlimited, settings, protocol)
