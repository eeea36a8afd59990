"""What a Magento order becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import ChargeKind, MoneyState, OrderData, Stage
from carts.platforms.magento.platform import Magento
from carts.platforms.shop_platform import NativeOrder
from intake.models import Source
from intake.platform import BadPayload, NativeEvent, NotUsed
from tests.carts.shops.magento.asked import charged
from tests.carts.shops.magento.payloads import ADDRESS, body_of, money, order, shipment, told
from tests.factories import PLACED_AT as RECEIVED_AT

PLATFORM = Magento()
SOURCE = Source(platform="magento", currency="USD")


def parsed(order_told: dict[str, Any], **more: Any) -> OrderData:
    return PLATFORM.parse(SOURCE, told(order_told, **more), RECEIVED_AT)


def charges(data: OrderData) -> list[tuple[str, ChargeKind, Decimal]]:
    return [(charge.key, charge.kind, charge.amount) for charge in data.charges]


def test_a_paid_order():
    data = parsed(order(), listed={"coupon_code": "SPRING", "customer_prefix": "Dr."})
    assert (data.shop_order_id, data.stage, data.shop_stage) == ("100000101", Stage.PAID, "processing")
    assert data.placed_at == datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    assert data.version_at == datetime(2026, 3, 2, 15, 10, tzinfo=UTC)
    assert data.paid_at == datetime(2026, 3, 2, 15, 9, tzinfo=UTC)
    assert data.lines is not None
    assert [(line.key, line.item_id, line.quantity, line.unit_price) for line in data.lines] == [
        ("1", "BONE", Decimal(2), Decimal("9.95")),
        ("2", "LEASH", Decimal(1), Decimal("17.95")),
    ]
    assert charges(data) == [
        ("shipping", ChargeKind.SHIPPING, Decimal("7.25")),
        ("discount", ChargeKind.DISCOUNT, Decimal(-5)),
        ("tax", ChargeKind.TAX, Decimal("3.75")),
    ]
    assert data.charges[1].title == "Discount (SPRING)"
    assert charged(data) == data.total == Decimal("43.85")
    assert (data.currency, data.paid_currency, data.money) == ("USD", "", MoneyState.RECEIVED)
    assert [coupon.code for coupon in data.coupons] == ["SPRING"]
    assert data.cart_id == "55"
    assert OrderData.from_json(data.to_json()) == data


def test_who_bought():
    data = parsed(order(), listed={"customer_prefix": "Dr."})
    assert (data.email, data.billing.title, data.billing.company) == ("ada@example.com", "Dr.", "Engines")
    assert (data.billing.street1, data.billing.street2) == ("1 Main Street", "Floor 2, Door 3")
    assert (data.billing.region, data.billing.country) == ("Georgia", "US")
    assert data.billing.phones == ("404-555-0100",)
    from_account = parsed(order(), customer={"prefix": "Lady"})
    assert from_account.billing.title == "Lady"


def test_an_order_of_downloads_has_no_shipping_address():
    virtual = order(is_virtual="1")
    del virtual["shipping_address"]
    assert parsed(virtual).shipping.street1 == ""
    assert parsed({**virtual, "shipping_address": []}).shipping.last_name == ""
    assert parsed(virtual).billing.last_name == "Example"


@pytest.mark.parametrize(
    ("state", "paid", "stage", "money_state"),
    [
        ("new", "", Stage.UNPAID, MoneyState.RECEIVED),
        ("pending_payment", "", Stage.UNPAID, MoneyState.RECEIVED),
        ("payment_review", "", Stage.UNPAID, MoneyState.RECEIVED),
        ("holded", "", Stage.UNPAID, MoneyState.RECEIVED),
        ("new", "43.8500", Stage.PAID, MoneyState.RECEIVED),
        ("new", "43.8400", Stage.UNPAID, MoneyState.RECEIVED),
        ("processing", "43.8500", Stage.PAID, MoneyState.RECEIVED),
        ("processing", "", Stage.PAID, MoneyState.ON_ACCOUNT),
        ("processing", "20.0000", Stage.PAID, MoneyState.ON_ACCOUNT),
        ("complete", "43.8500", Stage.PAID, MoneyState.RECEIVED),
        ("complete", "", Stage.PAID, MoneyState.ON_ACCOUNT),
        ("canceled", "43.8500", Stage.REJECTED, MoneyState.RECEIVED),
    ],
)
def test_stages(state, paid, stage, money_state):
    data = parsed(order(state=state, status="own_word", **money(total_paid=paid)))
    assert (data.stage, data.money, data.shop_stage) == (stage, money_state, "own_word")


def test_a_suspected_fraud_waits():
    assert parsed(order(status="fraud")).stage == Stage.UNPAID


def test_a_free_order_is_not_on_account():
    amounts = money(grand_total="0.0000", discount_amount="-48.8500", total_paid="0.0000")
    data = parsed(order(**amounts, payment={"method": "free"}))
    assert (data.stage, data.money, data.total, charged(data)) == (Stage.PAID, MoneyState.RECEIVED, 0, 0)


def test_a_rejected_order_says_why():
    history = [{"status": "canceled", "created_at": "2026-03-03 10:00:00", "comment": "Out of stock"}]
    data = parsed(order(state="canceled", status_history=history, **money(total_canceled="43.8500")))
    assert (data.reject_reason, data.total) == ("Out of stock", Decimal("43.85"))


def test_refunds():
    partly = parsed(order(**money(total_refunded="10.0000")))
    assert (partly.stage, partly.refunded_total, partly.refunded_at) == (Stage.PAID, Decimal(10), None)
    history = [{"status": "closed", "created_at": "2026-03-09 09:00:00"}]
    whole = order(state="closed", status="closed", status_history=history, **money(total_refunded="43.8500"))
    assert parsed(whole).stage == Stage.PAID
    assert parsed(whole).refunded_total == Decimal("43.85")
    assert parsed(whole).refunded_at == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_what_was_cancelled_of_an_order_is_not_owed():
    data = parsed(order(state="complete", **money(total_canceled="17.9500", total_paid="25.9000")))
    assert charges(data)[-1] == ("canceled", ChargeKind.DISCOUNT, Decimal("-17.95"))
    assert (charged(data), data.money) == (data.total, MoneyState.RECEIVED)
    assert data.total == Decimal("25.9")


def test_amounts_are_those_of_the_base_currency():
    foreign = order(order_currency_code="EUR", grand_total="40.0000", subtotal="34.5000", tax_amount="3.4000")
    data = parsed(foreign)
    assert (data.currency, data.total, data.subtotal) == ("USD", Decimal("43.85"), Decimal("37.85"))
    assert (data.paid_currency, data.paid_total) == ("EUR", Decimal(40))


def test_without_base_amounts_the_currency_is_the_orders():
    foreign = {key: value for key, value in order().items() if not key.startswith("base_")}
    foreign["items"] = [
        {key: value for key, value in line.items() if not key.startswith("base_")}
        for line in foreign["items"]
    ]
    data = parsed({**foreign, "order_currency_code": "EUR", "base_currency_code": "USD"})
    assert (data.currency, data.total, data.paid_currency) == ("EUR", Decimal("43.85"), "")
    assert charged(data) == data.total


def test_older_shops_send_discounts_without_a_sign():
    assert charged(parsed(order(**money(discount_amount="5.0000")))) == Decimal("43.85")


def test_tax_on_a_discount_stands_apart():
    data = parsed(order(**money(grand_total="44.2000")), listed=money(hidden_tax_amount="0.3500"))
    assert charges(data)[-1] == ("further_tax", ChargeKind.TAX, Decimal("0.35"))
    assert charged(data) == data.total


def test_shipping_tax_is_part_of_the_tax():
    data = parsed(order(), listed=money(shipping_tax_amount="0.7500"))
    assert [key for key, *_ in charges(data)] == ["shipping", "discount", "tax"]


def test_store_credit_and_reward_points_lower_the_total():
    spent = money(customer_balance_amount="10.0000", reward_currency_amount="1.0000")
    data = parsed(order(**money(grand_total="32.8500")), listed=spent)
    assert charges(data)[-2:] == [
        ("store_credit", ChargeKind.DISCOUNT, Decimal(-10)),
        ("reward_points", ChargeKind.DISCOUNT, Decimal(-1)),
    ]
    assert charged(data) == data.total
    assert charged(parsed(order(), listed=spent)) == Decimal("43.85")


def test_a_gift_card():
    data = parsed(order(**money(grand_total="33.8500")), listed=money(gift_cards_amount="10.0000"))
    assert (data.gift_certificate, charged(data)) == (0, data.total)
    assert charges(data)[-1] == ("gift_cards", ChargeKind.DISCOUNT, -10)
    data = parsed(order(), listed=money(gift_cards_amount="10.0000"))  # a means of payment there
    assert (data.gift_certificate, charged(data)) == (10, data.total)


def test_several_credits_at_once_each_by_name():
    spent = money(
        customer_balance_amount="10.0000", reward_currency_amount="1.0000", gift_cards_amount="5.0000"
    )
    data = parsed(order(**money(grand_total="27.8500")), listed=spent)
    assert [amount for _, _, amount in charges(data)[-3:]] == [-5, -10, -1]
    data = parsed(order(**money(grand_total="33.8500")), listed=spent)  # the balance alone is taken off
    assert charges(data)[-1] == ("store_credit", ChargeKind.DISCOUNT, -10)
    assert charged(data) == data.total


def test_fees_of_modules_are_charges_by_name():
    fees = money(cod_fee="3.0000", donation_amount="2.0000")
    twins = {"base_cod_fee_tax": "5.0000", "cod_fee_invoiced": "5.0000", "fee_percent": "abc"}
    data = parsed(order(**money(grand_total="48.8500")), listed=fees | twins)
    assert [(item.title, item.amount) for item in data.charges][-2:] == [
        ("Cash on delivery fee", 3),
        ("Donation", 2),
    ]
    assert charged(data) == data.total
    data = parsed(order(**money(grand_total="45.8500")), listed=fees)
    assert [(item.title, item.amount) for item in data.charges][-1] == ("Donation", 2)


def test_a_discount_above_zero_that_was_added_is_a_surcharge():
    added = {
        "discount_description": "Card surcharge",
        **money(discount_amount="3.0000", grand_total="51.8500"),
    }
    data = parsed(order(**added))
    assert charges(data)[1] == ("surcharge", ChargeKind.FINANCE_CHARGE, 3)
    assert data.charges[1].title == "Card surcharge"
    assert charged(data) == data.total
    dropped = money(discount_amount="5.0000", grand_total="43.8500")
    assert charges(parsed(order(**dropped)))[1] == ("discount", ChargeKind.DISCOUNT, -5)


def test_an_edited_order_names_the_one_it_replaces():
    edited = {"original_increment_id": "100000100", "relation_parent_real_id": "100000100-1"}
    assert parsed(order(**edited)).replaces == "100000100-1"
    assert parsed(order()).replaces == ""


def test_a_number_that_is_a_word_names_the_field():
    with pytest.raises(BadPayload, match=r"order\.base_grand_total should be a number"):
        parsed(order(base_grand_total="a lot"))
    with pytest.raises(BadPayload, match=r"order\.created_at should be a time"):
        parsed(order(created_at="yesterday"))
    with pytest.raises(BadPayload, match="no created_at"):
        parsed(order(created_at="0000-00-00 00:00:00"))


def test_shipments():
    payload = told(order(), shipment(1, "101", "JD01", "JD02", "JD01"), shipment(2))
    first, second = PLATFORM.shipments(SOURCE, payload, RECEIVED_AT)
    assert [tracking.number for tracking in first.tracking] == ["JD01", "JD02"]
    assert (first.shop_order_id, first.shipment_id, first.carrier) == ("100000101", "100000201", "DHL")
    assert first.method == "Flat Rate - Fixed"
    assert (second.tracking, second.shipped_at) == ((), datetime(2026, 3, 4, 10, tzinfo=UTC))


def test_an_order_that_was_read():
    event = NativeEvent(name="order_read", body=body_of(told(order())))
    native = PLATFORM.read(SOURCE, event, RECEIVED_AT)
    assert isinstance(native, NativeOrder)
    assert native.read_back
    assert (native.shop_order_id, native.stage) == ("100000101", Stage.PAID)
    assert native.version_at == datetime(2026, 3, 2, 15, 10, tzinfo=UTC)


def test_nothing_else_is_used():
    assert isinstance(PLATFORM.read(SOURCE, NativeEvent(name="other", body=b"{}"), RECEIVED_AT), NotUsed)
    for body in (b"", b"[]", b"{}", b'{"order": []}', b'{"order": {"increment_id": ""}}'):
        with pytest.raises(BadPayload):
            PLATFORM.read(SOURCE, NativeEvent(name="order_read", body=body), RECEIVED_AT)


def test_names_of_the_account_fill_a_bare_address():
    data = parsed(order(billing_address={**ADDRESS, "firstname": "", "lastname": ""}))
    assert (data.billing.first_name, data.billing.last_name) == ("Ada", "Example")
