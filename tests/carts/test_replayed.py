"""Captures of an order's deliveries, a year old, posted again: nothing changes and the CRM is not asked.

The shop's CRM account is the sandbox, over real HTTP.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from carts.api.examples import ORDER
from carts.models import Order, OrderLine, Refund, Shipment
from cascade.models import JournalEntry, Replication
from intake.models import InboundEvent
from intake.processing import event_process
from tests.carts.payloads import as_body
from tests.factories import ApiKeyFactory, MembershipFactory
from tests.sandbox_client import Sandbox
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant, merchant_for

pytestmark = pytest.mark.embedded

State = InboundEvent.State
THEN = (timezone.now() - timedelta(days=365)).replace(microsecond=0)
HOOK, API = "hook", "api"


def days(count: int) -> str:
    """So many days after the order was placed, a year ago."""
    return (THEN + timedelta(days=count)).isoformat()


class Captures:
    """Delivers by one door and keeps the bodies, to post them again byte for byte."""

    def __init__(self, merchant: Merchant, door: str) -> None:
        self.merchant = merchant
        self.path, self.headers = f"/hooks/{merchant.source.token}/", {}
        if door == API:
            ApiKeyFactory(plain="shop-key", source=merchant.source)
            self.path, self.headers = "/api/v1/orders/", {"Authorization": "Api-Key shop-key"}
        self.bodies: list[bytes] = []

    def send(self, told: dict[str, Any]) -> None:
        """As it happened then, down to the CRM."""
        body = as_body(told if self.headers else [{"order_update": told}])
        self.bodies.append(body)
        assert self.post(body) == {State.APPLIED}

    def post(self, body: bytes) -> set[str]:
        """What becomes of the delivery's events."""
        client, kind = self.merchant.client, "application/json"
        answer = client.post(self.path, body, content_type=kind, headers=self.headers)
        assert answer.status_code in (200, 201), answer.content
        delivery = InboundEvent.objects.filter(parent=None).latest("id")
        event_process(delivery.pk)
        self.merchant.work()
        delivery.refresh_from_db()
        return set(delivery.children.values_list("state", flat=True)) or {delivery.state}


@pytest.fixture
def merchant(unlimited: Sandbox, transactional_db: None, settings: Any) -> Merchant:
    """A merchant to whom refunds, cancellations and parcels matter."""
    merchant = merchant_for(unlimited, settings, "rest")
    merchant.make_tags("Refunded", "Cancelled")
    merchant.sandbox.seed(DataFormField=[{"FormId": -9, "Name": "T", "Label": "T", "DataType": 15}])
    merchant.connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_T")
    merchant.set(refund_tags="Refunded", cancelled_tags="Cancelled")
    return merchant


# -- what happened to the order in its first days -------------------------------------------------------


def hooked(**changes: Any) -> dict[str, Any]:
    return deliveries.order(creation_dts=days(0), **changes)


def moved(day: int, stage: str, **changes: Any) -> dict[str, Any]:
    entry = {"before_stage": "", "after_stage": stage, "transition_dts": days(day)}
    return hooked(current_stage=stage, current_stage_histories=[entry], **changes)


def put(day: int, **changes: Any) -> dict[str, Any]:
    return {**ORDER, "placed_at": days(0), "version_at": days(day), **changes}


UNDATED = {**ORDER, "placed_at": days(0)}  # its version is its arrival
REFUNDED = {"refund_dts": days(7), "summary": {"total_refunded": deliveries.money(9.95)}}
PARCEL = {"shipping": {"shipping_date": days(2), "tracking_numbers": ["9400"]}}
BARE_REJECTION = {"order_id": hooked()["order_id"], "current_stage": "Rejected", "creation_dts": days(0)}
PAID_LATER = {**hooked().get("payment", {}), "payment_dts": days(5)}
HISTORIES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "known": (HOOK, [hooked()]),
    "changed": (HOOK, [hooked(), moved(3, "Shipping Department", billing={"city": "Savannah"})]),
    "changed-without-a-time": (
        HOOK,
        [hooked(), hooked(billing={"email": "ada@example.com", "city": "Rome"})],
    ),
    "bare-rejection-taken-back": (
        HOOK,
        [hooked(), BARE_REJECTION, hooked(current_stage="Completed Order", payment=PAID_LATER)],
    ),
    "completed": (
        HOOK,
        [deliveries.unpaid(creation_dts=days(0)), hooked(**PARCEL), moved(3, "Completed Order", **PARCEL)],
    ),
    "refunded": (HOOK, [hooked(), hooked(**REFUNDED)]),
    "cancelled": (HOOK, [hooked(), hooked(current_stage="Rejected", reject_dts=days(8))]),
    "api-known": (API, [put(0)]),
    "api-changed": (API, [put(0), put(3, email="new@example.com")]),
    "api-completed": (API, [put(0, stage="unpaid"), put(1), put(3, shop_stage="Completed")]),
    "api-refunded": (API, [put(0), put(7, refunded_at=days(7), refunded_total="9.95")]),
    "api-cancelled": (API, [put(0), put(8, stage="rejected")]),
}


