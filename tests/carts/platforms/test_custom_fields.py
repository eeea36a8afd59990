"""What shops tell beside an order: each a field by our name, and none of it worth an order."""

from __future__ import annotations

from typing import Any

import pytest

from carts.platforms.magento.platform import Magento
from carts.platforms.shopify.custom_fields import custom_fields as shopify_fields
from carts.platforms.ultracart.custom_fields import custom_fields
from carts.platforms.woocommerce.platform import WooCommerce
from cascade.shop.shop_values import shop_value
from intake.models import Source
from intake.payload import Node
from mappings.shop_fields import FIELD_KEYS, FIELD_LENGTH, shop_field_label
from tests.carts.payloads import paid_order
from tests.carts.shops import woocommerce
from tests.carts.shops.magento.payloads import order as magento_order
from tests.carts.shops.magento.payloads import told as magento_told
from tests.factories import PLACED_AT

ULTRACART = {
    "checkout": {"comments": "Ring twice.", "custom_field3": "red"},
    "Tags": [{"tag_value": "wholesale"}, {"tag_value": "rush"}],
    "items": [
        {
            "merchant_item_id": "MUG",
            "options": [
                {"label": "Engraving", "value": "Ada", "cost_change": {"value": 5.0}},
                {"label": "Colour", "value": "red", "cost_change": {"value": 0}},
                {"label": "batch", "value": "7", "hidden": True},
            ],
            "properties": [{"name": "season", "value": "spring"}],
        },
        {"merchant_item_id": "TEA"},
    ],
    "payment": {
        "purchase_order": {"purchase_order_number": "PO-7"},
        "transactions": [
            {"transaction_id": "T1", "successful": True},
            {"transaction_id": "T2", "successful": False},
        ],
    },
    "channel_partner": {"channel_partner_code": "amazon", "channel_partner_order_id": "114-1"},
    "marketing": {"cell_phone_opt_in": True, "advertising_source": "Google"},
}


def test_ultracart() -> None:
    assert custom_fields(Node(ULTRACART)) == {
        "advertising_source": "Google",
        "custom_field3": "red",
        "customer_note": "Ring twice.",
        "order_tags": "wholesale, rush",
        "item_options": "MUG: Engraving: Ada (+5.00), Colour: red, season: spring",
        "purchase_order_number": "PO-7",
        "channel": "amazon",
        "marketplace_order_number": "114-1",
        "sms_consent": "yes",
        "transaction_id": "T1",
    }


SHOPIFY = {
    "note": "Leave at dock",
    "note_attributes": [{"name": "gift", "value": "yes"}, {"name": "_app", "value": "7"}],
    "tags": "b2b, priority",
    "po_number": "PO-2231",
    "payment_terms": {"payment_terms_name": "Net 30", "payment_terms_type": "net"},
    "source_name": "amazon-us",
    "source_identifier": "114-2",
    "customer": {"sms_marketing_consent": {"state": "subscribed"}},
    "landing_site": "/?utm_source=newsletter",
    "transactions": [
        {"kind": "authorization", "status": "success", "authorization": "A0"},
        {"kind": "sale", "status": "success", "authorization": "A1"},
        {"kind": "capture", "status": "failure", "authorization": "A2"},
    ],
    "line_items": [
        {
            "sku": "MUG",
            "properties": [{"name": "Engraving", "value": "R.C."}, {"name": "_id", "value": "9"}],
        },
        {"sku": "TEA", "properties": []},
        {"title": "Tip", "tip_payment_method": "Visa", "properties": [{"name": "x", "value": "y"}]},
    ],
}


def test_shopify() -> None:
    assert shopify_fields(Node(SHOPIFY)) == {
        "advertising_source": "newsletter",
        "customer_note": "Leave at dock\ngift: yes",
        "order_tags": "b2b, priority",
        "item_options": "MUG: Engraving: R.C.",
        "purchase_order_number": "PO-2231",
        "payment_terms": "Net 30",
        "channel": "amazon-us",
        "marketplace_order_number": "114-2",
        "sms_consent": "yes",
        "transaction_id": "A1",
    }


