"""Infusionsoft Custom Order Field: values of the shop's order in the CRM's custom fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cascade.models import Replication
from cascade.services import replication_resend
from mappings.models import DirectoryList, FieldMapping
from tests.sandbox_client import Row
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State
FORMS = {"order": -9, "contact": -1}
TYPES = {"text": 15, "date": 13, "number": 12, "list": 17, "dropdown": 21}


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    return merchant


def field(shop: Merchant, shop_field: str, crm_field: str, of: str = "order", **more: Any) -> None:
    """A custom field in the CRM, and the row of the settings page that fills it."""
    kind, options = more.pop("type", "text"), more.pop("options", None)
    row = {"FormId": FORMS[of], "Name": crm_field[1:], "Label": crm_field[1:], "DataType": TYPES[kind]}
    shop.sandbox.seed(DataFormField=[{**row, "Values": "\n".join(options) if options else None}])
    shop.connection.field_mappings.create(shop_field=shop_field, target=of, crm_field=crm_field, **more)


def job(shop: Merchant) -> Row:
    (row,) = shop.sandbox.rows("Job")
    return row


@pytest.mark.parametrize(("of", "table"), [("order", "Job"), ("contact", "Contact")])
def test_advertising_source_and_custom_fields_1_to_10_arrive(shop, of, table):
    field(shop, "advertising_source", "_AdSource", of)
    checkout = {f"custom_field{number}": f"value {number}" for number in range(1, 11)}
    for number in range(1, 11):
        field(shop, f"custom_field{number}", f"_Custom{number}", of)
    row = shop.sends(deliveries.order(marketing={"advertising_source": "Google"}, checkout=checkout))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    (stored,) = shop.sandbox.rows(table)
    assert stored["_AdSource"] == "Google"
    assert [stored[f"_Custom{n}"] for n in range(1, 11)] == [f"value {n}" for n in range(1, 11)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("checkout.comments", "Leave it at the door"),
        ("properties.screenSize", "large"),
        ("shipping.shipping_method", "USPS: Priority Mail"),
        ("items.0.description", "Dog bone\nCode: H1"),
        ("summary.tax", "3.75"),
        ("order_number", "SHOP-0000000101"),
        ("item_ids", "BONE, LEASH, BOWL"),
    ],
)
def test_any_other_field_of_the_order_may_be_mapped(shop, path, value):
    field(shop, path, "_Other")
    shop.sends(deliveries.order(checkout={"comments": "Leave it at the door"}))
    assert job(shop)["_Other"].replace("\r\n", "\n") == value


def test_each_value_fits_its_fields_type(shop):
    field(shop, "custom_field1", "_Born", type="date")
    field(shop, "custom_field2", "_Pieces", type="number")
    field(shop, "custom_field3", "_Colour", type="dropdown", options=["Red", "Sky blue"])
    checkout = {"custom_field1": "March 5, 1990", "custom_field2": "1,234", "custom_field3": "sky BLUE"}
    row = shop.sends(deliveries.order(checkout=checkout))
    assert row.level == "info", row.reason
    stored = job(shop)
    assert stored["_Born"].startswith("1990-03-05") and int(stored["_Pieces"]) == 1234
    assert stored["_Colour"] == "Sky blue"


def test_the_value_map_gives_the_words_of_the_crms_list(shop):
    words = {"value_map": "red = Ruby\nblue = Sapphire", "options": ["Ruby", "Sapphire"]}
    field(shop, "custom_field1", "_Stone", type="list", **words)
    field(shop, "custom_field2", "_Stone", "contact", type="dropdown", **words)
    shop.sends(deliveries.order(checkout={"custom_field1": "RED, blue", "custom_field2": "Blue"}))
    assert job(shop)["_Stone"] == "Ruby,Sapphire"
    assert shop.contact()["_Stone"] == "Sapphire"


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("date", "next week", "no date we can read"),
        ("number", "many", "no whole number"),
        ("dropdown", "Green", "none of its options"),
    ],
)
def test_a_value_that_does_not_fit_is_left_out_with_a_warning(shop, kind, value, why):
    field(shop, "custom_field1", "_Strict", type=kind, options=["Red"] if kind == "dropdown" else None)
    field(shop, "custom_field2", "_Free")
    row = shop.sends(deliveries.order(checkout={"custom_field1": value, "custom_field2": "kept"}))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "Custom field Strict" in row.reason and f"“{value}” is {why}" in row.reason
    assert not job(shop).get("_Strict") and job(shop)["_Free"] == "kept"
    assert [row["PayAmt"] for row in shop.sandbox.rows("Payment")] == ["56.85"]


def test_a_blank_never_overwrites(shop):
    field(shop, "custom_field1", "_Kept", "contact")
    shop.sends(deliveries.order(checkout={"custom_field1": "first"}))
    shop.sends(deliveries.order("SHOP-2", checkout={"custom_field1": " "}))
    assert shop.contact()["_Kept"] == "first"


def test_a_field_that_the_crm_lacks_is_named_and_nothing_else_is_lost(shop):
    field(shop, "custom_field2", "_Free")
    shop.connection.field_mappings.create(shop_field="custom_field1", target="order", crm_field="_Gone")
    row = shop.sends(deliveries.order(checkout={"custom_field1": "one", "custom_field2": "two"}))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "The CRM has no custom field _Gone" in row.reason
    assert job(shop)["_Free"] == "two"
    assert [payment["PayAmt"] for payment in shop.sandbox.rows("Payment")] == ["56.85"]


def test_a_field_made_in_the_crm_meanwhile_is_written_by_a_resend(shop):
    field(shop, "custom_field2", "_Free")
    shop.connection.field_mappings.create(shop_field="custom_field1", target="order", crm_field="_Late")
    row = shop.sends(deliveries.order(checkout={"custom_field1": "one", "custom_field2": "two"}))
    shop.sandbox.seed(DataFormField=[{"FormId": -9, "Name": "Late", "Label": "Late", "DataType": 15}])
    replication_resend(row, user=None)
    shop.work()
    assert (shop.latest().level, job(shop)["_Late"]) == ("info", "one")


def test_a_field_that_was_missing_is_looked_for_again_after_ten_minutes(shop):
    field(shop, "custom_field2", "_Free")
    shop.connection.field_mappings.create(shop_field="custom_field1", target="order", crm_field="_Late")
    late = {"checkout": {"custom_field1": "one"}}
    shop.sends(deliveries.order("SHOP-1", **late))
    shop.sandbox.seed(DataFormField=[{"FormId": -9, "Name": "Late", "Label": "Late", "DataType": 15}])
    assert shop.sends(deliveries.order("SHOP-2", **late)).level == "warning"
    lists = DirectoryList.objects.filter(kind="order_field")
    assert lists.update(refreshed_at=timezone.now() - timedelta(minutes=11)) == 1
    assert shop.sends(deliveries.order("SHOP-3", **late)).level == "info"
    assert shop.sandbox.rows("Job")[-1]["_Late"] == "one"


@pytest.mark.parametrize("name", ["ShipmentDate", "_", "_Two words", ""])
def test_names_of_custom_fields_begin_with_an_underscore(merchant_on, name):
    mapping = FieldMapping(connection=merchant_on("xmlrpc").connection, crm_field=name, shop_field="total")
    with pytest.raises(ValidationError) as refused:
        mapping.full_clean()
    assert list(refused.value.message_dict) == ["crm_field"]
