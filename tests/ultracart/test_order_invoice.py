"""Order → Invoice/Order with InvoiceService.addBlankOrder: the CRM order to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cascade.models import Replication
from cascade.services import replication_resend
from tests.ultracart import deliveries
from tests.ultracart.deliveries import coupon, item, money, priced

State = Replication.State
SHIPPING, TAX, SERVICE, PRODUCT, FINANCE_CHARGE, DISCOUNT = 1, 2, 3, 4, 6, 7  # item types of the CRM
OTHER = 15  # over REST a service is added as this
Line = tuple[int, int, Decimal]


def lines(merchant) -> list[Line]:
    """Type, quantity and unit price of the order's lines."""
    rows = merchant.sandbox.rows("OrderItem")
    kinds = {OTHER: SERVICE} if merchant.rest else {}
    return [
        (kinds.get(row["ItemType"], row["ItemType"]), int(row["Qty"]), Decimal(row["PPU"])) for row in rows
    ]


def line(kind: int, quantity: int, price: str) -> Line:
    return kind, quantity, Decimal(price)


def invoice(merchant) -> tuple[str, str]:
    """Total and balance of the one invoice."""
    (row,) = merchant.sandbox.rows("Invoice")
    return row["InvoiceTotal"], row["TotalDue"]


def payments(merchant) -> list[tuple[str, str]]:
    return [(row["PayAmt"], row["PayType"]) for row in merchant.sandbox.rows("Payment")]


def notes(merchant) -> str:
    (row,) = merchant.sandbox.rows("Job")
    return row["JobNotes"] or ""


def sent(merchant, payload) -> Replication:
    row = merchant.sends(payload)
    assert row.state == State.SUCCEEDED, row.reason
    return row


def test_the_order_is_made_with_its_items_shipping_tax_and_payment(merchant):
    row = sent(merchant, deliveries.order())
    assert row.level == "info"
    assert lines(merchant) == [
        line(PRODUCT, 2, "9.95"),
        line(PRODUCT, 1, "17.95"),
        line(PRODUCT, 4, "2.00"),
        line(SHIPPING, 1, "7.25"),
        line(TAX, 1, "3.75"),
    ]
    assert (invoice(merchant), payments(merchant)) == (
        ("56.85", "0.00"),
        [("56.85", "Credit Card (Manual)")],
    )
    (job,) = merchant.sandbox.rows("Job")
    assert job["JobTitle"] == "tea order SHOP-0000000101"


def test_the_same_delivery_again_changes_nothing(merchant):
    sent(merchant, deliveries.order())
    calls = len(merchant.sandbox.effects())
    merchant.sends(deliveries.order())
    assert len(merchant.sandbox.effects()) == calls


def test_promo_codes_go_to_the_notes_as_they_were_typed(merchant):
    payload = deliveries.order(coupons=[coupon("SPRING", "SPRING-7F3K"), coupon("AUTO", automatic=True)])
    sent(merchant, payload)
    assert notes(merchant) == "Coupons: SPRING-7F3K, AUTO"


@pytest.mark.parametrize("is_test", [True, False])
def test_it_needs_no_test_merchant_mode(merchant, is_test):
    account = {"Name": "Shop", "Type": "Authorize", "IsTest": int(is_test), "IsDefault": 1}
    merchant.sandbox.seed(MerchantAccount=[account])
    sent(merchant, deliveries.order())
    assert merchant.sandbox.effects("card.charged") == []


# -- dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("placed_at", "in_the_crm"),
    [
        ("2026-03-08T01:59:59-05:00", "2026-03-08T01:59:59"),  # the last second of winter time
        ("2026-03-08T03:00:00-04:00", "2026-03-08T03:00:00"),  # the first of summer time
        ("2026-03-08T23:30:00-04:00", "2026-03-08T23:30:00"),  # the next day already in UTC
        ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00"),  # the hour that comes twice
        ("2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00"),
        ("2026-11-01T23:30:00-05:00", "2026-11-01T23:30:00"),
        ("2026-07-01T06:15:00+02:00", "2026-07-01T00:15:00"),  # another zone's clock
    ],
)
def test_the_order_date_is_the_moment_in_the_crms_zone(merchant, placed_at, in_the_crm):
    sent(merchant, deliveries.order(creation_dts=placed_at))
    (made,) = merchant.sandbox.effects("order.created")
    assert made["values"]["order_date"] == in_the_crm
    (job,) = merchant.sandbox.rows("Job")
    assert job["StartDate"][:10] == in_the_crm[:10]


# -- charges --------------------------------------------------------------------------------------------


