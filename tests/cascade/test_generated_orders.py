"""Money, to the cent: thousands of generated orders through the plan, hundreds through the CRM's stand-in.

`python -m tests.many_orders` sends thousands there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.order_data import Charge, ChargeKind, MoneyState, OrderData, OrderLineData
from cascade.plan import Plan
from cascade.planning.rules import Names, Rules, SourceFacts
from cascade.shop.orders.place_order import COUPONS_KEY
from cascade.shop.orders.plan import build_plan
from crm.money import is_exact, quantize
from mappings.models import OrderSettings
from tests.factories import order_data
from tests.generated_orders import (
    CATALOGUE,
    MAPPED,
    NAMES,
    PRODUCT_IDS,
    UNKNOWN,
    ShopOrder,
    orders,
    random_order,
)
from tests.many_orders import MODES, Account

pytestmark = pytest.mark.embedded  # no database decides about money
SOURCE = SourceFacts(slug="tea")
PARTS, ORDERS_PER_PART = 4, 2500
PRICES = {PRODUCT_IDS[item]: price for item, price in CATALOGUE.items()}
OF_THE_ORDER = (
    *("create_order", "place_order", "add_line", "check_total", "record_payment", "set_order_fields"),
    *("run_action_set", "achieve_goal"),
)
THOROUGH = hypothesis_settings(
    max_examples=ORDERS_PER_PART, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
RULES = st.builds(
    Rules,
    products=st.just({item: PRODUCT_IDS[item] for item in MAPPED}),
    creation_method=st.sampled_from(OrderSettings.CreationMethod.values),
    unresolved_lines=st.sampled_from(OrderSettings.UnresolvedLines.values),
    price_differences=st.booleans(),
    other_currency=st.sampled_from((*OrderSettings.OtherCurrency.values, OrderSettings.OtherCurrency.SEND)),
)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_plan_is_the_shops_order_to_the_cent_or_says_why_not(part):
    @seed(part)
    @THOROUGH
    @given(shop_order=orders(), rules=RULES)
    def check(shop_order: ShopOrder, rules: Rules) -> None:
        plan = build_plan(shop_order.data, SOURCE, rules, NAMES)
        if plan.verdict is None:
            event("expressed")
            check_expressed(plan, shop_order.data, rules)
            check_explained(plan, shop_order)
        else:
            event(f"refused: {plan.verdict.setting or 'the shop’s figures'}")
            check_refused(plan, shop_order, rules)

    check()


def check_refused(plan: Plan, shop_order: ShopOrder, rules: Rules) -> None:
    """Nothing of the order is sent, and an order whose figures add up is refused for a setting alone."""
    verdict = plan.verdict
    assert verdict is not None and len(verdict.reason) > 40
    assert verdict.reason in [decision.text for decision in plan.decisions if decision.level == "error"]
    assert not [step for step in plan.steps if step.kind in OF_THE_ORDER]
    if verdict.setting:
        assert (verdict.state, verdict.error_class) == ("failed", "configuration")
    else:
        assert (verdict.state, verdict.error_class) == ("parked", "permanent")
        assert not shop_order.adds_up
    if verdict.setting == "orders":
        other_currency = shop_order.data.currency != rules.crm_currency
        assert rules.places_orders or (other_currency and rules.other_currency == "park")


def check_expressed(plan: Plan, order: OrderData, rules: Rules) -> None:
    assert len({step.name for step in plan.steps}) == len(plan.steps)
    (head,) = [step for step in plan.steps if step.kind in ("create_order", "place_order")]
    (check,) = [step for step in plan.steps if step.kind == "check_total"]
    lines = [step.args for step in plan.steps if step.kind == "add_line"]
    expected = Decimal(check.args["expected"])
    assert expected == quantize(order.total, order.currency) - left_out(order, head.args["left_out"], rules)
    for line in lines:
        check_line(line, order.currency)
    assert on_the_invoice(head.args, lines, order) == expected
    paid = [Decimal(step.args["amount"]) for step in plan.steps if step.kind == "record_payment"]
    is_paid = expected > 0 and order.money == MoneyState.RECEIVED
    assert paid == ([expected] if is_paid else [])


def check_explained(plan: Plan, shop_order: ShopOrder) -> None:
    """Charges that nobody listed are found where there are some, and nowhere else."""
    if shop_order.shape.total != "unlisted charge" and shop_order.adds_up:
        assert "line:other-charges" not in {step.name for step in plan.steps}


def left_out(order: OrderData, keys: list[str], rules: Rules) -> Decimal:
    rows = [row for row in order.lines or () if row.key in keys]
    assert len(rows) == len(keys)
    assert all(row.item_id in UNKNOWN for row in rows)
    assert not rows or rules.unresolved_lines == OrderSettings.UnresolvedLines.LEAVE_OUT
    return sum((quantize(row.quantity * row.unit_price, order.currency) for row in rows), Decimal(0))


def check_line(line: dict[str, Any], currency: str) -> None:
    price = Decimal(line["unit_price"])
    assert type(line["quantity"]) is int and line["quantity"] > 0
    assert is_exact(price, currency)
    assert (price < 0) == (line["type"] == "discount")
    assert bool(line["product_id"]) == (line["type"] == "product")


def on_the_invoice(head: dict[str, Any], lines: list[dict[str, Any]], order: OrderData) -> Decimal:
    """What the CRM will make of it: its own prices for what it places, its own discount for the coupons'."""
    ours = sum((line["quantity"] * Decimal(line["unit_price"]) for line in lines), Decimal(0))
    placed = sum((PRICES[product_id] for product_id in head.get("product_ids", ())), Decimal(0))
    discounts = [charge.amount for charge in order.charges if charge.key == COUPONS_KEY]
    by_code = sum(discounts, Decimal(0)) if head.get("promo_codes") else Decimal(0)
    return ours + placed + by_code


