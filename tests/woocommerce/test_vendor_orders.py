"""A marketplace's order and its vendors' parts of it: one purchase in the CRM, whatever came first."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from carts.models import Order
from cascade.models import Replication
from cascade.services import replication_resend
from cascade.shop.orders.views import WAIT
from intake.json_text import json_write
from intake.models import InboundEvent
from intake.processing import event_process
from logs_ui.coverage.coverage import coverage_of
from logs_ui.reconcile.reconcile import Scope, totals_of
from tests.carts.conftest import broker_in_memory, fresh_cache
from tests.carts.shops import woocommerce
from tests.carts.shops.woocommerce import SAVED_AT, SECRET, line
from tests.factories import ConnectionFactory, SourceFactory
from tests.sandbox_client import Sandbox
from tests.ultracart.conftest import Merchant

__all__ = ["broker_in_memory", "fresh_cache", "merchant"]

State = Replication.State
WHOLE, HONEY, CANDLES = 500, 501, 502
LATER = woocommerce.stamp(SAVED_AT + timedelta(days=3))
UNPAID = {"date_paid": None, "date_paid_gmt": None}


class WooMerchant(Merchant):
    def deliver(self, *events: Any, name: str = "") -> InboundEvent:
        (body,) = (json_write(event).encode() for event in events)
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        answer = self.client.post(
            f"/hooks/{self.source.token}/",
            body,
            content_type="application/json",
            headers={"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": signature},
        )
        assert answer.status_code == 200, answer.content
        event = InboundEvent.objects.get(pk=answer.json()["stored"])
        event_process(event.pk)
        event.refresh_from_db()
        assert event.state == InboundEvent.State.APPLIED, event.problem
        return event

    def totals(self) -> list[Decimal]:
        return sorted(Decimal(str(row["InvoiceTotal"])) for row in self.sandbox.rows("Invoice"))

    def row(self, order_id: int) -> Replication:
        return Replication.objects.filter(order__shop_order_id=order_id).latest("id")

    def choose(self, views: str) -> None:
        self.source.order_views = views
        self.source.save()

    def after_the_wait(self) -> None:
        for order in Order.objects.all():
            Order.objects.filter(pk=order.pk).update(
                created_at=order.created_at - WAIT - timedelta(minutes=1)
            )
        Replication.objects.filter(state=State.WAITING).update(not_before=None)
        self.work()


@pytest.fixture
def merchant(unlimited: Sandbox, transactional_db: None, settings: Any) -> WooMerchant:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.LEASE_SECONDS, settings.SETTLE_SECONDS = 3.0, 0.3
    names = ("BONE-1", "BONE-2")
    unlimited.seed(
        Product=[{"ProductName": name, "ProductPrice": 1.0, "Status": 1} for name in names],
        ContactGroup=[{"GroupName": name} for name in ("New", "Repeat", "Refunded")],
    )
    connection = ConnectionFactory(
        api_key=unlimited.key, new_customer_tag="New", repeat_customer_tag="Repeat", refund_tags="Refunded"
    )
    source = SourceFactory(connection=connection, slug="tea", platform="woocommerce", signing_secret=SECRET)
    return WooMerchant(unlimited, connection, source)


def order(order_id: int, *numbers: int, **changes: Any) -> dict[str, Any]:
    """Each line costs 19.90."""
    lines = [line(number) for number in numbers]
    total = f"{Decimal('19.90') * len(lines):.2f}"
    values = {"line_items": lines, "total": total, "total_tax": "0.00", "shipping_lines": []}
    return woocommerce.order(order_id, **{**values, **changes})


def whole(**changes: Any) -> dict[str, Any]:
    meta = [{"id": 1, "key": "has_sub_order", "value": "1"}]
    return order(WHOLE, 1, 2, **{"meta_data": meta, **changes})


def part(order_id: int, **changes: Any) -> dict[str, Any]:
    number = order_id - WHOLE
    values = {"parent_id": WHOLE, "created_via": "dokan", "date_created_gmt": "2026-03-02T15:04:07"}
    return order(order_id, number, **{**values, **changes})


def purchase() -> list[dict[str, Any]]:
    return [whole(), part(HONEY), part(CANDLES)]


@pytest.mark.embedded
@pytest.mark.parametrize("sequence", list(permutations(range(3))))
@pytest.mark.parametrize("views", ["whole", "parts"])
@pytest.mark.parametrize("at_once", [True, False])
def test_any_order_of_arrival_ends_alike(merchant, views, sequence, at_once):
    merchant.choose(views)
    for number in sequence:
        merchant.deliver(purchase()[number])
        if not at_once:
            merchant.work()
    merchant.work()
    wanted = {"whole": ["39.80"], "parts": ["19.90", "19.90"]}[views]
    assert merchant.totals() == [Decimal(total) for total in wanted]
    assert merchant.tags() == {"New"}
    states = {row: merchant.row(row).state for row in (WHOLE, HONEY, CANDLES)}
    kept = {WHOLE} if views == "parts" else {HONEY, CANDLES}
    assert {order_id for order_id, state in states.items() if state == State.SKIPPED} == kept
    assert {order_id for order_id, state in states.items() if state == State.SUCCEEDED} == set(states) - kept
    assert "part" in merchant.row(min(kept)).reason


def test_each_by_itself_is_still_one_purchase_of_a_new_customer(merchant):
    merchant.choose("each")
    for told in purchase():
        merchant.deliver(told)
    merchant.work()
    assert len(merchant.totals()) == 3
    assert merchant.tags() == {"New"}
    row = merchant.sends(order(600, 1, date_created_gmt=LATER, date_modified_gmt=LATER))
    assert row.state == State.SUCCEEDED, row.reason
    assert merchant.tags() == {"New", "Repeat"}


def test_a_part_whose_whole_never_came_waits_then_asks_a_person_who_may_send_it(merchant):
    merchant.deliver(part(HONEY))
    merchant.work()
    row = merchant.row(HONEY)
    assert (row.state, row.reason) == (State.WAITING, f"Waits for order {WHOLE}, of which it is a part.")
    merchant.after_the_wait()
    assert merchant.row(HONEY).state == State.PARKED
    assert "which the shop has not told" in merchant.row(HONEY).reason
    replication_resend(merchant.row(HONEY), user=None)
    merchant.work()
    assert merchant.totals() == [Decimal("19.90")]
    merchant.deliver(whole())
    merchant.work()
    assert (merchant.row(WHOLE).state, merchant.totals()) == (State.PARKED, [Decimal("19.90")])
    assert f"Parts of it are in the CRM by themselves: orders {HONEY}" in merchant.row(WHOLE).reason


def test_a_parked_part_is_let_go_when_its_whole_comes_after_all(merchant):
    merchant.deliver(part(HONEY))
    merchant.after_the_wait()
    assert merchant.row(HONEY).state == State.PARKED
    merchant.deliver(whole())
    merchant.work()
    assert merchant.row(HONEY).state == State.SKIPPED
    assert merchant.totals() == [Decimal("39.80")]
    replication_resend(merchant.row(HONEY), user=None)
    merchant.work()
    assert merchant.totals() == [Decimal("39.80")]
    assert "is in the CRM" in merchant.row(HONEY).reason


def test_a_paid_part_of_a_rejected_whole_needs_a_person(merchant):
    merchant.deliver(whole(status="pending", **UNPAID))
    merchant.deliver(part(HONEY))
    merchant.work()
    assert merchant.row(HONEY).state == State.SKIPPED
    later = woocommerce.stamp(SAVED_AT + timedelta(hours=1))
    merchant.deliver(whole(status="cancelled", **UNPAID, date_modified_gmt=later))
    merchant.work()
    assert (merchant.row(HONEY).state, merchant.totals()) == (State.PARKED, [])
    assert "which the shop rejected" in merchant.row(HONEY).reason


def test_parts_that_do_not_make_up_the_whole_are_told(merchant):
    merchant.choose("parts")
    merchant.deliver(whole())
    merchant.deliver(part(HONEY))
    merchant.after_the_wait()
    assert merchant.totals() == [Decimal("19.90")]
    row = merchant.row(WHOLE)
    assert row.state == State.PARKED
    assert f"orders {HONEY} come to 19.90, of 39.80" in row.reason.replace("39.8000", "39.80")


def test_an_order_without_parts_is_sent_by_itself_where_parts_are_sent(merchant):
    merchant.choose("parts")
    merchant.deliver(order(700, 1))
    merchant.work()
    assert merchant.row(700).state == State.WAITING
    merchant.after_the_wait()
    assert merchant.totals() == [Decimal("19.90")]


def test_a_refund_of_a_part_is_told_of_the_whole(merchant):
    for told in purchase():
        merchant.deliver(told)
    merchant.work()
    refund = [{"id": 9, "reason": "broken", "total": "-5.00"}]
    later = woocommerce.stamp(SAVED_AT + timedelta(hours=1))
    merchant.deliver(part(HONEY, refunds=refund, date_modified_gmt=later))
    merchant.work()
    assert merchant.tags() == {"New", "Refunded"}
    notes = [row["ActionDescription"] for row in merchant.sandbox.rows("ContactAction")]
    assert [note for note in notes if "5.00" in note]
    assert merchant.totals() == [Decimal("39.80")]


def test_coverage_and_reconcile_count_the_purchase_once(merchant):
    placed = woocommerce.stamp(SAVED_AT)
    for told in purchase():
        merchant.deliver(told | {"date_created_gmt": placed})
    merchant.work()
    scope = Scope(
        connection=merchant.connection,
        placed_from=SAVED_AT - timedelta(days=1),
        placed_before=SAVED_AT + timedelta(days=1),
    )
    (totals,) = totals_of(scope)
    assert (totals.orders, totals.shop, totals.sent) == (1, Decimal("39.80"), Decimal("39.80"))
    assert coverage_of(merchant.connection, days=36_500).lines == 2
    merchant.choose("parts")
    (totals,) = totals_of(scope)
    assert (totals.orders, totals.shop) == (2, Decimal("39.80"))
    merchant.choose("each")
    assert coverage_of(merchant.connection, days=36_500).lines == 4


@pytest.mark.parametrize(
    ("changes", "is_part"),
    [
        ({"created_via": "yith_wcmv_vendor_suborder"}, True),
        ({"created_via": "checkout", "meta_data": [{"id": 1, "key": "_vendor_id", "value": "7"}]}, True),
        ({"created_via": "checkout"}, False),
        ({"created_via": "wc_deposits"}, False),
        ({"created_via": "subscription"}, False),
        ({"meta_data": [{"id": 1, "key": "_subscription_renewal", "value": "7"}]}, False),
        ({"parent_id": 0}, False),
    ],
)
def test_a_parent_alone_makes_no_part(merchant, changes, is_part):
    merchant.deliver(part(HONEY, **changes))
    assert Order.objects.get().order_data.view_of == (str(WHOLE) if is_part else "")
