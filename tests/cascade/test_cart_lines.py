"""The plan of an order the CRM prices itself: what comes from its catalogue, and what we add. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from carts.order_data import Charge, ChargeKind, Coupon, OrderLineData
from cascade.plan import Plan
from cascade.planning.rules import GoalRule, Names, Rules, SourceFacts
from cascade.shop.orders.plan import build_plan
from tests.factories import order_data

PRICES = {10: Decimal("9.95"), 12: Decimal("17.95"), 14: Decimal("2.00")}
RULES = Rules(
    creation_method="place_order",
    products={"BONE": 10, "LEASH": 12, "BOWL": 14},
    goals=(GoalRule(trigger="item", value="BONE", integration="teashop", call_name="bought"),),
    contact_action_set_id=7,
)
DISCOUNT = Charge(key="discount", kind=ChargeKind.DISCOUNT, title="Spring sale", amount=Decimal(-5))


def plan_of(rules: Rules = RULES, prices: dict[int, Decimal] | None = None, **changes: object) -> Plan:
    names = Names(prices=PRICES if prices is None else prices)
    return build_plan(order_data(**changes), SourceFacts(slug="tea"), rules, names)


def names_of(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def step(plan: Plan, name: str) -> dict:
    return next(step.args for step in plan.steps if step.name == name)


def one_line(quantity: str, price: str, **changes: object) -> dict[str, object]:
    line = OrderLineData(
        key="1", item_id="BOWL", title="Bowl", quantity=Decimal(quantity), unit_price=Decimal(price)
    )
    amount = Decimal(quantity) * Decimal(price)
    return {"lines": (line,), "subtotal": amount, "total": amount, "charges": (), **changes}


def test_products_go_as_repeated_ids_and_all_else_as_lines_before_the_total_and_the_payment():
    plan = plan_of()
    assert names_of(plan) == [
        "contact", "order", "order_fields", "line:shipping", "line:tax", "total", "payment", "action_set",
        "goal:teashop:bought",
    ]  # fmt: skip
    order = step(plan, "order")
    assert order["product_ids"] == [10, 10, 12, 14, 14, 14, 14]
    assert (order["promo_codes"], order["specials"]) == (["SPRING"], False)
    assert step(plan, "total")["expected"] == step(plan, "payment")["amount"] == "56.85"


def test_the_marker_is_written_as_the_title_right_after_the_order():
    fields = next(each for each in plan_of().steps if each.name == "order_fields")
    assert fields.needs == ("order",)
    assert (fields.args["title"], fields.args["notes"]) == ("tea order DEMO-1001", "Coupons: SPRING")


def test_a_promo_code_replaces_our_discount_line_and_is_in_no_note():
    charges = (*order_data().charges, DISCOUNT)
    total = Decimal("51.85")
    assert "line:discount" not in names_of(plan_of(charges=charges, total=total))
    without = plan_of(charges=charges, total=total, coupons=())
    assert step(without, "line:discount")["unit_price"] == "-5.00"
    assert step(without, "order")["promo_codes"] == []


def test_the_code_as_configured_is_sent_not_the_one_typed():
    order = step(plan_of(coupons=(Coupon(code="SPRING", typed="ONETIME-77"),)), "order")
    assert order["promo_codes"] == ["SPRING"]


@pytest.mark.parametrize("catalogue", ["9.90", "10.00"])
def test_another_price_than_the_catalogues_is_refused_and_the_cures_are_named(catalogue):
    plan = plan_of(prices={**PRICES, 10: Decimal(catalogue)})
    assert names_of(plan) == ["contact", "action_set"]
    assert (plan.verdict.state, plan.verdict.error_class, plan.verdict.setting) == (
        "failed", "configuration", "orders",
    )  # fmt: skip
    assert f"costs 19.90 USD in the shop and {Decimal(catalogue) * 2} by the CRM's" in plan.verdict.reason
    for cure in ("Make the prices equal", "Add a price-difference line", "addBlankOrder"):
        assert cure in plan.verdict.reason


@pytest.mark.parametrize(
    ("catalogue", "difference", "type"), [("9.90", "0.10", "service"), ("10.00", "-0.10", "discount")]
)
def test_a_price_difference_line_by_setting(catalogue, difference, type):
    plan = plan_of(replace(RULES, price_differences=True), {**PRICES, 10: Decimal(catalogue)})
    line = step(plan, "line:1:difference")
    assert (line["unit_price"], line["type"], line["product_id"]) == (difference, type, 0)
    assert line["title"] == "Price difference: Dog bone"
    assert step(plan, "payment")["amount"] == "56.85"


def test_a_fraction_is_one_piece_and_a_price_difference():
    plan = plan_of(replace(RULES, price_differences=True), **one_line("2.5", "2.00"))
    assert step(plan, "order")["product_ids"] == [14]
    assert step(plan, "line:1:difference")["unit_price"] == "3.00"
    assert "costs 5.00 USD in the shop and 2.00" in plan_of(**one_line("2.5", "2.00")).verdict.reason


def test_without_any_product_of_the_crm_there_is_nothing_to_place():
    plan = plan_of(replace(RULES, products={}, unresolved_lines="named_line"))
    assert (plan.verdict.state, plan.verdict.setting) == ("failed", "orders")
    assert "at least one item with a CRM product" in plan.verdict.reason


def test_a_named_line_without_a_product_is_added_beside_the_catalogues():
    plan = plan_of(replace(RULES, products={"BONE": 10, "BOWL": 14}, unresolved_lines="named_line"))
    assert step(plan, "order")["product_ids"] == [10, 10, 14, 14, 14, 14]
    assert step(plan, "line:2")["unit_price"] == "17.95"


@pytest.mark.parametrize(("pieces", "sent"), [("500", True), ("501", False)])
def test_five_hundred_pieces_are_the_most(pieces, sent):
    plan = plan_of(**one_line(pieces, "2.00"))
    assert (plan.verdict is None) is sent
    if not sent:
        assert "this order has 501, more than 500" in plan.verdict.reason


def test_a_product_whose_price_the_crm_does_not_tell_is_named():
    plan = plan_of(prices={10: PRICES[10], 14: PRICES[14]})
    assert "does not tell the price of its product 12, which “Leash” is mapped to" in plan.verdict.reason


def test_automatic_discounts_are_asked_for_by_setting():
    assert step(plan_of(replace(RULES, specials=True)), "order")["specials"] is True


@pytest.mark.parametrize(("total", "rounding"), [("56.83", "-0.02"), ("56.87", "0.02")])
def test_rounding_is_a_line_beside_what_the_catalogue_prices(total, rounding):
    plan = plan_of(total=Decimal(total))
    assert step(plan, "line:rounding")["unit_price"] == rounding
    assert step(plan, "total")["expected"] == step(plan, "payment")["amount"] == total
