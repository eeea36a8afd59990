"""Order → Invoice/Order with OrderService.placeOrder: real promo codes, test merchant mode."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cascade.models import Replication
from cascade.services import replication_resend
from tests.cascade.cart_shop import set_up
from tests.ultracart import deliveries
from tests.ultracart.deliveries import coupon, money

State = Replication.State
MERCHANTS = "GET /v2/merchants"


@pytest.fixture
def merchant(merchant):
    """Its catalogue has the shop's prices."""
    set_up(merchant, merchant.connection.protocol, creation_method="place_order")
    return merchant


def account(merchant, *, test: bool) -> None:
    row = {"Name": "Shop", "Type": "Authorize", "IsTest": int(test), "IsDefault": 1}
    merchant.sandbox.seed(MerchantAccount=[row])


def totals(merchant) -> list[tuple[str, str]]:
    return [(row["InvoiceTotal"], row["TotalDue"]) for row in merchant.sandbox.rows("Invoice")]


def refused(merchant, row: Replication) -> bool:
    """No order, no charge, and yet the contact."""
    assert (row.state, row.error_class, row.setting) == (State.FAILED, "configuration", "orders")
    assert merchant.contact()["FirstName"] == "Ada"
    return merchant.sandbox.rows("Job") == [] and merchant.sandbox.effects("card.charged") == []


def test_in_test_merchant_mode_the_order_is_placed_and_no_card_charged(merchant):
    account(merchant, test=True)
    row = merchant.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert totals(merchant) == [("56.85", "0.00")]
    assert merchant.sandbox.effects("card.charged") == []
    assert len(merchant.sandbox.calls(MERCHANTS)) == 1


def test_promo_codes_are_added_as_real_codes(merchant):
    merchant.sandbox.seed(PromoCode=[{"Code": "SPRING", "Name": "Spring sale", "Amount": 5}])
    summary = {"subtotal_discount": money(-5), "total": money(51.85)}
    row = merchant.sends(deliveries.order(summary=summary, coupons=[coupon("SPRING")]))
    assert row.state == State.SUCCEEDED, row.reason
    assert totals(merchant) == [("51.85", "0.00")]


def test_a_code_that_the_crm_does_not_know_is_in_the_notes(merchant):
    """The CRM drops it without a word, and a code may take nothing off here (free shipping, say)."""
    row = merchant.sends(deliveries.order(coupons=[coupon("FREESHIP")]))
    assert (row.state, totals(merchant)) == (State.SUCCEEDED, [("56.85", "0.00")])
    assert [job["JobNotes"] for job in merchant.sandbox.rows("Job")] == ["Coupons: FREESHIP"]


def test_the_missing_discount_of_an_unknown_code_is_named_before_the_payment(merchant):
    summary = {"subtotal_discount": money(-5), "total": money(51.85)}
    row = merchant.sends(deliveries.order(summary=summary, coupons=[coupon("SPRING")]))
    assert row.state == State.PARKED
    assert "took 5.00 less off than the shop did for SPRING" in row.reason
    assert totals(merchant) == [("56.85", "56.85")]


def test_credit_beside_a_code_stays_a_line(merchant):
    """A code takes the place of the coupons' discount alone."""
    merchant.sandbox.seed(PromoCode=[{"Code": "SPRING", "Name": "Spring sale", "Amount": 5}])
    summary = {
        "subtotal_discount": money(-5),
        "internal_gift_certificate_amount": money(10),
        "total": money(41.85),
    }
    row = merchant.sends(deliveries.order(summary=summary, coupons=[coupon("SPRING")]))
    assert (row.state, totals(merchant)) == (State.SUCCEEDED, [("41.85", "0.00")]), row.reason


def test_a_placed_order_has_the_date_of_the_shop(merchant):
    row = merchant.sends(deliveries.order(creation_dts="2026-11-02T10:00:00-05:00"))
    assert row.state == State.SUCCEEDED, row.reason
    assert [job["StartDate"][:10] for job in merchant.sandbox.rows("Job")] == ["2026-11-02"]


def test_with_a_live_merchant_account_replication_fails_and_says_what_to_do(merchant):
    account(merchant, test=False)
    row = merchant.sends(deliveries.order())
    assert refused(merchant, row)
    assert "test mode" in row.reason and "addBlankOrder" in row.reason
    assert "No card was or will be charged" in row.reason


def test_what_failed_is_sent_by_addblankorder_after_the_change_of_the_setting(merchant):
    account(merchant, test=False)
    row = merchant.sends(deliveries.order())
    merchant.set(creation_method="blank_order")
    assert merchant.drive(replication_resend(row, user=None)).state == State.SUCCEEDED
    assert totals(merchant) == [("56.85", "0.00")]


@pytest.mark.parametrize("days", [None, 1, 31])
def test_a_mode_that_cannot_be_read_needs_a_persons_dated_tick(merchant, days):
    merchant.sandbox.faults({"method": MERCHANTS, "do": "http", "status": 403, "body": '{"message": "No"}'})
    merchant.set(merchant_test_confirmed_at=None if days is None else timezone.now() - timedelta(days=days))
    row = merchant.sends(deliveries.order())
    if days == 1:
        assert row.state == State.SUCCEEDED, row.reason
        return
    assert refused(merchant, row)
    assert "cannot be read" in row.reason and "tick" in row.reason
    assert ("more than 30 days" in row.reason) is (days == 31)


def test_a_price_that_is_not_the_catalogues_stops_before_the_order(merchant):
    account(merchant, test=True)
    dearer = deliveries.order(**deliveries.priced([deliveries.item("BONE", 2, 10.45)]))
    row = merchant.sends(dearer)
    assert refused(merchant, row)
    assert "20.90 USD in the shop and 19.90" in row.reason


def test_promo_codes_that_take_everything_off_leave_no_payment(merchant):
    merchant.sandbox.seed(PromoCode=[{"Code": "FREE", "Name": "Free", "Amount": 19.90}])
    items = [deliveries.item("BONE", 2, 9.95)]
    row = merchant.sends(
        deliveries.order(**deliveries.priced(items, discount=19.9), coupons=[coupon("FREE")])
    )
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert (totals(merchant), merchant.sandbox.rows("Payment")) == ([("0.00", "0.00")], [])
