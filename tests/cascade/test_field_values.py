"""The shop's values as the CRM's custom fields take them; dates and choices arrive right over the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carts.order_data import Charge, ChargeKind, Coupon
from cascade.planning.field_values import FieldValue, crm_value
from cascade.planning.rules import FieldRule
from cascade.shop.shop_values import field_values, shop_value
from crm.list_records import CustomField, FieldObject
from crm.records import ContactData, OrderHead
from mappings.shop_fields import KNOWN_KEYS
from tests.crm.contract_helpers import Door, connect
from tests.factories import PLACED_AT, order_data
from tests.sandbox_client import Sandbox

ZONE = ZoneInfo("America/New_York")
# A busy machine is no slow function.
PATIENT = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
COLOURS = ("Red", "Sky blue", "GREEN", "green")
PAYLOAD: dict[str, Any] = {
    "checkout": {"comments": "  leave at the door ", "custom_field1": None, "rush": True},
    "properties": [
        {"name": "ucacid", "value": "noise"},
        {"name": "gift_wrap", "value": "Yes"},
        {"name": "Engraving", "value": {"value": "For Ada"}},
    ],
    "options": [{"label": "Size", "value": "XL"}],
    "items": [{"sku": "MUG-1", "options": [{"label": "Glaze", "value": "Blue"}]}, {"sku": "TEA-2"}],
    "Tags": [{"tag_value": "vip"}],
    "labels": ["a", " b ", "a", ""],
    "weight": {"value": Decimal("2.50"), "uom": "LB"},
    "ratio": 0.1,
    "count": 12,
}


def field(type_word: str, *options: str) -> CustomField:
    return CustomField(
        object=FieldObject.ORDER, id=1, name="_F", label="Field", type=type_word, options=options
    )


def crm(value: str, type_word: str, *options: str, **value_map: str) -> FieldValue:
    return crm_value(value, field(type_word, *options), value_map, zone=ZONE)


# -- what the shop says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("checkout.comments", "leave at the door"),
        ("checkout.custom_field1", ""),
        ("checkout.rush", "yes"),
        ("checkout", ""),
        ("properties.gift_wrap", "Yes"),
        ("properties.engraving", "For Ada"),
        ("properties.0.name", "ucacid"),
        ("properties.nothing", ""),
        ("options.Size", "XL"),
        ("items.0.sku", "MUG-1"),
        ("items.0.options.Glaze", "Blue"),
        ("items.2.sku", ""),
        ("items.sku", ""),
        ("labels", "a, b"),
        ("labels.1", "b"),
        ("tags.0.tag_value", "vip"),
        ("weight", "2.50"),
        ("weight.uom", "LB"),
        ("ratio", "0.1"),
        ("count", "12"),
        ("no.such.path", ""),
    ],
)
def test_a_path_leads_to_a_value_of_the_shops_own_order(path, value):
    assert shop_value(order_data(), PAYLOAD, path) == value


def test_every_field_we_know_is_read_off_the_order():
    order = order_data(
        custom_fields={"advertising_source": " Google ", "custom_field7": "seven"},
        charges=(
            *order_data().charges,
            Charge(key="d", kind=ChargeKind.DISCOUNT, title="Sale", amount=Decimal("-1.5")),
        ),
        coupons=(Coupon(code="SPRING", typed="X1"), Coupon(code="VIP")),
        sales_rep="JR",
        affiliates=("A7", "A1"),
        shipping_method="USPS: Priority Mail",
        original_order_id="DEMO-1",
    )
    found = {key: shop_value(order, {}, key) for key in KNOWN_KEYS}
    assert {key: value for key, value in found.items() if value} == {
        "advertising_source": "Google",
        "custom_field7": "seven",
        "order_number": "DEMO-1001",
        "placed_at": "2026-03-02T15:04:05+00:00",
        "stage": "Shipping Department",
        "payment_method": "Credit Card",
        "total": "56.85",
        "subtotal": "45.85",
        "tax": "3.75",
        "shipping_total": "7.25",
        "discount": "1.50",
        "currency": "USD",
        "coupon_codes": "SPRING, VIP",
        "sales_rep": "JR",
        "affiliate": "A7",
        "shipping_method": "USPS: Priority Mail",
        "item_ids": "BONE, LEASH, BOWL",
        "original_order_id": "DEMO-1",
    }


def test_money_the_shop_did_not_tell_is_blank_not_nought():
    order = order_data(total=None, subtotal=None, charges=(), lines=None)
    assert not any(shop_value(order, {}, key) for key in ("total", "subtotal", "tax", "discount", "item_ids"))
    assert shop_value(order_data(currency="JPY", total=Decimal(500)), {}, "total") == "500"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "name", "value"]), inner),
    max_leaves=20,
)


@PATIENT
@given(
    payload=st.dictionaries(st.sampled_from(["a", "b"]), JSON),
    path=st.lists(st.sampled_from(["a", "b", "0", "7", "name", "value", ""]), max_size=14),
)
def test_no_payload_and_no_path_raises(payload, path):
    assert len(shop_value(order_data(), payload, ".".join(path))) <= 10_000


def test_what_is_enormous_or_deep_is_bounded():
    deep: Any = "x"
    for _ in range(5000):
        deep = {"value": [deep]}
    payload = {
        "text": "x" * 50_000,
        "list": ["word" * 10] * 100_000,
        "deep": deep,
        "number": Decimal("1e999999"),
        "whole": 10**5000,
    }
    assert len(shop_value(order_data(), payload, "text")) == 10_000
    assert shop_value(order_data(), payload, "list") == "word" * 10
    assert [shop_value(order_data(), payload, key) for key in ("deep", "number", "whole")] == [""] * 3


# -- what the CRM takes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "date", "time"),
    [
        ("2026-03-02", "2026-03-02", "2026-03-02T00:00:00"),
        ("20260302", "2026-03-02", "2026-03-02T00:00:00"),
        ("2026/3/2", "2026-03-02", "2026-03-02T00:00:00"),
        ("2026-03-02T15:04:05+00:00", "2026-03-02", "2026-03-02T10:04:05"),
        ("2026-03-02T03:04:05Z", "2026-03-01", "2026-03-01T22:04:05"),
        ("2026-07-02T03:04:05.123-04:00", "2026-07-02", "2026-07-02T03:04:05"),
        ("2026-03-02 15:04", "2026-03-02", "2026-03-02T15:04:00"),
        ("3/2/2026", "2026-03-02", "2026-03-02T00:00:00"),
        ("03/02/2026 3:04 PM", "2026-03-02", "2026-03-02T15:04:00"),
        ("2.3.2026", "2026-03-02", "2026-03-02T00:00:00"),
        ("Mar 2, 2026", "2026-03-02", "2026-03-02T00:00:00"),
        ("2 March 2026", "2026-03-02", "2026-03-02T00:00:00"),
        ("Mon, 02 Mar 2026 15:04:05 GMT", "2026-03-02", "2026-03-02T10:04:05"),
        ("1772463845", "2026-03-02", "2026-03-02T10:04:05"),
        ("1772463845000", "2026-03-02", "2026-03-02T10:04:05"),
    ],
)
def test_dates_and_times_are_those_of_the_crms_clock(value, date, time):
    assert crm(value, "date") == FieldValue(date)
    assert crm(value, "date_time") == FieldValue(time)


NO_DATES = (
    *("soon", "31/12/2026", "2026-02-30", "0001-01-01", "12", "1 2 3", "-", "1" * 99, "10:30", "Tue"),
    "Mon Mar 02 2026 15:04:05 GMT+0000",
)


@pytest.mark.parametrize("value", NO_DATES)
@pytest.mark.parametrize("type_word", ["date", "date_time"])
def test_what_is_no_date_is_left_out_and_named(value, type_word):
    found = crm(value, type_word)
    assert found.value == ""
    assert "is no date we can read, so the field was left out." in found.problem


@pytest.mark.parametrize(
    ("type_word", "value", "written"),
    [
        ("whole_number", "12", "12"),
        ("whole_number", "1,234", "1234"),
        ("whole_number", "5.00", "5"),
        ("whole_number", "-3", "-3"),
        ("decimal_number", "2.50", "2.50"),
        ("decimal_number", ".5", "0.5"),
        ("decimal_number", "1.234,50", "1234.50"),
        ("decimal_number", "2,5", "2.5"),
        ("currency", "$1,234.50", "1234.50"),
        ("currency", "9.95 USD", "9.95"),
        ("currency", "-€3", "-3"),
        ("percent", "12.5%", "12.5"),
        ("year", "2026", "2026"),
        ("month", "March", "3"),
        ("month", "03", "3"),
        ("user", "7", "7"),
        ("yes_no", "Yes", "1"),
        ("yes_no", "off", "0"),
        ("text", " kept as it is ", "kept as it is"),
        ("email", "ada@example.com", "ada@example.com"),
        ("phone_number", "+49 (30) 5550100", "+49 (30) 5550100"),
        ("website", "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("other", "anything", "anything"),
        ("dropdown", "its options are unknown", "its options are unknown"),
    ],
)
def test_a_value_that_fits_is_written_plainly(type_word, value, written):
    assert crm(value, type_word) == FieldValue(written)


@pytest.mark.parametrize(
    ("type_word", "value"),
    [
        ("whole_number", "2.5"),
        ("whole_number", "99999999999"),
        ("whole_number", "twelve"),
        ("decimal_number", "1e5"),
        ("decimal_number", "1.2.3"),
        ("decimal_number", "NaN"),
        ("decimal_number", "9" * 40),
        ("currency", "ten dollars"),
        ("month", "13"),
        ("month", "Ma"),
        ("user", "0"),
        ("yes_no", "maybe"),
        ("dropdown", "Yellow"),
        ("list_box", "Yellow, Pink"),
    ],
)
def test_a_value_that_does_not_fit_is_left_out_with_a_sentence(type_word, value):
    found = crm(value, type_word, *(COLOURS if type_word in ("dropdown", "list_box") else ()))
    assert found.value == ""
    assert "so the field was left out. " in found.problem
    assert len(found.problem) < 300


def test_an_option_is_found_exactly_then_in_any_case_and_through_the_value_map():
    assert crm("green", "dropdown", *COLOURS).value == "green"
    assert crm("Green", "dropdown", *COLOURS).value == "GREEN"
    assert crm("SKY BLUE", "radio", *COLOURS).value == "Sky blue"
    assert crm("Azure", "radio", *COLOURS, azure="Sky blue").value == "Sky blue"
    assert crm("red", "radio", *COLOURS, red="Sky blue").value == "Sky blue"
    assert crm("ja", "yes_no", ja="yes").value == "1"
    assert crm("none", "text", none="") == FieldValue("")


def test_of_several_choices_those_that_exist_are_written():
    assert crm("red; azure|Red", "list_box", *COLOURS, azure="Sky blue") == FieldValue("Red,Sky blue")
    found = crm("Red, Yellow", "list_box", *COLOURS)
    assert found.value == "Red"
    assert "“Yellow” is none of its options, so only the others were written." in found.problem
    assert crm("Red, white", "list_box", "Red, white", "Red").value == "Red, white"


def test_text_is_shortened_with_a_remark_at_the_documented_length():
    for kind in ("text", "text_area"):
        found = crm("x" * 70_000, kind)
        assert (len(found.value), "shortened to 65535" in found.problem) == (65_535, True)
        assert crm("x" * 65_535, kind) == FieldValue("x" * 65_535)
    assert len(crm_value("x" * 70_000, None, {}, zone=ZONE).value) == 65_535


@PATIENT
@given(
    value=st.text(),
    type_word=st.sampled_from(["date", "date_time", "currency", "month", "list_box", "yes_no", "other"]),
)
def test_no_text_raises(value, type_word):
    found = crm(value, type_word, *COLOURS)
    assert not found.problem or found.value or "left out" in found.problem


# -- all of an order ------------------------------------------------------------------------------------


def values_of(
    rules: tuple[FieldRule, ...], fields: Mapping[str, CustomField] | None
) -> tuple[dict[str, str], list[str]]:
    def clean(value: str) -> str:
        return value.replace("\x00", "").strip()

    return field_values(order_data(), PAYLOAD, rules, fields, zone=ZONE, clean=clean)


RULES = (
    FieldRule(crm_field="_Placed", shop_field="placed_at"),
    FieldRule(crm_field="_Wrap", shop_field="properties.gift_wrap"),
    FieldRule(crm_field="_Note", shop_field="checkout.custom_field1"),
    FieldRule(crm_field="_Typo", shop_field="checkout.comments"),
    FieldRule(crm_field="_Colour", shop_field="options.Size"),
)
FIELDS = {"_Placed": field("date"), "_Wrap": field("yes_no"), "_Colour": field("dropdown", *COLOURS)}


def test_blanks_and_unknown_fields_are_left_out_and_what_does_not_fit_is_a_warning():
    values, problems = values_of(RULES, FIELDS)
    assert values == {"_Placed": "2026-03-02", "_Wrap": "1"}
    unknown, wrong = problems
    assert "has no custom field _Typo" in unknown
    assert wrong.startswith("Custom field Field, from the shop's options.Size: “XL” is none of its options")


def test_where_nobody_has_read_the_crms_fields_values_go_as_text_without_a_warning():
    values, problems = values_of(RULES, None)
    assert values["_Placed"] == "2026-03-02T15:04:05+00:00"
    assert problems == []


# -- over the wire --------------------------------------------------------------------------------------

SENT = {
    "Born": ("date", 13, "2026-03-02T03:30:00Z", "2026-03-01T00:00:00"),
    "Called": ("date_time", 14, "2026-03-02T03:30:00Z", "2026-03-01T22:30:00"),
    "Summer": ("date_time", 14, "July 4, 2026", "2026-07-04T00:00:00"),
    "Pieces": ("whole_number", 12, "1,234", 1234),
    "Price": ("currency", 3, "$9.95", "9.95"),
    "Gift": ("yes_no", 6, "Yes", 1),
    "Colour": ("dropdown", 21, "RED", "Red"),
    "Colours": ("list_box", 17, "red; sky blue", "Red,Sky blue"),
    "Remark": ("text_area", 16, "y" * 300, "y" * 300),
}


@pytest.fixture(params=["xmlrpc", "rest", "automatic"])
def door(request: pytest.FixtureRequest) -> Door:
    return Door(request.param, "header")


@pytest.fixture
def with_fields(sandbox: Sandbox) -> Iterator[Sandbox]:
    rows = [
        {
            "FormId": form,
            "Name": name,
            "Label": name,
            "DataType": number,
            "Values": "\n".join(COLOURS) if "Colour" in name else None,
        }
        for form in (-1, -9)
        for name, (_, number, _, _) in SENT.items()
    ]
    sandbox.seed(DataFormField=rows, Contact=[{"Email": "ada@example.com"}])
    yield sandbox


@pytest.mark.parametrize(("of", "table"), [(FieldObject.CONTACT, "Contact"), (FieldObject.ORDER, "Job")])
def test_every_type_arrives_right_over_every_protocol(door, with_fields, of, table):
    with connect(door, with_fields) as adapter:
        known = {each.name: each for each in adapter.list_custom_fields(of)}
        assert {name: known[f"_{name}"].type for name in SENT} == {name: row[0] for name, row in SENT.items()}
        values = {
            f"_{name}": crm_value(given, known[f"_{name}"], {}, zone=ZONE).value
            for name, (_, _, given, _) in SENT.items()
        }
        (contact,) = with_fields.rows("Contact")
        if of == FieldObject.CONTACT:
            adapter.update_contact(contact["Id"], ContactData(fields=values))
        else:
            head = OrderHead(contact_id=contact["Id"], title="tea 1", placed_at=PLACED_AT)
            adapter.set_order_fields(adapter.create_order(head).ref, values)
    (row,) = with_fields.rows(table)
    assert {name: row[f"_{name}"] for name in SENT} == {name: stored for name, (*_, stored) in SENT.items()}