# -- through the stand-in -------------------------------------------------------------------------------

SENT = [
    ("xmlrpc-blank", "USD", 0, 30),
    ("xmlrpc-blank", "JPY", 60, 80),
    ("xmlrpc-blank", "KWD", 100, 120),
    ("xmlrpc-place", "USD", 140, 170),
    ("rest-blank", "USD", 200, 220),
    ("rest-blank", "KWD", 240, 250),
    ("rest-place", "JPY", 260, 270),
    ("automatic-blank", "EUR", 280, 290),
]


@pytest.mark.parametrize(("mode", "currency", "first", "end"), SENT)
def test_what_the_crm_then_holds_is_what_was_planned(
    unlimited, transactional_db, settings, mode, currency, first, end
):
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.SETTLE_SECONDS = 0.0  # an order is looked at once
    made = [random_order(number, largest=4, currency=currency) for number in range(first, end)]
    tally = Account(unlimited, MODES[mode], currency).send_all(made)
    assert tally.mismatches == []
    assert tally.orders == len(made)
    assert tally.expressed > len(made) / 3
    assert not tally.stopped or "place" in mode


# -- small cases ----------------------------------------------------------------------------------------


def plan_of(**changes: Any) -> Plan:
    line = OrderLineData(
        key="1", item_id="BONE", title="Bone", quantity=Decimal(1), unit_price=Decimal("20.00")
    )
    values = {"lines": (line,), "subtotal": None, "charges": (), **changes}
    return build_plan(order_data(**values), SOURCE, Rules(products={"BONE": 10, "LEASH": 12}), Names())


def line_amounts(plan: Plan) -> dict[str, str]:
    return {step.name: step.args["unit_price"] for step in plan.steps if step.kind == "add_line"}


def test_a_cent_of_rounding_does_not_make_a_certificate_of_payment_a_discount():
    plan = plan_of(gift_certificate=Decimal(10), total=Decimal("19.99"))
    assert line_amounts(plan) == {"line:1": "20.00", "line:rounding": "-0.01"}


@pytest.mark.parametrize(("total", "rest"), [("9.99", "-0.01"), ("19.98", None)])
def test_a_certificate_as_small_as_rounding_is_still_subtracted(total, rest):
    certificate = Decimal("20.00") - Decimal(total).quantize(Decimal("0.1"))
    plan = plan_of(gift_certificate=certificate or Decimal("0.02"), total=Decimal(total))
    assert line_amounts(plan)["line:gift-certificate"] == f"-{certificate or Decimal('0.02'):.2f}"
    assert line_amounts(plan).get("line:rounding") == rest


def test_an_item_that_is_called_like_a_charge_has_a_line_of_its_own():
    lines = tuple(
        OrderLineData(key=key, item_id="BONE", title="Bone", quantity=Decimal(1), unit_price=Decimal(price))
        for key, price in (("shipping", "5.00"), ("rounding", "3.00"))
    )
    charge = Charge(key="shipping", kind=ChargeKind.SHIPPING, title="USPS", amount=Decimal("2.00"))
    plan = plan_of(lines=lines, charges=(charge,), total=Decimal("9.99"))
    assert line_amounts(plan) == {
        "line:shipping": "5.00", "line:rounding": "3.00", "line:shipping~": "2.00", "line:rounding~": "-0.01",
    }  # fmt: skip


def test_a_kit_whose_sum_the_shop_rounded_differently_is_still_known_for_what_was_charged():
    lines = tuple(
        OrderLineData(
            key=key,
            item_id="BONE",
            title="Bone",
            quantity=Decimal(1),
            unit_price=Decimal(price),
            kit=key == "1",
            kit_key="" if key == "1" else "1",
        )
        for key, price in (("1", "0"), ("2", "1.005"), ("3", "1.005"))
    )
    plan = plan_of(lines=lines, subtotal=Decimal("2.01"), total=Decimal("2.01"))
    assert line_amounts(plan) == {"line:2": "1.01", "line:3": "1.01", "line:rounding": "-0.01"}
