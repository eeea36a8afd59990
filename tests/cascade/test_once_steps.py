"""Goals and action sets: each once per order, and after a lost reply only by a person's word."""

from __future__ import annotations

import pytest

from cascade.engine.replicate import replication_run
from cascade.engine.resolve_by_hand import step_resolve_by_hand
from cascade.models import JournalEntry, Replication
from cascade.services import ResendRefused, replication_resend
from tests.cascade.cart_shop import set_up
from tests.cascade.conftest import Shop
from tests.factories import UserFactory

State = Replication.State
REFUSE_A_LINE = {"method": "InvoiceService.addOrderItem", "call": 3, "do": "fault", "code": 12,
                 "text": "[InvalidParameter]Quantity is not allowed"}  # fmt: skip
CALLS = {
    "goal.achieved": (
        "goal:teashop:bought",
        "FunnelService.achieveGoal",
        "POST /v2/automations/goals/achieve",
    ),
    "action_set.run": ("action_set", "ContactService.runActionSequence", ""),
}


def automated(shop: Shop, protocol: str = "xmlrpc", **settings: object) -> dict[str, int]:
    """One goal that two items ask for, an action set of the contact, another of two items; their ids."""
    set_up(shop, protocol, **settings)
    ids = shop.sandbox.seed(
        ActionSequence=[{"TemplateName": "Welcome"}, {"TemplateName": "Bought"}],
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "bought"}],
    )["ActionSequence"]
    connection = shop.connection
    connection.contact_action_set_id = ids[0]
    connection.save()
    for item in ("BONE", "BOWL"):
        connection.product_goals.create(value=item, integration="teashop", call_name="bought")
        connection.product_action_sets.create(item_id=item, action_set_id=ids[1])
    return {"contact": ids[0], "product": ids[1]}


def runs(shop: Shop) -> list[int]:
    return [effect["ids"]["action_set"] for effect in shop.sandbox.effects("action_set.run")]


def goals(shop: Shop) -> int:
    return len(shop.sandbox.effects("goal.achieved"))


@pytest.mark.parametrize("protocol", ["xmlrpc", "automatic"])
def test_a_goal_once_per_order_an_action_set_once_per_item(shop, protocol):
    ids = automated(shop, protocol)
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason
    assert (goals(shop), runs(shop)) == (1, [ids["contact"], ids["product"], ids["product"]])
    shop.drive(replication_resend(ended, user=None))
    assert (goals(shop), len(runs(shop))) == (1, 3)


def test_they_wait_for_the_orders_success_but_the_contacts_action_set_does_not(shop):
    ids = automated(shop)
    shop.sandbox.faults(REFUSE_A_LINE)
    ended = shop.drive(shop.replication())
    assert (ended.state, goals(shop), runs(shop)) == (State.FAILED, 0, [ids["contact"]])
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert (goals(shop), runs(shop)) == (1, [ids["contact"], ids["product"], ids["product"]])


def test_an_order_that_cannot_be_planned_runs_the_contacts_action_set_alone(shop):
    ids = automated(shop, creation_method="place_order", price_differences=False)
    dearer = [row["Id"] for row in shop.sandbox.rows("Product") if row["ProductName"] == "BONE"]
    shop.connection.product_mappings.create(item_id="LEASH", crm_product_id=dearer[0])
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.setting, runs(shop), goals(shop)) == (
        State.FAILED, "orders", [ids["contact"]], 0,
    )  # fmt: skip


def test_without_orders_they_follow_the_contact(shop):
    automated(shop, skip_order_creation=True)
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    assert (goals(shop), len(runs(shop)), shop.sandbox.rows("Job")) == (1, 3, [])


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_no_goal_of_that_name_is_success_with_a_warning(shop, protocol):
    set_up(shop, protocol)
    shop.connection.product_goals.create(value="BONE", integration="teashop", call_name="bought")
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "warning")
    assert "No goal was achieved for teashop/bought. No Goals were configured" in ended.reason
    entry = JournalEntry.objects.get(kind="achieve_goal")
    assert (entry.state, entry.result) == ("done", "skipped")


def test_an_action_that_did_not_work_is_a_warning_that_names_it(shop):
    ids = automated(shop)
    shop.sandbox.seed(
        ActionStep=[
            {"ActionSequenceId": ids["contact"], "Action": "Send mail", "Message": "opted out", "IsError": 1}
        ]
    )
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "warning")
    assert "did not do everything: Send mail: opted out" in ended.reason


