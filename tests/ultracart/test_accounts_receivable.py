"""Orders are sent once the shop has moved them past the payment stage (Accounts Receivable)."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from tests.ultracart import deliveries

State = Replication.State


def test_an_order_in_accounts_receivable_is_shown_with_the_reason_and_not_sent(merchant):
    row = merchant.sends(deliveries.unpaid(), name="order_create")
    assert row.state == State.SKIPPED
    assert "still in Accounts Receivable" in row.reason
    assert merchant.sandbox.calls() == []


@pytest.mark.parametrize("stage", ["Shipping Department", "Completed Order"])
def test_it_is_sent_when_it_is_moved_on(merchant, stage):
    waiting = merchant.sends(deliveries.unpaid(), name="order_create")
    row = merchant.sends(deliveries.order(current_stage=stage), name="order_stage_change")
    assert (row.pk, row.state) == (waiting.pk, State.SUCCEEDED), row.reason
    assert [row["PayAmt"] for row in merchant.sandbox.rows("Payment")] == ["56.85"]
    assert Replication.objects.count() == 1


def test_a_test_order_kept_in_accounts_receivable_is_sent_after_it_is_processed_there(merchant):
    test = {"test_order": True}
    merchant.sends(deliveries.merged(deliveries.unpaid(), {"payment": test}))
    assert merchant.sandbox.rows("Contact") == []
    row = merchant.sends(deliveries.order(payment=test))
    assert row.state == State.SUCCEEDED and merchant.contact()["FirstName"] == "Ada"


def test_a_rejected_order_is_never_sent(merchant):
    merchant.sends(deliveries.unpaid())
    row = merchant.sends(deliveries.merged(deliveries.unpaid(), {"current_stage": "Rejected"}))
    assert row.state == State.SKIPPED and "rejected" in row.reason
    assert merchant.sandbox.calls() == []
