"""After the head of an order was sent, a newer plan changes no money, but adds what was left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from carts.order_data import MoneyState
from cascade.models import JournalEntry
from cascade.plan import Plan
from cascade.planning.rules import GoalRule, Names, Rules, SourceFacts
from cascade.shop.orders.freeze import plan_with_frozen
from cascade.shop.orders.plan import build_plan
from tests.factories import order_data

SOURCE = SourceFacts(slug="tea")
GOALS = (GoalRule(trigger="item", value="BONE", integration="teashop", call_name="bought"),)
ALL = {"BONE": 10, "LEASH": 12, "BOWL": 14}
WITHOUT_LEASH = {"BONE": 10, "BOWL": 14}


def plan_of(products: dict[str, int] = ALL, **changes: object) -> Plan:
    return build_plan(order_data(**changes), SOURCE, Rules(products=products), Names())


def journal_of(plan: Plan, state: str = "done") -> list[JournalEntry]:
    return [
        JournalEntry(step=s.name, kind=s.kind, args=s.args, needs=list(s.needs), position=n, state=state)
        for n, s in enumerate(plan.steps)
    ]


def names_of(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def args(plan: Plan, name: str) -> dict:
    return next(step.args for step in plan.steps if step.name == name)


@pytest.mark.parametrize("state", ["planned", "rejected"])
def test_an_unsent_head_freezes_nothing(state):
    plan = plan_of(total=Decimal("60.00"))
    assert plan_with_frozen(plan, journal_of(plan_of(), state)) == plan


@pytest.mark.parametrize("state", ["sending", "unknown", "uncertain", "done"])
def test_a_sent_head_keeps_the_money_and_shows_the_difference(state):
    sent = plan_of()
    plan = plan_with_frozen(plan_of(total=Decimal("60.00")), journal_of(sent, state))
    assert args(plan, "total")["expected"] == "56.85"
    assert args(plan, "payment")["amount"] == "56.85"
    assert names_of(plan).count("payment") == 1
    assert "line:other-charges" not in names_of(plan)
    assert "now 60.00 USD, the CRM order was sent as 56.85 USD" in plan.decisions[-1].text


def test_an_unchanged_order_differs_in_nothing():
    sent = plan_of()
    assert plan_with_frozen(sent, journal_of(sent)) == sent


def test_a_left_out_line_that_has_a_product_now_is_added_and_paid():
    sent = plan_of(WITHOUT_LEASH)
    plan = plan_with_frozen(plan_of(), journal_of(sent))
    assert names_of(plan)[-4:] == ["line:2", "total:2", "payment:2", "order_fields"]
    assert args(plan, "total:2")["expected"] == "56.85"
    assert args(plan, "payment:2") == {
        **args(plan_of(), "payment"), "amount": "17.95", "note": "tea order DEMO-1001 payment 2",
    }  # fmt: skip
    assert all(decision.level != "warning" for decision in plan.decisions)


def test_an_added_line_waits_until_the_earlier_total_was_found_right():
    plan = plan_with_frozen(plan_of(), journal_of(plan_of(WITHOUT_LEASH)))
    assert next(step.needs for step in plan.steps if step.name == "line:2") == ("order", "total")


def test_adding_a_left_out_line_twice_adds_it_once():
    sent = plan_of(WITHOUT_LEASH)
    second = plan_with_frozen(plan_of(), journal_of(sent))
    third = plan_with_frozen(plan_of(), journal_of(second))
    assert sorted(names_of(third)) == sorted(names_of(second))


def test_an_order_rejected_after_it_was_sent_is_left_as_it_is():
    plan = plan_with_frozen(plan_of(stage="rejected"), journal_of(plan_of()))
    assert plan.steps == ()
    assert "already holds this order" in plan.verdict.reason


def test_a_refused_line_follows_the_product_it_is_mapped_to_now():
    entries = journal_of(plan_of())
    refused = replace_state(entries, "line:2", "rejected")
    plan = plan_with_frozen(plan_of({**ALL, "LEASH": 99}), refused)
    assert args(plan, "line:2")["product_id"] == 99


def replace_state(entries: list[JournalEntry], name: str, state: str) -> list[JournalEntry]:
    for entry in entries:
        if entry.step == name:
            entry.state = state
    return entries


def test_a_plan_that_cannot_be_made_any_more_does_not_stop_what_was_begun():
    begun = journal_of(plan_of(), "sending")
    plan = plan_with_frozen(plan_of(total=Decimal("-1")), begun)
    assert plan.verdict is None
    assert "payment" in names_of(plan)
    assert replace(plan).steps[0].name == "contact"


# -- an order the CRM priced itself -----------------------------------------------------------------------

PRICES = {10: Decimal("9.95"), 12: Decimal("17.95"), 14: Decimal("2.00")}


def placed(products: dict[str, int] = ALL, **changes: object) -> Plan:
    rules = Rules(products=products, creation_method="place_order")
    return build_plan(order_data(**changes), SOURCE, rules, Names(prices=PRICES))


def fresh(products: dict[str, int] = ALL, **changes: object) -> Plan:
    """The newer plan for a placed order: lines at the shop's prices."""
    return build_plan(order_data(**changes), SOURCE, Rules(products=products), Names())


