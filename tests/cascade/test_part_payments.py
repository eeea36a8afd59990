"""Money paid is an amount: what came in is recorded, each payment once, and never more than the shop says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from carts.ingest.orders import order_ingest
from carts.order_data import MoneyState, OrderData, OrderLineData, Stage
from cascade.engine.create import replication_latest
from cascade.models import Replication
from cascade.plan import Plan
from cascade.planning.rules import History, Names, Rules, SourceFacts
from cascade.services import replication_resend
from cascade.shop.orders.freeze import plan_with_frozen
from cascade.shop.orders.plan import build_plan
from tests.cascade.conftest import Shop
from tests.cascade.test_freeze import ALL, WITHOUT_LEASH, args, journal_of, replace_state
from tests.factories import PLACED_AT, order_data
from tests.reference import MODES, Mode, Reference

SOURCE = SourceFacts(slug="tea")
State = Replication.State
LATER = PLACED_AT + timedelta(days=9)


def plan_of(
    paid: str | None, products: dict[str, int] = ALL, part_payments: str = "send", **changes: Any
) -> Plan:
    rules = Rules(products=products, part_payments=part_payments)
    amount = None if paid is None else Decimal(paid)
    return build_plan(order_data(paid_amount=amount, **changes), SOURCE, rules, Names())


def payments(plan: Plan) -> dict[str, str]:
    return {step.name: step.args["amount"] for step in plan.steps if step.kind == "record_payment"}


def told(plan: Plan) -> str:
    return " ".join(decision.text for decision in plan.decisions)


# -- whether it is sent ---------------------------------------------------------------------------------


def test_an_order_paid_in_part_waits_and_says_how_much_came_in():
    plan = plan_of("50", part_payments="wait")
    assert plan.verdict is not None and plan.verdict.state == "skipped"
    assert "Not sent yet: 50.00 of 56.85 USD came in, 6.85 is outstanding" in plan.verdict.reason


def test_by_setting_it_goes_with_what_came_in():
    plan = plan_of("50")
    assert (plan.verdict, payments(plan)) == (None, {"payment": "50.00"})
    assert "50.00 of 56.85 USD came in, 6.85 is outstanding" in told(plan)
    assert next(step.needs for step in plan.steps if step.name == "payment") == ("total",)


@pytest.mark.parametrize(
    ("paid", "money", "unpaid", "part", "payment"),
    [
        ("0", "received", "order_only", "wait", ""),
        ("0", "received", "skip", "send", None),
        ("50", "on_account", "order_only", "wait", ""),
        ("50", "on_account", "order_only", "send", "50.00"),
        ("50", "on_account", "skip", "wait", None),
        ("50", "on_account", "skip", "send", "50.00"),
        ("56.85", "on_account", "skip", "wait", "56.85"),
        ("56.8499", "received", "skip", "wait", "56.85"),
    ],
)
def test_an_order_on_account_goes_by_its_own_setting(paid, money, unpaid, part, payment):
    """None: it is not sent. Blank: it is sent without a payment."""
    rules = Rules(products=ALL, part_payments=part, unpaid_orders=unpaid)
    order = order_data(paid_amount=Decimal(paid), money=MoneyState(money))
    plan = build_plan(order, SOURCE, rules, Names())
    assert (plan.verdict is not None) == (payment is None)
    assert payments(plan) == ({"payment": payment} if payment else {})


def test_more_than_the_total_is_told_and_not_recorded():
    plan = plan_of("60")
    assert payments(plan) == {"payment": "56.85"}
    assert "The shop says that 60.00 USD came in for an order over 56.85" in told(plan)


def test_a_total_of_zero_has_no_payment_whatever_is_told():
    free = order_data(total=Decimal(0), lines=(), charges=(), subtotal=Decimal(0), paid_amount=Decimal(5))
    line = OrderLineData(key="1", item_id="BONE", title="", quantity=Decimal(1), unit_price=Decimal(0))
    plan = build_plan(replace(free, lines=(line,)), SOURCE, Rules(products=ALL), Names())
    assert (plan.verdict, payments(plan)) == (None, {})


def test_what_came_in_pays_the_lines_that_are_there_first():
    assert payments(plan_of("50", WITHOUT_LEASH)) == {"payment": "38.90"}
    assert payments(plan_of("30", WITHOUT_LEASH)) == {"payment": "30.00"}


def test_a_cancellation_after_a_deposit_is_told():
    order = order_data(paid_amount=Decimal(50), stage=Stage.REJECTED)
    unsent = build_plan(order, SOURCE, Rules(), Names())
    assert unsent.verdict is not None
    assert unsent.verdict.reason == "Not sent: the shop rejected this order after a payment of 50.00 USD."
    sent = build_plan(order, SOURCE, Rules(), Names(), History(in_crm=True))
    assert "cancelled this order after a payment of 50.00 USD" in told(sent)
    note = next(step for step in sent.steps if step.kind == "add_note")
    assert note.args["text"].startswith("tea order DEMO-1001 cancelled after a payment of 50.00 USD.")


# -- what follows ---------------------------------------------------------------------------------------


def test_a_later_payment_follows_as_one_of_its_own():
    first = plan_of("20", version_at=LATER - timedelta(days=1))
    second = plan_with_frozen(plan_of("50", version_at=LATER), journal_of(first))
    assert payments(second) == {"payment": "20.00", "payment:2": "30.00"}
    assert args(second, "payment") == args(first, "payment")
    later = args(second, "payment:2")
    assert (later["note"], later["paid_at"]) == ("tea order DEMO-1001 payment 2", LATER.isoformat())
    third = plan_with_frozen(plan_of(None), journal_of(second))
    assert payments(third) == {"payment": "20.00", "payment:2": "30.00", "payment:3": "6.85"}
    assert plan_with_frozen(plan_of(None), journal_of(third)).steps == third.steps


@pytest.mark.parametrize("state", ["sending", "unknown", "uncertain", "done"])
def test_what_may_be_in_the_crm_is_not_recorded_again(state):
    journal = replace_state(journal_of(plan_of("20")), "payment", state)
    plan = plan_with_frozen(plan_of("50"), journal)
    assert payments(plan) == {"payment": "20.00", "payment:2": "30.00"}


@pytest.mark.parametrize("state", ["planned", "rejected"])
def test_a_payment_that_was_not_made_becomes_what_came_in_by_now(state):
    journal = replace_state(journal_of(plan_of("20")), "payment", state)
    assert payments(plan_with_frozen(plan_of("50"), journal)) == {"payment": "50.00"}
    assert payments(plan_with_frozen(plan_of("10"), journal)) == {"payment": "10.00"}
    assert payments(plan_with_frozen(plan_of("0"), journal)) == {}


def test_less_than_was_recorded_is_told_and_nothing_is_taken_back():
    plan = plan_with_frozen(plan_of("10"), journal_of(plan_of("20")))
    assert payments(plan) == {"payment": "20.00"}
    assert "The shop now says that 10.00 USD came in, and 20.00 is recorded in the CRM" in told(plan)


def test_an_order_on_account_waits_with_its_payment_for_the_rest():
    on_account = plan_of(None, part_payments="wait", money=MoneyState.ON_ACCOUNT)
    part = plan_with_frozen(
        plan_of("50", part_payments="wait", money=MoneyState.ON_ACCOUNT), journal_of(on_account)
    )
    assert payments(part) == {}
    assert "50.00 of 56.85 USD came in" in told(part)
    paid = plan_with_frozen(plan_of(None, part_payments="wait"), journal_of(part))
    assert payments(paid) == {"payment": "56.85"}


def test_money_that_came_in_beyond_what_was_sent_pays_the_line_that_is_added_later():
    first = plan_of("30", WITHOUT_LEASH)
    second = plan_with_frozen(plan_of("50", WITHOUT_LEASH), journal_of(first))
    assert payments(second) == {"payment": "30.00", "payment:2": "8.90"}
    third = plan_with_frozen(plan_of("50"), journal_of(second))
    assert payments(third) == {"payment": "30.00", "payment:2": "8.90", "payment:3": "11.10"}
    assert next(step.needs for step in third.steps if step.name == "payment:3") == ("total:2",)
    fourth = plan_with_frozen(plan_of(None), journal_of(third))
    assert payments(fourth)["payment:4"] == "6.85"
    assert sum(Decimal(amount) for amount in payments(fourth).values()) == Decimal("56.85")


def test_a_refund_after_a_part_payment_changes_no_payment():
    plan = plan_with_frozen(plan_of("50", refunded_total=Decimal(5)), journal_of(plan_of("50")))
    assert payments(plan) == {"payment": "50.00"}


# -- through the CRM ------------------------------------------------------------------------------------

LINE = OrderLineData(key="1", item_id="BONE", title="Boat", quantity=Decimal(1), unit_price=Decimal(200))
VALUES: dict[str, Any] = {"lines": (LINE,), "subtotal": Decimal(200), "charges": (), "coupons": ()}


def deposit_order(paid: str, version: int = 0, **changes: Any) -> OrderData:
    moment = PLACED_AT + timedelta(hours=version)
    values = {**VALUES, "paid_amount": Decimal(paid), "version_at": moment, "total": Decimal(200), **changes}
    return order_data(**values)


def delivered(shop: Shop, data: OrderData) -> Replication:
    """Take a version in through the entrance, and work on what it started."""
    order = order_ingest(shop.source, data).order
    with transaction.atomic():
        latest = replication_latest(order)
    assert latest is not None
    return shop.drive(latest) if latest.state in Replication.OPEN else latest


def recorded(sandbox: Any) -> list[Decimal]:
    return [Decimal(str(row["PayAmt"])).quantize(Decimal("0.01")) for row in sandbox.rows("Payment")]


@pytest.fixture(params=list(MODES))
def account(request: pytest.FixtureRequest, unlimited: Any, transactional_db: None, settings: Any) -> Shop:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.LEASE_SECONDS, settings.SETTLE_SECONDS = 3.0, 0.3
    mode: Mode = MODES[request.param]
    reference = Reference(unlimited, mode)
    reference.connection.part_payments = "send"
    reference.connection.price_differences = True
    reference.connection.save()
    return Shop(unlimited, reference.connection, reference.source)


def test_each_payment_reaches_the_crm_once_in_every_mode(account):
    for version, (paid, expected) in enumerate(
        [("50", [50]), ("50", [50]), ("120", [50, 70]), ("200", [50, 70, 80]), ("200", [50, 70, 80])]
    ):
        row = delivered(account, deposit_order(paid, version))
        assert row.state == State.SUCCEEDED, row.reason
        assert recorded(account.sandbox) == [Decimal(amount) for amount in expected]
        assert ("outstanding" in row.reason) == (paid != "200")
    (invoice,) = account.sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (200.0, 0.0)
    assert len(account.sandbox.rows("Job")) == 1
    shop_row = account.drive(replication_resend(row, user=None))
    assert (shop_row.state, len(recorded(account.sandbox))) == (State.SUCCEEDED, 3)


def test_an_order_that_waits_is_sent_whole_once_all_is_paid(shop):
    row = delivered(shop, deposit_order("50"))
    assert (row.state, shop.sandbox.rows("Contact")) == (State.SKIPPED, [])
    assert "50.00 of 200.00 USD came in, 150.00 is outstanding" in row.reason
    row = delivered(shop, deposit_order("200", 1))
    assert (row.state, row.level, recorded(shop.sandbox)) == (State.SUCCEEDED, "info", [Decimal(200)])


def test_a_cancellation_after_a_deposit_writes_it_into_the_note(shop):
    shop.connection.part_payments = "send"
    shop.connection.save()
    delivered(shop, deposit_order("50"))
    row = delivered(shop, deposit_order("50", 1, stage=Stage.REJECTED))
    assert "after a payment of 50.00 USD" in row.reason
    (note,) = shop.sandbox.rows("ContactAction")
    assert "cancelled after a payment of 50.00 USD" in note["CreationNotes"]
    assert recorded(shop.sandbox) == [Decimal(50)]


AMOUNTS = ("0", "50", "120", "200")


@pytest.mark.embedded  # no database decides about the order of deliveries
@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_and_repetition_of_deliveries_ends_paid_and_never_beyond_what_was_told(shop, order):
    shop.connection.part_payments = "send"
    shop.connection.save()
    most = Decimal(0)
    for version in (*order, order[0], order[-1]):
        most = max(most, Decimal(AMOUNTS[version]))
        delivered(shop, deposit_order(AMOUNTS[version], version))
        assert sum(recorded(shop.sandbox)) <= most
    assert sum(recorded(shop.sandbox)) == 200
    assert len(shop.sandbox.rows("Job")) == 1
