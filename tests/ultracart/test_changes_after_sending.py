"""Refunds, cancellations and other changes of an order that was sent."""

from __future__ import annotations

from typing import Any

import pytest

from cascade.models import Replication
from tests.factories import ApiKeyFactory
from tests.sandbox_client import Row
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.make_tags("Refunded", "Cancelled", "Customer")
    merchant.sandbox.seed(User=[{"FirstName": "Olga", "Email": "olga@example.com"}])  # who writes notes
    merchant.set(refund_tags="Refunded", cancelled_tags="Cancelled", contact_tags="Customer")
    return merchant


def refunded(total: float, **changes: Any) -> dict[str, Any]:
    """The order as the shop tells it after having given back so much in all."""
    given_back = {"summary": {"total_refunded": deliveries.money(total)}}
    facts = {"refund_dts": "2026-03-09T10:00:00-05:00", **given_back}
    return deliveries.order(**deliveries.merged(facts, changes))


def cancelled(**changes: Any) -> dict[str, Any]:
    facts = {"current_stage": "Rejected", "reject_dts": "2026-03-10T10:00:00-05:00"}
    return deliveries.order(**{**facts, **changes})


def refund_by_api(shop: Merchant) -> None:
    """The shop tells over the API that it gave back 9.95."""
    ApiKeyFactory(plain="shop-key", source=shop.source)
    body = {
        "shop_order_id": "SHOP-0000000101", "refund_id": "r-1", "amount": "9.95", "currency": "USD",
        "refunded_at": "2026-03-09T10:00:00-05:00",
    }  # fmt: skip
    headers = {"Authorization": "Api-Key shop-key"}
    answer = shop.client.post("/api/v1/refunds/", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    shop.work()


def money(shop: Merchant) -> tuple[list[Row], list[Row], list[Row]]:
    return shop.sandbox.rows("OrderItem"), shop.sandbox.rows("Payment"), shop.sandbox.rows("Invoice")


def notes(shop: Merchant) -> list[str]:
    return [row["ActionDescription"] for row in shop.sandbox.rows("ContactAction")]


def test_a_partial_refund_is_a_tag_a_note_and_a_warning_and_leaves_the_money(shop):
    shop.sends(deliveries.order())
    before = money(shop)
    row = shop.sends(refunded(9.95, refund_reason="Broken"), name="order_refund")
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "refunded 9.95 USD" in row.reason and "not rewritten" in row.reason
    assert shop.tags() == {"Customer", "Refunded"}
    (note,) = shop.sandbox.rows("ContactAction")
    assert note["ActionDescription"] == "tea order SHOP-0000000101 refunded 9.95"
    assert "Broken" in note["CreationNotes"]
    assert money(shop) == before


def test_each_sum_is_noted_once_from_partial_to_full(shop):
    shop.sends(deliveries.order())
    for total in (9.95, 9.95, 56.85, 56.85):
        row = shop.sends(refunded(total))
    assert "refunded 56.85 USD" in row.reason
    told = ("9.95", "56.85 in all")
    assert notes(shop) == [f"tea order SHOP-0000000101 refunded {total}" for total in told]
    assert len(shop.sandbox.effects("contact.tagged")) == 2  # Customer and Refunded, each once


def test_another_reason_for_the_same_refund_is_no_second_note(shop):
    shop.sends(deliveries.order())
    shop.sends(refunded(9.95, refund_reason="Broken"))
    shop.sends(refunded(9.95, refund_reason="Broken in the mail"))
    assert len(notes(shop)) == 1


def test_a_refund_told_by_the_shops_order_and_by_the_api_is_counted_once(shop):
    shop.sends(deliveries.order())
    refund_by_api(shop)
    assert "refunded 9.95 USD" in shop.latest().reason
    row = shop.sends(refunded(9.95))
    assert "refunded 9.95 USD" in row.reason
    assert len(notes(shop)) == 1


def test_a_refund_told_before_its_order_counts_when_the_order_comes(shop):
    refund_by_api(shop)
    row = shop.sends(deliveries.order())
    assert "refunded 9.95 USD" in row.reason
    assert shop.tags() == {"Customer", "Refunded"} and len(notes(shop)) == 1
    assert [payment["PayAmt"] for payment in shop.sandbox.rows("Payment")] == ["56.85"]


def test_an_order_first_seen_refunded_is_sent_as_paid_and_ends_the_same(shop):
    row = shop.sends(refunded(56.85))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert [payment["PayAmt"] for payment in shop.sandbox.rows("Payment")] == ["56.85"]
    assert shop.tags() == {"Customer", "Refunded"} and len(notes(shop)) == 1


def test_a_cancellation_after_sending_is_a_tag_a_note_and_a_warning(shop):
    shop.sends(deliveries.order())
    before = money(shop)
    for _ in range(2):
        row = shop.sends(cancelled(reject_reason="Fraud"), name="order_reject")
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "cancelled this order after it was sent" in row.reason
    assert shop.tags() == {"Customer", "Cancelled"}
    assert notes(shop) == ["tea order SHOP-0000000101 cancelled"]
    assert money(shop) == before


def test_an_order_cancelled_before_it_was_sent_is_never_sent(shop):
    shop.sends(deliveries.unpaid())
    row = shop.sends(cancelled())
    assert row.state == State.SKIPPED and "rejected this order" in row.reason
    assert shop.sandbox.rows("Contact") == []


def test_without_tags_and_notes_a_refund_and_a_cancellation_only_show_in_the_log(shop):
    shop.set(refund_tags="", cancelled_tags="", change_notes=False)
    shop.sends(deliveries.order())
    before = len(shop.sandbox.effects())
    assert shop.sends(refunded(9.95)).level == "warning"
    assert shop.sends(cancelled()).level == "warning"
    assert len(shop.sandbox.effects()) == before


def test_a_change_of_address_after_sending_updates_the_contact_and_no_order(shop):
    shop.sends(deliveries.order())
    before = money(shop)
    row = shop.sends(deliveries.order(billing={"address1": "9 New Street", "city": "Savannah"}))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    contact = shop.contact()
    assert (contact["StreetAddress1"], contact["City"]) == ("9 New Street", "Savannah")
    assert money(shop) == before and len(shop.sandbox.rows("Contact")) == 1


def test_a_change_of_the_money_shows_the_difference_and_rewrites_nothing(shop):
    shop.sends(deliveries.order())
    before = money(shop)
    items = [deliveries.item("BONE", 2, 9.95, index=1), deliveries.item("BOWL", 1, 2.0, index=3)]
    row = shop.sends(deliveries.order(**deliveries.priced(items, shipping=7.25, tax=3.75)))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "now 32.90 USD, the CRM order was sent as 56.85 USD" in row.reason
    assert money(shop) == before


def test_a_stage_that_changes_nothing_opens_no_replication(shop):
    first = shop.sends(deliveries.order())
    assert shop.sends(deliveries.order(current_stage="Completed Order")).pk == first.pk


def test_an_older_delivery_that_comes_late_changes_nothing(shop):
    shop.sends(refunded(9.95, billing={"city": "Savannah"}))
    before = len(shop.sandbox.effects())
    shop.sends(deliveries.order())
    assert shop.contact()["City"] == "Savannah"
    assert len(shop.sandbox.effects()) == before