def sent(merchant: Merchant) -> list[object]:
    """All replications with their steps, and all that the CRM was asked and did."""
    rows = [*Replication.objects.order_by("pk").values(), *JournalEntry.objects.order_by("pk").values()]
    return [*rows, *merchant.sandbox.calls(), *merchant.sandbox.effects()]


def known() -> list[dict[str, Any]]:
    """All that is known of the orders, but for which of two equal deliveries is the latest."""
    left_out = {"event_id", "payload_times", "updated_at"}
    tables: tuple[type[Model], ...] = (Order, OrderLine, Refund, Shipment)
    rows = [row for table in tables for row in table._default_manager.order_by("pk").values()]
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


@pytest.mark.parametrize("history", HISTORIES)
def test_a_replay_of_a_known_order_changes_nothing_and_asks_nobody(merchant, history):
    door, told = HISTORIES[history]
    captures = Captures(merchant, door)
    for version in told:
        captures.send(version)
    InboundEvent.objects.update(received_at=THEN)
    before = known(), sent(merchant)
    assert merchant.sandbox.effects() and Replication.objects.filter(state="succeeded").exists()
    for body in captures.bodies + captures.bodies[::-1]:
        assert captures.post(body) <= {State.OUTDATED, State.REPEATED}
        assert (known(), sent(merchant)) == before


def test_a_replay_without_a_version_is_a_repetition_of_the_unchanged_order(merchant):
    captures = Captures(merchant, API)
    captures.send(UNDATED)
    before = sent(merchant)
    assert captures.post(captures.bodies[0]) == {State.REPEATED}
    assert Order.objects.get().version == 1
    assert sent(merchant) == before


# -- an order that nobody knows here --------------------------------------------------------------------

UNKNOWN = {
    "unpaid": (HOOK, deliveries.unpaid(creation_dts=days(0))),
    "paid": (HOOK, hooked()),
    "completed": (HOOK, moved(3, "Completed Order", **PARCEL)),
    "refunded": (HOOK, hooked(**REFUNDED)),
    "api-unpaid": (API, put(0, stage="unpaid")),
    "api-paid": (API, put(0)),
    "api-undated": (API, UNDATED),
    "api-refunded": (API, put(7, refunded_at=days(7), refunded_total="9.95")),
}


def log_text(merchant: Merchant) -> str:
    """The log as a person of the merchant sees it."""
    client = Client()
    client.force_login(MembershipFactory(merchant=merchant.connection.merchant).user)
    return client.get("/logs/").content.decode()


@pytest.mark.parametrize("capture", UNKNOWN)
def test_an_unknown_order_from_before_the_start_date_is_stored_and_skipped_with_that_reason(
    merchant, capture
):
    merchant.source.start_date = timezone.now() - timedelta(days=30)
    merchant.source.save()
    door, told = UNKNOWN[capture]
    captures = Captures(merchant, door)
    captures.send(told)
    for _ in range(2):
        captures.post(captures.bodies[0])
        assert Order.objects.get().placed_at == THEN
        (row,) = Replication.objects.filter(kind="order")
        assert row.state == "skipped"
        assert "placed before this shop's start date" in row.reason
        assert "placed before this shop&#x27;s start date" in log_text(merchant)
        assert not Replication.objects.exclude(state="skipped").exists()
    assert merchant.sandbox.calls() == merchant.sandbox.effects() == []