@pytest.mark.parametrize("state", ["sending", "unknown", "uncertain", "done"])
def test_a_placed_order_stays_one_with_its_lines_and_our_title(state):
    plan = plan_with_frozen(fresh(), journal_of(placed(), state))
    assert sorted(names_of(plan)) == sorted(names_of(placed()))
    assert args(plan, "order") == args(placed(), "order")
    assert args(plan, "order_fields") == args(placed(), "order_fields")
    assert next(step.needs for step in plan.steps if step.name == "order_fields") == ("order",)


def test_the_title_stays_beside_new_notes_and_without_them():
    known = journal_of(placed(is_test=True))
    changed = plan_with_frozen(fresh(is_test=True, paid_currency="EUR", paid_total=Decimal(52)), known)
    assert args(changed, "order_fields")["notes"] == "TEST ORDER\nCoupons: SPRING\nPaid by the buyer: 52 EUR"
    assert (
        args(plan_with_frozen(fresh(coupons=()), known), "order_fields")["notes"]
        == "TEST ORDER\nCoupons: SPRING"
    )
    for plan in (changed, plan_with_frozen(fresh(coupons=()), known)):
        assert args(plan, "order_fields")["title"] == "tea order DEMO-1001"


def test_an_item_left_out_of_a_placed_order_is_added_at_the_shops_price():
    plan = plan_with_frozen(fresh(), journal_of(placed(WITHOUT_LEASH)))
    assert (args(plan, "line:2")["product_id"], args(plan, "line:2")["unit_price"]) == (12, "17.95")
    assert (args(plan, "total:2")["expected"], args(plan, "payment:2")["amount"]) == ("56.85", "17.95")


def test_a_difference_line_of_a_placed_order_is_frozen_with_it():
    rules = Rules(products=ALL, creation_method="place_order", price_differences=True)
    names = Names(prices={**PRICES, 10: Decimal(9)})
    sent = build_plan(order_data(), SOURCE, rules, names)
    plan = plan_with_frozen(fresh(), journal_of(sent))
    assert args(plan, "line:1:difference")["unit_price"] == "1.90"
    assert all(decision.level != "warning" for decision in plan.decisions)


def test_what_follows_the_order_waits_for_the_payment_that_was_sent():
    rules = Rules(products=ALL, goals=GOALS)
    plan = plan_with_frozen(build_plan(order_data(), SOURCE, rules, Names()), journal_of(plan_of()))
    assert next(step.needs for step in plan.steps if step.kind == "achieve_goal") == ("contact", "payment")


@pytest.mark.parametrize("products", [ALL, {}])
def test_what_follows_an_order_that_was_begun_is_not_lost_with_a_plan_that_cannot_be_made(products):
    rules = Rules(products=ALL, goals=GOALS, contact_action_set_id=7)
    begun = journal_of(build_plan(order_data(), SOURCE, rules, Names()), "unknown")
    later = Rules(products=products, goals=GOALS)
    plan = plan_with_frozen(build_plan(order_data(total=Decimal("-1")), SOURCE, later, Names()), begun)
    assert names_of(plan)[-2:] == ["order_fields", "goal:teashop:bought"]
    assert "action_set" not in names_of(plan)


def on_account(**changes: object) -> Plan:
    return plan_of(money=MoneyState.ON_ACCOUNT, **changes)


def test_the_payment_of_what_was_sent_on_account_is_added_when_the_money_came_in():
    plan = plan_with_frozen(plan_of(), journal_of(on_account()))
    assert args(plan, "payment") == args(plan_of(), "payment")
    assert [decision for decision in plan.decisions if decision.level != "info"] == []
    assert plan_with_frozen(plan_of(), journal_of(plan)).steps == plan.steps


def test_money_that_came_in_with_another_total_is_recorded_up_to_what_was_sent_and_shown():
    plan = plan_with_frozen(plan_of(total=Decimal("60.00")), journal_of(on_account()))
    assert args(plan, "payment")["amount"] == "56.85"
    assert "now 60.00 USD" in plan.decisions[-1].text
    less = plan_with_frozen(plan_of(total=Decimal("50.00")), journal_of(on_account()))
    assert args(less, "payment")["amount"] == "50.00"


def test_money_that_came_in_with_an_added_line_makes_a_payment_for_each():
    plan = plan_with_frozen(plan_of(), journal_of(on_account(products=WITHOUT_LEASH)))
    assert (args(plan, "payment")["amount"], args(plan, "payment:2")["amount"]) == ("38.90", "17.95")


@pytest.mark.parametrize(
    ("state", "sent"), [("rejected", "Cash"), ("planned", "Cash"), ("unknown", "Credit")]
)
def test_a_payment_that_was_refused_follows_the_type_it_has_now(state, sent):
    journal = journal_of(plan_of())
    for entry in journal:
        if entry.step == "payment":
            entry.state, entry.args = state, {**entry.args, "type": "Credit"}
    rules = Rules(products=ALL, default_payment_type="Cash")
    plan = plan_with_frozen(build_plan(order_data(), SOURCE, rules, Names()), journal)
    assert args(plan, "payment") == {**args(plan_of(), "payment"), "type": sent}