@pytest.mark.parametrize("name", SHOPIFY)
def test_nothing_that_shopify_tells_beside_is_worth_an_order(name: str) -> None:
    wrong = shopify_fields(Node({**SHOPIFY, name: [["wrong"]]}))
    assert wrong.items() < shopify_fields(Node(SHOPIFY)).items()


def woocommerce_parsed(**changes: Any) -> Any:
    shop = Source(platform="woocommerce", currency="USD")
    return WooCommerce().parse(shop, woocommerce.order(**changes), woocommerce.SAVED_AT)


def test_woocommerce() -> None:
    meta = {
        "_wpla_amazon_order_id": "114-1",
        "_po_number": "PO-7",
        "_payment_terms": "Net 30",
        "kl_sms_consent_checkbox": "1",
    }
    options = [
        {"id": 1, "key": "_internal", "value": "no"},
        {
            "id": 2,
            "key": "pa_size",
            "value": "l",
            "display_key": "Size",
            "display_value": "<p>Large &amp; wide</p>",
        },
        {"id": 3, "key": "Engraving (+$5.00)", "value": "Ada"},
    ]
    data = woocommerce_parsed(
        customer_note="Ring twice.",
        transaction_id="pi_1",
        created_via="rest-api",
        meta_data=[{"id": 1, "key": key, "value": value} for key, value in meta.items()],
        line_items=[{**woocommerce.line(), "meta_data": options}],
    )
    assert data.custom_fields == {
        "customer_note": "Ring twice.",
        "item_options": "BONE-11: Size: Large & wide, Engraving (+$5.00): Ada",
        "purchase_order_number": "PO-7",
        "payment_terms": "Net 30",
        "channel": "amazon",
        "marketplace_order_number": "114-1",
        "sms_consent": "yes",
        "transaction_id": "pi_1",
    }
    assert woocommerce_parsed(created_via="pos").custom_fields["channel"] == "pos"


def test_magento() -> None:
    chosen = 'a:1:{s:15:"attributes_info";a:1:{i:0;a:2:{s:5:"label";s:4:"Size";s:5:"value";s:5:"Large";}}}'
    m2e = 'a:2:{s:14:"component_mode";s:6:"amazon";s:16:"channel_order_id";s:5:"114-1";}'
    told = magento_told(magento_order(customer_note="Ring twice."))
    told["order"]["items"][0]["product_options"] = chosen
    told["order"]["payment"] = {"method": "purchaseorder", "po_number": "PO-7", "last_trans_id": "T1"}
    shop = Source(platform="magento", currency="USD")
    assert Magento().parse(shop, told, PLACED_AT).custom_fields == {
        "customer_note": "Ring twice.",
        "item_options": "BONE: Size: Large",
        "purchase_order_number": "PO-7",
        "transaction_id": "T1",
    }
    told["order"]["payment"]["additional_data"] = m2e
    fields = Magento().parse(shop, told, PLACED_AT).custom_fields
    assert (fields["channel"], fields["marketplace_order_number"]) == ("amazon", "114-1")


@pytest.mark.parametrize(
    "change",
    [
        {"Tags": "rush"},
        {"items": [{"merchant_item_id": "MUG", "options": "red"}]},
        {"channel_partner": 5},
        {"payment": {"transactions": [5]}},
        {"checkout": {"comments": ["red"]}},
    ],
)
def test_what_cannot_be_read_is_left_out(change: dict[str, Any]) -> None:
    assert custom_fields(Node(paid_order() | change)) == custom_fields(Node(paid_order())) | {}


def test_it_is_cut_and_named() -> None:
    data = woocommerce_parsed(customer_note="x" * 5000)
    assert len(data.custom_fields["customer_note"]) == FIELD_LENGTH
    assert all(shop_value(data, {}, key) == data.custom_fields.get(key, "") for key in FIELD_KEYS)
    assert shop_field_label("sms_consent") == "SMS consent"
    assert shop_field_label("custom_field3") == "Custom field 3"