def test_shipping_tax_discount_gift_wrap_and_surcharge_are_lines_of_their_types(merchant):
    totals = priced([item("BONE", 2, 9.95)], discount=2.00, shipping=5.00, tax=1.50)
    totals["summary"]["total"] = money(19.90 - 2 + 5 + 1.5 + 3.25 + 0.75)
    row = sent(
        merchant,
        deliveries.order(**totals, gift={"gift_wrap_cost": money(3.25)}, payment={"surcharge": money(0.75)}),
    )
    assert row.level == "info", row.reason
    assert sorted(lines(merchant)) == [
        line(SHIPPING, 1, "5.00"),
        line(TAX, 1, "1.50"),
        line(SERVICE, 1, "3.25"),
        line(PRODUCT, 2, "9.95"),
        line(FINANCE_CHARGE, 1, "0.75"),
        line(DISCOUNT, 1, "-2.00"),
    ]
    assert (invoice(merchant), payments(merchant)[0][0]) == (("28.40", "0.00"), "28.40")


def test_a_charge_that_the_shop_does_not_itemise_is_a_line_and_a_warning(merchant):
    totals = priced([item("BONE", 1, 10)])
    totals["summary"]["total"] = money(11.11)
    row = sent(merchant, deliveries.order(**totals))
    assert row.level == "warning" and "1.11 USD" in row.reason
    assert lines(merchant) == [line(PRODUCT, 1, "10"), line(SERVICE, 1, "1.11")]


def test_a_fraction_of_an_item_is_one_line_of_its_amount(merchant):
    sent(merchant, deliveries.order(**priced([item("BONE", 2.5, 4)])))
    assert lines(merchant) == [line(PRODUCT, 1, "10")]
    assert "2.5 × 4" in str(merchant.sandbox.rows("OrderItem"))


def test_a_fully_discounted_order_has_its_lines_and_no_payment(merchant):
    row = sent(merchant, deliveries.order(**priced([item("BONE", 2, 10)], discount=20)))
    assert row.level == "info"
    assert lines(merchant) == [line(PRODUCT, 2, "10"), line(DISCOUNT, 1, "-20")]
    assert (invoice(merchant), payments(merchant)) == (("0.00", "0.00"), [])


def test_a_free_order_has_its_line_at_zero_and_no_payment(merchant):
    merchant.make_tags("Customer")
    merchant.set(contact_tags="Customer")
    sent(merchant, deliveries.order(**priced([item("BONE", 1, 0)])))
    assert lines(merchant) == [line(PRODUCT, 1, "0")]
    assert (invoice(merchant), payments(merchant)) == (("0.00", "0.00"), [])
    assert merchant.tags() == {"Customer"}


# -- kits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kit_price", "part_prices", "subtotal", "expected"),
    [
        (20, (0, 0), 20, [line(PRODUCT, 1, "20")]),
        (20, (9.95, 17.95), 20, [line(PRODUCT, 1, "20")]),
        (0, (12, 8), 20, [line(PRODUCT, 1, "12"), line(PRODUCT, 1, "8")]),
        (15, (3, 2), 20, [line(PRODUCT, 1, "15"), line(PRODUCT, 1, "3"), line(PRODUCT, 1, "2")]),
    ],
)
def test_a_kit_is_charged_once_as_its_subtotal_says(merchant, kit_price, part_prices, subtotal, expected):
    merchant.sandbox.seed(Product=[{"ProductName": "PUPPY", "ProductPrice": "20.00", "Status": 1}])
    parts = [
        item(name, 1, price, index=index, kit_component=True, parent_item_index=1)
        for index, (name, price) in enumerate(zip(("BONE", "LEASH"), part_prices, strict=True), start=2)
    ]
    totals = {"subtotal": money(subtotal), "total": money(subtotal)}
    payload = deliveries.order(**priced([item("PUPPY", 1, kit_price, kit=True), *parts]))
    payload["summary"].update(totals)
    sent(merchant, payload)
    assert lines(merchant) == expected
    assert invoice(merchant) == ("20.00", "0.00")


# -- currencies -----------------------------------------------------------------------------------------


def test_an_order_paid_in_another_currency_is_sent_in_the_shops_own(merchant):
    summary = {
        "subtotal": money(10, 9.2),
        "tax": None,
        "shipping_handling_total": None,
        "total": {**money(10, 9.2), "currency_code": "EUR"},
    }
    items = [{**item("BONE"), "cost": money(10, 9.2)}]
    row = sent(merchant, deliveries.order(items=items, summary=summary, currency_code="EUR"))
    assert row.level == "info"
    assert (lines(merchant), invoice(merchant)) == ([line(PRODUCT, 1, "10")], ("10.00", "0.00"))
    assert notes(merchant) == "Paid by the buyer: 9.2 EUR"