@pytest.mark.parametrize(
    ("answer", "state", "level"),
    [("fault", State.SUCCEEDED, "error"), ("empty", State.SUCCEEDED, "warning")],
)
def test_an_action_set_that_does_not_exist_is_told_and_the_rest_is_done(shop, answer, state, level):
    automated(shop)
    shop.connection.contact_action_set_id = 987654
    shop.connection.save()
    shop.sandbox.options(unknown_action_set=answer)
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (state, level)
    assert (goals(shop), len(runs(shop))) == (1, 2)


def test_rest_has_no_action_sets_which_names_the_cure_and_stops_nothing_else(shop):
    ids = automated(shop, "rest")
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "error")  # the order is whole (rule 9)
    assert (ended.error_class, ended.setting) == ("configuration", "credentials")
    assert ended.reason.startswith("The order is whole in the CRM, but not all that follows it was done.")
    assert "choose XML-RPC or automatic" in ended.reason
    assert (goals(shop), runs(shop)) == (1, [])
    assert [row["PayAmt"] for row in shop.sandbox.rows("Payment")] == ["56.85"]
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2
    shop.connection.protocol = "automatic"
    shop.connection.save()
    again = shop.drive(replication_resend(ended, user=None))
    assert (again.state, again.level) == (State.SUCCEEDED, "info")
    assert (goals(shop), runs(shop)) == (1, [ids["contact"], ids["product"], ids["product"]])


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("effect", list(CALLS))
@pytest.mark.parametrize("protocol", ["xmlrpc", "automatic"])
def test_a_lost_reply_waits_for_a_persons_word(shop, effect, happened, protocol):
    automated(shop, protocol)
    step, over_xmlrpc, over_rest = CALLS[effect]
    method = over_rest if protocol == "automatic" and over_rest else over_xmlrpc
    shop.sandbox.faults({"method": method, "call": 1, "do": "drop_after" if happened else "drop_before"})
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.error_class) == (State.PARKED, "unknown")
    assert "say at the step whether it happened" in ended.reason
    entry = JournalEntry.objects.get(step=step)
    assert entry.state == "uncertain"
    assert JournalEntry.objects.exclude(state="done").count() == 1
    before = len(shop.sandbox.effects(effect))
    again = shop.drive(replication_resend(ended, user=None))
    assert (again.state, len(shop.sandbox.effects(effect))) == (State.PARKED, before)
    settled = step_resolve_by_hand(again, entry.pk, happened=happened, user=UserFactory(username="ada"))
    assert shop.drive(settled).state == State.SUCCEEDED
    assert len(shop.sandbox.effects(effect)) == (1 if effect == "goal.achieved" else 3)
    entry.refresh_from_db()
    assert entry.state == "done"
    with pytest.raises(ResendRefused, match="no longer in doubt"):
        step_resolve_by_hand(settled, entry.pk, happened=happened, user=UserFactory())


def test_two_lost_replies_are_settled_one_by_one(shop):
    automated(shop)
    shop.sandbox.faults({"method": CALLS["action_set.run"][1], "call": 1, "times": 3, "do": "drop_after"})
    replication = shop.drive(shop.replication())
    for left in (3, 2, 1):
        doubtful = JournalEntry.objects.filter(state="uncertain")
        assert (replication.state, doubtful.count()) == (State.PARKED, left)
        replication = step_resolve_by_hand(replication, doubtful[0].pk, happened=True, user=UserFactory())
        shop.drive(replication)
    assert (replication.state, len(runs(shop))) == (State.SUCCEEDED, 3)


def test_a_call_that_did_not_leave_is_no_doubt(shop):
    automated(shop)
    shop.sandbox.faults({"method": CALLS["goal.achieved"][1], "call": 1, "do": "invalid_key"})
    replication = shop.replication()
    assert replication_run(replication.pk).state == State.RETRYING
    assert JournalEntry.objects.get(kind="achieve_goal").state == "planned"
    assert shop.drive(replication).state == State.SUCCEEDED
    assert goals(shop) == 1


def test_names_too_long_or_alike_stay_two_steps(shop):
    set_up(shop, "xmlrpc")
    pairs = [("a" * 100, "b" * 99 + "1"), ("a" * 100, "b" * 99 + "2"), ("a:b", "c"), ("a", "b:c")]
    for integration, call_name in pairs:
        shop.connection.product_goals.create(value="BONE", integration=integration, call_name=call_name)
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    entries = JournalEntry.objects.filter(kind="achieve_goal")
    assert sorted((e.args["integration"], e.args["call_name"]) for e in entries) == sorted(pairs)
