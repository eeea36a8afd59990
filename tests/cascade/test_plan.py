"""The plan is a pure function: no database, no CRM."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from carts.order_data import Charge, ChargeKind, Coupon, MoneyState, OrderLineData, Stage
from cascade.marker import is_marker, order_marker, spellings
from cascade.plan import Plan
from cascade.planning.rules import GoalRule, Names, Rules, SourceFacts
from cascade.shop.orders.plan import build_plan
from intake.party import Party
from mappings.directory.names import Resolution
from tests.factories import PLACED_AT, order_data

SOURCE = SourceFacts(slug="tea")
RULES = Rules(contact_tags=("Customer",), products={"BONE": 10, "LEASH": 12, "BOWL": 14})
NAMES = Names(tags={"Customer": Resolution("Customer", 91, 1)})


def plan_of(
    rules: Rules = RULES, names: Names = NAMES, source: SourceFacts = SOURCE, **changes: object
) -> Plan:
    return build_plan(order_data(**changes), source, rules, names)


def names_of(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def step(plan: Plan, name: str) -> dict:
    return next(step.args for step in plan.steps if step.name == name)


def texts(plan: Plan, level: str) -> str:
    return " ".join(decision.text for decision in plan.decisions if decision.level == level)


def with_rules(**changes: object) -> Rules:
    return replace(RULES, **changes)


def line(key: str, item: str, quantity: str, price: str, **more: object) -> OrderLineData:
    return OrderLineData(
        key=key, item_id=item, title=item, quantity=Decimal(quantity), unit_price=Decimal(price), **more
    )


def test_a_paid_order_is_contact_order_lines_total_payment_notes_then_tags():
    assert names_of(plan_of()) == [
        "contact", "order", "line:1", "line:2", "line:3", "line:shipping", "line:tax", "total", "payment",
        "order_fields", "tag:91",
    ]  # fmt: skip


def test_orders_without_an_email_are_skipped_quietly_by_channel():
    quiet = SourceFacts(slug="tea", quiet_channels=frozenset({"amazon"}))
    sold_at = {"custom_fields": {"channel": "Amazon"}}
    for source, told, state in (
        (quiet, {"email": "", **sold_at}, "skipped"),
        (SOURCE, {"email": "", **sold_at}, "parked"),
        (quiet, {"email": "", "custom_fields": {"channel": "ebay"}}, "parked"),
        (quiet, {"email": " "}, "parked"),
    ):
        plan = plan_of(source=source, **told)
        assert plan.verdict is not None
        assert (plan.verdict.state, plan.steps) == (state, ())
    assert "by the channel Amazon" in plan_of(source=quiet, email="", **sold_at).verdict.reason
    assert plan_of(source=quiet, **sold_at).verdict is None


@pytest.mark.parametrize(
    ("order_id", "number", "title"),
    [
        ("Größe 50%", "", "tea order Gr~f6~~df~e~20~50~25~"),
        ("5211", "5211", "tea order 5211"),
        ("450789469", "#1001", "tea order 1001 (450789469)"),
        ("450789469", "Nº 50%", "tea order N50 (450789469)"),
        ("450789469", "#%", "tea order 450789469"),
        ("1", "9" * 90, f"tea order {'9' * 40} (1)"),
    ],
)
def test_the_marker_is_the_title_and_the_payment_names_it(order_id, number, title):
    plan = plan_of(shop_order_id=order_id, number=number)
    assert step(plan, "order")["title"] == title
    assert step(plan, "payment")["note"] == f"{title} payment"
    assert is_marker(title)
    assert spellings(f"{title} payment 2")[-1] == f"{order_marker('tea', order_id)} payment 2"


def test_no_two_orders_share_a_title_however_long_their_ids_or_alike_their_numbers():
    ids = ["é" * 90 + "1", "é" * 90 + "2", "A", "A (B)", "B"]
    titles = {order_marker("tea", order_id, number) for order_id in ids for number in ("", "A", "B")}
    assert len({title for title in titles if len(title) <= 200}) == len(titles)
    by_id = {order_id: {order_marker("tea", order_id, n) for n in ("", "A", "B")} for order_id in ids}
    assert not any(by_id[a] & by_id[b] for a in ids for b in ids if a != b)


def test_total_and_payment_equal_the_shops_total():
    plan = plan_of()
    assert step(plan, "total")["expected"] == "56.85"
    assert step(plan, "payment")["amount"] == "56.85"


def test_a_plan_survives_being_stored():
    plan = plan_of()
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        (
            {"stage": Stage.UNPAID, "shop_stage": "Accounts Receivable"},
            "skipped",
            "still in Accounts Receivable",
        ),
        ({"stage": Stage.REJECTED}, "skipped", "rejected this order"),
        ({"email": ""}, "parked", "no e-mail address"),
        ({"email": "not an address"}, "parked", "not a usable address"),
    ],
)
def test_what_is_not_sent_says_why_and_does_nothing(changes, state, words):
    plan = plan_of(**changes)
    assert plan.verdict is not None
    assert (plan.verdict.state, plan.steps) == (state, ())
    assert words in plan.verdict.reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": None}, "without its items"),
        ({"lines": (), "charges": ()}, "has no items"),
        ({"lines": ()}, "has no items"),  # its charges are not its total
        ({"total": None}, "without its total"),
        ({"doubt": "Two readings add up."}, "Two readings add up."),
    ],
)
def test_an_order_of_which_something_is_missing_is_parked_and_its_contact_is_not(changes, words):
    rules = with_rules(contact_action_set_id=7, product_action_sets={"BONE": (8,)})
    plan = plan_of(rules, **changes)
    assert (plan.verdict.state, plan.verdict.error_class) == ("parked", "permanent")
    assert words in plan.verdict.reason
    assert names_of(plan) == ["contact", "tag:91", "action_set"]
    assert plan_of(with_rules(skip_order_creation=True), **changes).verdict is None


@pytest.mark.parametrize("method", ["blank_order", "place_order"])
def test_an_order_of_charges_alone_is_sent_as_such(method):
    charges = (
        Charge(key="repair", kind=ChargeKind.SERVICE, title="Repair of a chair", amount=Decimal(60)),
        Charge(key="tip", kind=ChargeKind.SERVICE, title="Tip", amount=Decimal(7)),
        Charge(key="credit", kind=ChargeKind.DISCOUNT, title="Store credit", amount=Decimal(-5)),
    )
    rules = with_rules(creation_method=method)
    plan = plan_of(rules, lines=(), charges=charges, subtotal=Decimal(0), total=Decimal(62))
    assert names_of(plan)[:7] == [
        "contact", "order", "line:repair", "line:tip", "line:credit", "total", "payment",
    ]  # fmt: skip
    assert step(plan, "line:repair")["title"] == "Repair of a chair"
    assert step(plan, "payment")["amount"] == "62.00"


def test_settings_skip_orders():
    assert plan_of(with_rules(enabled=False)).verdict.reason.startswith("Not sent: the integration is off")
    late = SourceFacts(slug="tea", start_date=PLACED_AT + timedelta(days=1))
    assert "start date" in plan_of(source=late).verdict.reason
    assert "start date" in plan_of(source=late, stage=Stage.UNPAID).verdict.reason
    assert "test order" in plan_of(with_rules(test_orders="skip"), is_test=True).verdict.reason
    on_account = {"money": MoneyState.ON_ACCOUNT}
    assert "on account" in plan_of(with_rules(unpaid_orders="skip"), **on_account).verdict.reason
    assert "payment" not in names_of(plan_of(**on_account))


def test_a_negative_total_parks_the_order_but_not_the_contact():
    plan = plan_of(total=Decimal("-3"))
    assert names_of(plan) == ["contact", "tag:91"]
    assert plan.verdict.state == "parked"
    assert "negative" in plan.verdict.reason


def test_a_zero_total_has_no_payment():
    free = Charge(key="discount", kind=ChargeKind.DISCOUNT, title="All free", amount=Decimal("-56.85"))
    plan = plan_of(charges=(*order_data().charges, free), total=Decimal(0))
    assert "payment" not in names_of(plan)
    assert step(plan, "total")["expected"] == "0.00"


def test_an_unknown_item_is_left_out_named_and_not_paid():
    plan = plan_of(with_rules(products={"BONE": 10, "BOWL": 14}))
    assert "line:2" not in names_of(plan)
    assert step(plan, "payment")["amount"] == "38.90"
    assert "Item LEASH was left out (17.95 USD)" in texts(plan, "error")
    assert step(plan, "order")["left_out"] == ["2"]


def test_a_gift_without_a_product_is_a_remark():
    """It changes no sum: only what costs something is an error of the order."""
    gift = OrderLineData(key="4", item_id="FREE-PEN", title="Pen", quantity=Decimal(1), unit_price=Decimal(0))
    plan = plan_of(lines=(*(order_data().lines or ()), gift))
    assert "Item FREE-PEN was left out (0.00 USD)" in texts(plan, "info")
    assert texts(plan, "error") == ""
    assert step(plan, "payment")["amount"] == "56.85"


def test_what_is_sold_beside_the_goods_goes_by_its_name_or_as_its_product():
    bone, leash, bowl = order_data().lines or ()
    lines = (bone, replace(leash, fee=True), bowl)
    plan = plan_of(with_rules(products={"BONE": 10, "BOWL": 14}), lines=lines)
    assert (step(plan, "line:2")["type"], step(plan, "line:2")["product_id"]) == ("service", 0)
    assert (step(plan, "payment")["amount"], texts(plan, "error")) == ("56.85", "")
    mapped = plan_of(with_rules(products={"BONE": 10, "BOWL": 14, "LEASH": 15}), lines=lines)
    assert (step(mapped, "line:2")["type"], step(mapped, "line:2")["product_id"]) == ("product", 15)


def test_an_unknown_item_can_be_a_named_line_instead():
    plan = plan_of(with_rules(products={"BONE": 10, "BOWL": 14}, unresolved_lines="named_line"))
    assert (step(plan, "line:2")["type"], step(plan, "line:2")["product_id"]) == ("service", 0)
    assert step(plan, "payment")["amount"] == "56.85"


def test_an_order_without_any_known_item_fails_but_tags_the_contact():
    plan = plan_of(with_rules(products={}))
    assert names_of(plan) == ["contact", "tag:91"]
    assert (plan.verdict.state, plan.verdict.setting) == ("failed", "products")


def test_a_crm_product_of_the_items_name_serves_without_a_mapping():
    names = Names(products={"LEASH": Resolution("LEASH", 77, 2)}, tags=NAMES.tags)
    plan = plan_of(with_rules(products={"BONE": 10, "BOWL": 14}), names)
    assert step(plan, "line:2")["product_id"] == 77
    assert "2 products named LEASH" in texts(plan, "warning")


@pytest.mark.parametrize(
    ("quantity", "price", "sent", "title"),
    [
        ("3", "3.00", (3, "3.00"), "X"),
        ("2.5", "4.00", (1, "10.00"), "X (2.5 × 4)"),
        ("3", "0.333", (1, "1.00"), "X (3 × 0.333)"),
        ("2", "0", (2, "0.00"), "X"),
    ],
)
def test_line_amounts_are_exact(quantity, price, sent, title):
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    plan = plan_of(
        with_rules(products={"X": 5}), lines=(line("1", "X", quantity, price),), charges=(), total=amount
    )
    args = step(plan, "line:1")
    assert ((args["quantity"], args["unit_price"]), args["title"]) == (sent, title)


def test_a_charge_in_no_line_becomes_its_own_line():
    plan = plan_of(total=Decimal("58.15"))
    assert step(plan, "line:other-charges")["unit_price"] == "1.30"
    assert "1.30 USD that none of its lines explains" in texts(plan, "warning")


@pytest.mark.parametrize(("total", "rounding"), [("56.80", "-0.05"), ("56.90", "0.05"), ("56.84", "-0.01")])
def test_a_cent_per_line_and_charge_is_rounding_in_either_direction(total, rounding):
    plan = plan_of(total=Decimal(total))
    args = step(plan, "line:rounding")
    assert (args["unit_price"], args["title"]) == (rounding, "Rounding")
    assert args["type"] == ("discount" if rounding.startswith("-") else "service")
    assert step(plan, "payment")["amount"] == total
    assert texts(plan, "warning") == ""


def test_more_than_rounding_is_parked_below_and_told_above():
    plan = plan_of(total=Decimal("56.79"))
    assert plan.verdict.state == "parked"
    assert "0.06 USD more than the shop's total" in plan.verdict.reason
    assert step(plan_of(total=Decimal("56.91")), "line:other-charges")["unit_price"] == "0.06"


@pytest.mark.parametrize(
    ("quantity", "price", "subtotal", "total", "rounding"),
    [
        ("1", "12.52", "12.52", "12.50", "-0.02"),  # to five cents
        ("1", "12.53", "12.53", "12.55", "0.02"),
        ("12", "8.03", "96.34", "96.34", "-0.02"),  # the shop multiplied before it rounded the price
        ("12", "8.02", "96.29", "96.29", "0.05"),
        ("1", "12.52", "12.50", "12.49", None),
        ("12", "8.03", "96.36", "96.34", None),  # its own subtotal knows nothing of it
        ("3", "0.333", "1.00", "0.98", None),
        ("2.5", "4.001", "10.00", "9.99", "-0.01"),
    ],
)
def test_cash_and_prices_are_rounded_by_more_than_a_cent_where_the_shop_shows_it(
    quantity, price, subtotal, total, rounding
):
    plan = plan_of(
        with_rules(products={"X": 5}),
        lines=(line("1", "X", quantity, price),),
        charges=(),
        subtotal=Decimal(subtotal),
        total=Decimal(total),
    )
    if rounding is None:
        assert plan.verdict.state == "parked"
    else:
        assert step(plan, "line:rounding")["unit_price"] == rounding


@pytest.mark.parametrize(("total", "sent"), [("46.85", True), ("56.85", False)])
def test_a_gift_certificate_counts_whether_or_not_the_total_is_net_of_it(total, sent):
    plan = plan_of(gift_certificate=Decimal(10), total=Decimal(total))
    assert ("line:gift-certificate" in names_of(plan)) is sent
    assert step(plan, "payment")["amount"] == total


@pytest.mark.parametrize(
    ("kit_price", "part_price", "subtotal", "sent"),
    [
        ("30", "0", "30", ["line:1"]),
        ("30", "12", "30", ["line:1"]),
        ("0", "15", "30", ["line:2", "line:3"]),
        ("10", "10", "30", ["line:1", "line:2", "line:3"]),
    ],
)
def test_a_kit_is_counted_once(kit_price, part_price, subtotal, sent):
    rows = (
        line("1", "KIT", "1", kit_price, kit=True),
        line("2", "A", "1", part_price, kit_key="1"),
        line("3", "B", "1", part_price, kit_key="1"),
    )
    rules = with_rules(products={"KIT": 1, "A": 2, "B": 3})
    plan = plan_of(rules, lines=rows, charges=(), subtotal=Decimal(subtotal), total=Decimal(subtotal))
    assert [name for name in names_of(plan) if name.startswith("line:")] == sent


def test_a_kit_that_adds_up_to_nothing_is_parked():
    rows = (line("1", "KIT", "1", "30", kit=True), line("2", "A", "1", "7", kit_key="1"))
    plan = plan_of(lines=rows, charges=(), subtotal=Decimal(29), total=Decimal(29))
    assert "kit" in plan.verdict.reason


def test_another_currency_is_parked_or_sent_by_setting():
    assert plan_of(with_rules(crm_currency="EUR")).verdict.setting == "orders"
    sent = plan_of(with_rules(crm_currency="EUR", other_currency="send"))
    assert sent.verdict is None
    assert "as they are" in texts(sent, "warning")


def test_notes_hold_coupons_test_mark_and_the_buyers_currency():
    plan = plan_of(
        is_test=True,
        coupons=(Coupon(code="A", typed="A-123"), Coupon(code="B")),
        paid_currency="EUR",
        paid_total=Decimal("52.10"),
    )
    assert (
        step(plan, "order_fields")["notes"] == "TEST ORDER\nCoupons: A-123, B\nPaid by the buyer: 52.10 EUR"
    )


def test_payment_types_are_mapped_whatever_their_case():
    plan = plan_of(with_rules(payment_types={"paypal": "PayPal"}), payment_method="PayPal")
    assert step(plan, "payment")["type"] == "PayPal"
    assert step(plan_of(), "payment")["type"] == "Credit Card (Manual)"


def test_skip_order_creation_leaves_contact_and_tags_and_needs_no_items():
    plan = plan_of(with_rules(skip_order_creation=True), lines=None, total=None)
    assert names_of(plan) == ["contact", "tag:91"]


def test_tags_come_once_each_and_a_missing_one_is_named():
    rules = with_rules(
        contact_tags=("Customer", "Gone"), product_tags={"BONE": ("Dog",), "BOWL": ("Dog", "Customer")}
    )
    names = Names(
        tags={
            "Customer": Resolution("Customer", 91, 1),
            "Dog": Resolution("Dog", 93, 1),
            "Gone": Resolution("Gone", None, 0),
        }
    )
    plan = plan_of(rules, names)
    assert names_of(plan)[-2:] == ["tag:91", "tag:93"]
    assert "Tag “Gone” is not in the CRM" in texts(plan, "error")


def test_the_primary_address_comes_first():
    shipping = Party(first_name="Bob", street1="9 Dock Road", city="Oslo", country="NO")
    args = step(plan_of(with_rules(primary_address="shipping"), shipping=shipping), "contact")
    assert (args["address1"]["city"], args["address2"]["city"]) == ("Oslo", "Atlanta")
    assert args["first_name"] == "Ada"


def test_overlong_and_four_byte_text_is_changed_visibly():
    billing = Party(first_name="א🎉" * 30, last_name="Ex\x00ample\x07")
    plan = plan_of(with_rules(four_byte_text="remove"), billing=billing)
    args = step(plan, "contact")
    assert args["first_name"] == "א" * 30
    assert args["last_name"] == "Example"
    shipping = Charge(key="s", kind=ChargeKind.SHIPPING, title="Sleigh 🛷", amount=Decimal("11"))
    rules = with_rules(four_byte_text="remove")
    plan = plan_of(rules, charges=(shipping,), coupons=(Coupon(code="X🎅"),))
    assert (step(plan, "line:s")["title"], step(plan, "order_fields")["notes"]) == ("Sleigh", "Coupons: X")
    long = plan_of(billing=Party(first_name="x" * 300))
    told = texts(long, "warning")
    assert "First name has 300 characters and was shortened to the 40" in told
    assert "x" * 300 in told  # the whole value can be read where it was cut


def test_action_sets_and_goals_come_last_once_each_and_after_the_order():
    wanted = (("BONE", "bought"), ("BONE", "dog"), ("BOWL", "bought"))
    goals = tuple(
        GoalRule(trigger="item", value=item, integration="shop", call_name=name) for item, name in wanted
    )
    sets = {"BONE": (5,), "BOWL": (5, 6)}
    rules = with_rules(contact_action_set_id=4, product_action_sets=sets, goals=goals)
    last = plan_of(rules).steps[-6:]
    assert [each.name for each in last] == [
        "action_set", "action_set:5:BONE", "action_set:5:BOWL", "action_set:6:BOWL", "goal:shop:bought",
        "goal:shop:dog",
    ]  # fmt: skip
    assert [each.needs for each in last] == [("contact",)] + [("contact", "payment")] * 5