def test_an_order_without_amounts_in_the_crms_currency_waits_for_the_setting(merchant):
    merchant.source.currency = "EUR"
    merchant.source.save()
    row = merchant.sends(deliveries.order())
    assert (row.state, row.setting) == (State.FAILED, "orders")
    assert "EUR" in row.reason and "USD" in row.reason
    assert merchant.sandbox.rows("Job") == []
    assert merchant.contact()["FirstName"] == "Ada"


def test_the_numbers_are_sent_as_they_are_by_setting(merchant):
    merchant.source.currency = "EUR"
    merchant.source.save()
    merchant.set(other_currency="send")
    row = sent(merchant, deliveries.order())
    assert row.level == "warning" and "as they are" in row.reason
    assert invoice(merchant) == ("56.85", "0.00")


@pytest.mark.parametrize("method", ["blank_order", "place_order"])
@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", 1280, "2560"), ("KWD", 12.345, "24.690")])
def test_amounts_have_the_decimals_of_their_currency(merchant, method, currency, price, total):
    merchant.sandbox.reset()
    merchant.sandbox.options(currency=currency)
    product = {"ProductName": "BONE", "ProductPrice": str(price), "Status": 1}
    merchant.sandbox.seed(Product=[product])
    merchant.source.currency = currency
    merchant.source.save()
    merchant.set(crm_currency=currency, creation_method=method)
    amounts = {"subtotal": money(2 * price), "total": money(2 * price)}
    payload = deliveries.order(**priced([item("BONE", 2, price)]))
    row = sent(merchant, deliveries.merged(payload, {"summary": amounts}))
    assert (row.level, lines(merchant)) == ("info", [line(PRODUCT, 2, str(price))])
    assert (invoice(merchant)[0], payments(merchant)[0][0]) == (total, total)


# -- payment --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "crm_type"), [("eCheck", "Check"), ("echeck ", "Check"), ("PayPal", "")])
def test_the_payment_type_is_the_mapped_one_or_the_default(merchant, method, crm_type):
    merchant.set(default_payment_type="Cash")
    merchant.connection.payment_types.create(shop_method="eCheck", crm_type="Check")
    sent(merchant, deliveries.order(payment={"payment_method": method}))
    assert payments(merchant) == [("56.85", crm_type or "Cash")]


def test_a_payment_type_the_crm_refuses_is_named_and_cured_by_a_resend(merchant_on):
    merchant = merchant_on("rest")  # XML-RPC takes any
    merchant.set(default_payment_type="Pay Pal")
    row = merchant.sends(deliveries.order())
    assert (row.state, row.setting, payments(merchant)) == (State.FAILED, "payments", [])
    assert "56.85 USD as “Pay Pal”" in row.reason
    merchant.set(default_payment_type="Cash")
    row = merchant.drive(replication_resend(row, user=None))
    assert (row.state, payments(merchant)) == (State.SUCCEEDED, [("56.85", "Cash")]), row.reason
    assert len(merchant.sandbox.rows("Job")) == 1


@pytest.mark.parametrize("setting", ["order_only", "skip"])
def test_an_order_on_account_is_made_without_a_payment_or_skipped_by_setting(merchant, setting):
    merchant.set(unpaid_orders=setting)
    row = merchant.sends(deliveries.order(payment={"payment_method": "COD", "payment_status": "Unprocessed"}))
    if setting == "skip":
        assert row.state == State.SKIPPED and merchant.sandbox.rows("Contact") == []
        return
    assert (row.state, row.level) == (State.SUCCEEDED, "warning") and "on account" in row.reason
    assert (invoice(merchant), payments(merchant)) == (("56.85", "56.85"), [])


def test_the_payment_of_an_order_on_account_is_recorded_once_its_money_came_in(merchant):
    merchant.sends(deliveries.order(payment={"payment_status": "Unprocessed", "payment_dts": None}))
    assert payments(merchant) == []
    paid = {"payment_status": "Processed", "payment_dts": "2026-03-20T09:00:00-04:00"}
    row = sent(merchant, deliveries.order(payment=paid))
    assert (row.level, invoice(merchant)) == ("info", ("56.85", "0.00"))
    assert payments(merchant) == [("56.85", "Credit Card (Manual)")]
    assert len(merchant.sandbox.rows("OrderItem")) == 5


@pytest.mark.parametrize("setting", ["send", "skip"])
def test_a_test_order_is_marked_or_skipped_by_setting(merchant, setting):
    merchant.set(test_orders=setting)
    row = merchant.sends(deliveries.order(payment={"test_order": True}))
    if setting == "skip":
        assert row.state == State.SKIPPED and "test order" in row.reason
        return
    assert (row.state, notes(merchant)) == (State.SUCCEEDED, "TEST ORDER")
