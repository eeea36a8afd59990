"""Bundles and configurable products: what the shop charged, once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import OrderData, OrderLineData
from carts.platforms.magento.platform import Magento
from intake.models import Source
from intake.platform import BadPayload
from tests.carts.shops.magento.payloads import item, money, order, told
from tests.carts.shops.magento.samples import OLDER_API, needs_samples, older_order
from tests.factories import PLACED_AT as RECEIVED_AT

PART = 'a:1:{s:27:"bundle_selection_attributes";s:1:"x";}'
BUNDLE = item("1", "SET", "2", "30.0000", product_type="bundle")
PARTS = [
    item("2", "CUP", "2", "20.0000", product_options=PART),
    item("3", "SAUCER", "4", "5.0000", product_options=PART),
]
ALONE = item("4", "CUP", "1", "20.0000")


def parsed(items: list[dict[str, Any]], subtotal: str = "80.0000") -> OrderData:
    amounts = money(subtotal=subtotal, grand_total=subtotal, shipping_amount="0", tax_amount="0")
    payload = told(order(items=items, **amounts, **money(discount_amount="0")))
    return Magento().parse(Source(platform="magento", currency="USD"), payload, RECEIVED_AT)


def lines(*items: dict[str, Any]) -> list[OrderLineData]:
    return list(parsed(list(items)).lines or ())


def kits(found: list[OrderLineData]) -> list[tuple[str, bool, str]]:
    return [(line.key, line.kit, line.kit_key) for line in found]


WITH_PARTS = [("1", True, ""), ("2", False, "1"), ("3", False, "1"), ("4", False, "")]


def test_parts_of_a_bundle_say_so():
    assert kits(lines(BUNDLE, *PARTS, ALONE)) == WITH_PARTS
    data = parsed([BUNDLE, *PARTS, ALONE])
    whole = sum(line.quantity * line.unit_price for line in data.lines or () if not line.kit_key)
    assert whole == data.subtotal == 80


def test_the_older_api_links_them():
    linked = [{**part, "parent_item_id": "1", "product_options": ""} for part in PARTS]
    assert kits(lines(ALONE, *linked, BUNDLE)) == [WITH_PARTS[3], *WITH_PARTS[1:3], WITH_PARTS[0]]


def test_without_options_the_parts_are_those_that_make_up_the_price():
    bare = [{**row, "product_options": ""} for row in (BUNDLE, *PARTS, ALONE)]
    assert kits(lines(*bare)) == WITH_PARTS


def test_without_options_parts_of_a_fixed_price_cost_nothing():
    free = [item("2", "CUP", "2", "0"), item("3", "SAUCER", "2", "0")]
    bare = [{**row, "product_options": ""} for row in (BUNDLE, *free, ALONE)]
    assert kits(lines(*bare)) == WITH_PARTS


def test_what_follows_a_bundle_is_not_always_its_part():
    other = item("2", "LAMP", "1", "20.0000")
    assert kits(lines(BUNDLE, other)) == [("1", True, ""), ("2", False, "")]
    bare = [{**row, "product_options": ""} for row in (BUNDLE, other)]
    assert kits(lines(*bare)) == [("1", True, ""), ("2", False, "")]


def test_two_bundles():
    second = {**BUNDLE, "item_id": "5"}
    parts = [{**part, "item_id": f"6{part['item_id']}"} for part in PARTS]
    found = kits(lines(BUNDLE, *PARTS, second, *parts))
    assert [kit_key for *_, kit_key in found] == ["", "1", "1", "", "5", "5"]


def test_a_configurable_product_is_the_article_chosen():
    chosen = item("2", "SHIRT-M", "1", "0.0000", name="Shirt M")
    parent = item("1", "SHIRT-M", "3", "20.0000", product_type="configurable", name="Shirt")
    found = lines(parent, chosen, ALONE)
    assert [(line.key, line.item_id, line.quantity, line.kit) for line in found] == [
        ("1", "SHIRT-M", Decimal(3), False),
        ("4", "CUP", Decimal(1), False),
    ]
    linked = {**chosen, "parent_item_id": "1", "sku": "ELSE", "base_row_total": "60.0000"}
    assert [line.key for line in lines(parent, linked)] == ["1"]


def test_a_row_that_is_not_price_times_quantity_counts():
    (line,) = lines(item("1", "ROPE", "3", "3.3300", base_row_total="10.0000"))
    assert line.unit_price == Decimal("3.333333")
    assert (line.quantity * line.unit_price).quantize(Decimal("0.01")) == 10


def test_a_fraction_is_kept():
    (line,) = lines(item("1", "ROPE", "2.5", "4.0000"))
    assert (line.quantity, line.unit_price) == (Decimal("2.5"), Decimal(4))


def test_an_item_without_a_usable_sku():
    assert lines(item("1", "", "1", "1"))[0].item_id == "91"
    assert lines(item("1", "long-" * 30, "1", "1"))[0].item_id == "91"
    assert lines(item("1", "", "1", "1", product_id="", name="Rope"))[0].item_id == "Rope"


def test_items_that_repeat_their_id_are_told_by_position():
    assert [line.key for line in lines(ALONE, ALONE)] == ["1", "2"]


def test_no_items_told_is_not_none_ordered():
    told_nothing = order()
    del told_nothing["items"]
    source = Source(platform="magento", currency="USD")
    assert Magento().parse(source, told(told_nothing), RECEIVED_AT).lines is None


@pytest.mark.parametrize("quantity", ["", "-1"])
def test_a_quantity_that_cannot_be_names_the_field(quantity):
    with pytest.raises(BadPayload, match=r"items\[0\]\.qty_ordered"):
        lines({**ALONE, "qty_ordered": quantity})


@needs_samples
@pytest.mark.parametrize(("order_id", "total"), [(OLDER_API[0], "819.99"), (OLDER_API[1], "14024.95")])
def test_orders_of_the_older_api_to_the_cent(order_id, total):
    source = Source(platform="magento", currency="USD")
    data = Magento().parse(source, told(older_order(order_id)), RECEIVED_AT)
    whole = sum(line.quantity * line.unit_price for line in data.lines or () if not line.kit_key)
    assert whole == data.subtotal
    assert whole + sum(charge.amount for charge in data.charges) == data.total == Decimal(total)
