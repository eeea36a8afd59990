"""What an UltraCart order becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import ChargeKind, MoneyState, OrderData, Stage
from carts.platforms.ultracart.order import order_parse, order_version_at
from intake.payload import Node
from intake.platform import BadPayload
from tests.carts.payloads import fixture, needs_samples, paid_order, sample


def parsed(payload: dict[str, Any], currency: str = "USD") -> OrderData:
    return order_parse(Node(payload), currency)


def charges(data: OrderData) -> list[tuple[str, ChargeKind, Decimal]]:
    return [(charge.key, charge.kind, charge.amount) for charge in data.charges]


def test_a_paid_order():
    data = parsed(paid_order())
    assert (data.shop_order_id, data.stage, data.shop_stage) == (
        "SHOP-0000000101",
        Stage.PAID,
        "Shipping Department",
    )
    assert data.placed_at == datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    assert data.total == Decimal("56.85")
    assert data.lines is not None
    assert [(line.key, line.item_id, line.quantity, line.unit_price) for line in data.lines] == [
        ("1", "BONE", Decimal(2), Decimal("9.95")),
        ("2", "LEASH", Decimal(1), Decimal("17.95")),
        ("3", "BOWL", Decimal(4), Decimal(2)),
    ]
    assert charges(data) == [
        ("shipping", ChargeKind.SHIPPING, Decimal("7.25")),
        ("tax", ChargeKind.TAX, Decimal("3.75")),
    ]
    assert data.charges[0].title == "USPS: Priority Mail"
    assert data.billing.phones == ("404-555-0100", "404-555-0199")
    assert data.money == MoneyState.RECEIVED
    assert OrderData.from_json(data.to_json()) == data


def test_its_version_is_its_latest_past_event():
    assert parsed(paid_order()).version_at == datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
    refunded = paid_order(refund_dts="2026-03-09T09:00:00-05:00")
    assert order_version_at(Node(refunded)) == datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert parsed(refunded).refunded_at is not None


@pytest.mark.parametrize(
    ("shop_stage", "stage"),
    [
        ("Shipping Department", Stage.PAID),
        ("Completed Order", Stage.PAID),
        ("Least Cost Routing", Stage.PAID),
        ("Advanced Order Routing", Stage.PAID),
        ("Rejected", Stage.REJECTED),
        ("Accounts Receivable", Stage.UNPAID),
        ("Fraud Review", Stage.UNPAID),
        ("Pre-ordered", Stage.UNPAID),
        ("", Stage.UNPAID),
    ],
)
def test_stages(shop_stage, stage):
    data = parsed(paid_order(current_stage=shop_stage))
    assert (data.stage, data.shop_stage) == (stage, shop_stage)


@pytest.mark.parametrize(
    ("payment", "money"),
    [
        ({}, MoneyState.RECEIVED),
        ({"payment_status": "Processed"}, MoneyState.RECEIVED),
        ({"payment_status": "Refunded"}, MoneyState.RECEIVED),
        ({"payment_status": "Unprocessed"}, MoneyState.ON_ACCOUNT),
        ({"payment_status": "Authorized"}, MoneyState.ON_ACCOUNT),
        ({"payment_status": "Declined"}, MoneyState.ON_ACCOUNT),
    ],
)
def test_whether_the_money_is_there(payment, money):
    assert parsed(paid_order(payment=payment)).money == money


def test_a_kit_and_its_components():
    data = parsed(fixture("order_kit.json"))
    assert data.lines is not None
    assert [(line.key, line.kit, line.kit_key) for line in data.lines] == [
        ("1", True, ""),
        ("2", False, "1"),
        ("3", False, "1"),
    ]
    assert [line.unit_price for line in data.lines] == [Decimal("45.85"), 0, 0]


def test_discounts_are_negative_whatever_the_sign_sent():
    data = parsed(fixture("order_discounts.json"))
    assert charges(data) == [
        ("shipping", ChargeKind.SHIPPING, Decimal("7.25")),
        ("shipping_discount", ChargeKind.DISCOUNT, Decimal("-1.25")),
        ("discount", ChargeKind.DISCOUNT, Decimal("-5.5")),
        ("tax", ChargeKind.TAX, Decimal("3.75")),
        ("gift", ChargeKind.SERVICE, Decimal("1.5")),
        ("gift_wrap", ChargeKind.SERVICE, Decimal(2)),
        ("surcharge", ChargeKind.FINANCE_CHARGE, Decimal("0.5")),
    ]
    assert data.gift_certificate == 10
    assert [(coupon.code, coupon.typed, coupon.automatic) for coupon in data.coupons] == [
        ("SPRING", "ONETIME-77", False),
        ("AUTO5", "AUTO5", True),
    ]


def test_a_gift_certificate_of_the_other_field():
    data = parsed(paid_order(gift_certificate={"gift_certificate_amount": {"value": 12.5}}))
    assert data.gift_certificate == Decimal("12.5")


def spent(total: float, internal: float, named: float) -> OrderData:
    summary = {
        **paid_order()["summary"],
        "internal_gift_certificate_amount": {"value": internal},
        "total": {"value": total},
    }
    return parsed(paid_order(summary=summary, gift_certificate={"gift_certificate_amount": {"value": named}}))


@pytest.mark.parametrize(
    ("total", "internal", "named", "taken", "left"),
    [
        (41.85, 5, 10, [-5, -10], 0),  # net of both
        (46.85, 5, 10, [-10], 5),  # of one; the other is a means of payment
        (56.85, 5, 10, [], 15),  # of neither
        (46.85, 10, 10, [-10], 0),  # one certificate, told twice
        (36.85, 10, 10, [-10, -10], 0),
        (50.00, 5, 10, [], 15),  # nothing explains it: the plan sees what remains
    ],
)
def test_store_credit_and_a_gift_certificate(total, internal, named, taken, left):
    data = spent(total, internal, named)
    names = ("store-credit", "gift-certificate")
    assert [charge.amount for charge in data.charges if charge.key in names] == taken
    assert data.gift_certificate == left


def test_options_that_cost_something_on_top_are_charges_by_name():
    engraved = {"label": "Engraving", "value": "Ada", "cost_change": {"value": 5}}
    boxed = {"label": "Box", "value": "", "cost_change": {"value": 2}, "one_time_fee": True}
    item = {"merchant_item_id": "MUG", "item_index": 1, "quantity": 2, "cost": {"value": 20}}
    summary = {"subtotal": {"value": 52}, "total": {"value": 52}}
    data = parsed(paid_order(items=[{**item, "options": [engraved, boxed]}], summary=summary))
    assert [(charge.title, charge.amount) for charge in data.charges] == [
        ("Engraving: Ada (MUG)", 10),
        ("Box (MUG)", 2),
    ]
    within = {"subtotal": {"value": 40}, "total": {"value": 40}}  # the cost holds them already
    assert parsed(paid_order(items=[{**item, "options": [engraved, boxed]}], summary=within)).charges == ()


def test_another_currency_keeps_the_base_amounts():
    data = parsed(fixture("order_other_currency.json"))
    assert (data.currency, data.total) == ("USD", Decimal("56.85"))
    assert (data.paid_currency, data.paid_total) == ("EUR", Decimal("51.17"))
    assert parsed(paid_order(currency_code="USD")).paid_currency == ""


def test_a_price_set_by_hand():
    items = [
        {"merchant_item_id": "A", "quantity": 1, "cost": {"value": 5}, "arbitrary_unit_cost": {"value": 4}}
    ]
    data = parsed(paid_order(items=items))
    assert data.lines is not None
    assert data.lines[0].unit_price == 4


@pytest.mark.parametrize("indexes", [(1, 1), (1, None), (None, None)])
def test_positions_are_the_keys_where_indexes_do_not_tell_lines_apart(indexes):
    items = [{"merchant_item_id": "A", "quantity": 1, "item_index": index} for index in indexes]
    data = parsed(paid_order(items=items))
    assert data.lines is not None
    assert [line.key for line in data.lines] == ["1", "2"]


def test_no_items_key_is_not_an_empty_order():
    payload = paid_order()
    del payload["items"]
    assert parsed(payload).lines is None
    assert parsed(paid_order(items=[])).lines == ()


def test_strange_text_stays_whole():
    data = parsed(fixture("order_strange_text.json"))
    assert data.billing.first_name == "Zoë 🐶"
    assert data.billing.last_name == "אבגדה"
    assert len(data.billing.company) == 300
    assert data.lines is not None
    assert len(data.lines[0].title) == 300


def test_no_email_is_no_error_here():
    assert parsed(fixture("order_no_email.json")).email == ""


def test_custom_fields_and_the_advertising_source_where_the_webhook_brings_them():
    checkout = {
        "custom_field1": "red",
        "custom_field2": "",
        "custom_field10": "x" * 200,
        "custom_field99": "y",
    }
    data = parsed(paid_order(checkout=checkout, marketing={"advertising_source": "Google"}))
    assert data.custom_fields == {
        "advertising_source": "Google", "custom_field1": "red", "custom_field10": "x" * 200,
    }  # fmt: skip
    assert OrderData.from_json(data.to_json()) == data
    assert parsed(paid_order()).custom_fields == {}
    assert parsed(paid_order(checkout=None, marketing=None)).custom_fields == {}


def test_a_test_order():
    assert parsed(paid_order(payment={"test_order": True})).is_test


def test_a_negative_total_is_the_plans_business():
    assert parsed(paid_order(summary={"total": {"value": -5}})).total == -5


@pytest.mark.parametrize("value", [17.95, 17.950000000000003, "17.95"])
def test_tails_of_binary_floats_are_cut(value):
    assert parsed(paid_order(summary={"total": {"value": value}})).total == Decimal("17.95")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"billing": "Ada"}, "billing"),
        ({"billing": {"first_name": ["Ada"]}}, "billing.first_name"),
        ({"items": {"1": {}}}, "items"),
        ({"items": [5]}, "items[0]"),
        ({"items": [{"merchant_item_id": "A", "quantity": "two"}]}, "items[0].quantity"),
        ({"items": [{"merchant_item_id": "A", "quantity": -1}]}, "items[0].quantity"),
        ({"items": [{"quantity": 1}]}, "items[0].merchant_item_id"),
        ({"items": [{"merchant_item_id": "A" * 101, "quantity": 1}]}, "items[0].merchant_item_id"),
        ({"items": [{"merchant_item_id": "A", "quantity": 1, "kit": "yes"}]}, "items[0].kit"),
        ({"summary": {"total": {"value": True}}}, "summary.total.value"),
        ({"summary": {"total": {"value": 1e15}}}, "summary.total.value"),
        ({"summary": {"tax": {"value": -1}}}, "summary.tax"),
        ({"refund_dts": "yesterday"}, "refund_dts"),
        ({"refund_dts": "2026-03-02T10:04:05"}, "refund_dts"),
        ({"creation_dts": None}, "creation_dts"),
        ({"checkout": {"custom_field3": ["red"]}}, "checkout.custom_field3"),
        ({"marketing": "Google"}, "marketing"),
        ({"payment": {"transactions": [{"transaction_timestamp": 5}]}}, "transaction_timestamp"),
    ],
)
def test_what_is_wrongly_typed_is_named(change, field):
    with pytest.raises(BadPayload) as caught:
        parsed(paid_order(**change))
    assert field in caught.value.message


@needs_samples
def test_the_captured_orders():
    totals = {"DEMO-0009103110": "24.56", "DEMO-0009103116": "22.96", "DEMO-0009104390": "32.85"}
    for order_id, total in totals.items():
        data = parsed(sample(f"order-{order_id}.json"))
        assert (data.shop_order_id, data.stage, data.total) == (order_id, Stage.PAID, Decimal(total))
    refunded = parsed(sample("order-DEMO-0009105091.json"))
    assert refunded.refunded_at is not None
    assert refunded.money == MoneyState.RECEIVED
    assert refunded.version_at - refunded.placed_at < timedelta(hours=2)
    assert parsed(sample("order-DEMO-0009103110.json")).lines is None
