"""What the preview shows is what a run does: the same calls, in the same order, with the same values."""

from __future__ import annotations

import pytest

from carts.models import Order
from cascade.models import Replication
from cascade.services import replication_calls, replication_preview, replication_resend, replication_work
from tests.ultracart import deliveries
from tests.ultracart.everything import (
    WEEK,
    affiliate_tells,
    kit_order,
    refunded,
    rejected,
    second_order,
    set_everything,
    shipped,
)
from tests.ultracart.preview_helpers import preview_and_run
from tests.ultracart.test_everything import WAYS

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> list[Replication]:
    return list(Replication.objects.filter(state__in=Replication.OPEN).order_by("id"))


@pytest.mark.parametrize(("protocol", "method"), WAYS)
def test_through_a_week_with_everything_switched_on(merchant_on, monkeypatch, protocol, method):
    merchant = merchant_on(protocol)
    set_everything(merchant, method=method)
    for _, tell in WEEK:
        tell(merchant)
        while rows := waiting():
            planned, done = preview_and_run(rows[0], merchant.sandbox, monkeypatch)
            assert planned == done
    assert not Replication.objects.exclude(state="succeeded").exists()


# -- one thing at a time, on each protocol -----------------------------------------------------------------


@pytest.fixture
def same(merchant, monkeypatch):
    """Everything is switched on; `same(row)` previews, runs, compares, and gives the operations in order."""
    set_everything(merchant, method="blank_order")

    def compare(row: Replication) -> list[str]:
        planned, done = preview_and_run(row, merchant.sandbox, monkeypatch)
        assert planned == done
        return [operation for operation, _ in done]

    return compare


def test_a_new_buyer(merchant, same):
    merchant.deliver(second_order())
    operations = same(merchant.latest())
    assert operations[:2] == ["upsert_contact", "create_order"]
    assert "record_payment" in operations and "achieve_goal" in operations


def test_a_returning_buyer_of_whom_nothing_changed_costs_no_contact_call(merchant, same):
    merchant.sends(second_order())
    merchant.deliver(second_order(order_id="SHOP-9"))
    assert "upsert_contact" not in same(merchant.latest())


def test_a_returning_buyer_keeps_the_lead_source_of_the_first_coupon(merchant, same):
    merchant.sends(kit_order())
    merchant.deliver(second_order(coupons=[deliveries.coupon("LATER")]))
    operations = same(merchant.latest())
    assert operations[:4] == [
        "find_lead_sources", "create_lead_source", "find_contacts_by_email", "upsert_contact",
    ]  # fmt: skip


def test_a_refund(merchant, same):
    merchant.sends(second_order())
    merchant.deliver(refunded(second_order(), 5.0))
    assert same(merchant.latest())[-1] == "add_note"


def test_a_cancellation_touches_the_contact_alone(merchant, same):
    merchant.sends(second_order())
    merchant.deliver(rejected(second_order()))
    assert set(same(merchant.latest())) == {"apply_tags", "add_note"}


def test_a_cart(merchant, same):
    merchant.deliver(deliveries.cart(), name="checkout_cart_abandon")
    assert same(merchant.latest("cart"))[0] == "upsert_contact"


def test_a_cart_that_was_bought_loses_its_tag(merchant, same):
    merchant.deliver(deliveries.cart(), name="checkout_cart_abandon")
    merchant.work()
    merchant.deliver(kit_order())
    assert same(merchant.latest("cart")) == ["remove_tag"]


def test_an_affiliate(merchant, same):
    affiliate_tells(merchant)
    operations = same(merchant.latest("affiliate"))
    assert operations[1:3] == ["find_affiliates", "create_affiliate"] and operations[-1] == "update_contact"


def test_a_shipment(merchant, same):
    merchant.sends(second_order())
    merchant.deliver(shipped(second_order(), "1Z1"))
    assert same(merchant.latest("shipment")) == ["set_order_fields"]


def test_a_quiet_one(merchant, same):
    merchant.deliver(kit_order())
    row = merchant.latest()
    Replication.objects.filter(pk=row.pk).update(without_automation=True)
    row.refresh_from_db()
    operations = same(row)
    assert not {"apply_tags", "achieve_goal", "run_action_set", "opt_in"} & set(operations)


def test_a_resend_after_a_failure_shows_what_is_left(merchant, same):
    method = "POST /v2/orders/{order_id}/payments" if merchant.rest else "InvoiceService.addManualPayment"
    broken = {"method": method, "call": 1, "do": "http", "status": 400, "body": '{"message": "No"}'}
    if not merchant.rest:
        broken = {"method": method, "call": 1, "do": "fault", "code": 12, "text": "[InvalidParameter]Type"}
    merchant.sandbox.faults(broken)
    row = merchant.sends(second_order())
    assert row.state == "failed", row.reason
    merchant.sandbox.clear_faults()
    again = replication_resend(row, user=None)
    operations = same(again)
    assert operations[0] == "record_payment" and "create_order" not in operations


def test_a_resend_after_a_lost_reply_looks_first_and_finds_the_payment(merchant, same):
    method = "POST /v2/orders/{order_id}/payments" if merchant.rest else "InvoiceService.addManualPayment"
    merchant.sandbox.faults({"method": method, "call": 1, "do": "drop_after"})
    merchant.deliver(second_order())
    row = merchant.latest()
    replication_work(row.pk)
    row.refresh_from_db()
    assert row.state == "retrying", row.reason
    operations = same(row)
    assert operations[0] == "read_payments" and "record_payment" not in operations
    assert len(merchant.sandbox.rows("Payment")) == 1


def test_an_order_over_nothing_has_no_payment(merchant, same):
    merchant.deliver(deliveries.order(**deliveries.priced([deliveries.item("BONE", 1, 0.0)])))
    operations = same(merchant.latest())
    assert "create_order" in operations and "record_payment" not in operations


def test_an_order_that_is_kept_out_costs_nothing(merchant, same):
    merchant.set(mailing_list_filter=True)
    merchant.deliver(second_order())
    assert same(merchant.latest()) == []


def test_history_is_kept_out_by_itself_and_sent_by_a_resend(merchant, same):
    merchant.deliver(deliveries.unpaid("SHOP-8"))
    Order.objects.update(is_history=True)
    merchant.deliver(deliveries.order("SHOP-8"))
    order = Order.objects.get()
    assert replication_calls(order, replication_preview(order)) == []
    again = replication_resend(Replication.objects.get(), user=None)
    assert "create_order" in same(again)


def test_a_goal_of_unknown_outcome_is_a_persons_to_settle_and_never_shown_as_a_call(merchant, same):
    method = "POST /v2/automations/goals/achieve" if merchant.rest else "FunnelService.achieveGoal"
    merchant.sandbox.faults({"method": method, "call": 1, "do": "drop_after"})
    row = merchant.sends(second_order())
    assert row.state == "parked", row.reason
    assert "achieve_goal" not in same(replication_resend(row, user=None))
