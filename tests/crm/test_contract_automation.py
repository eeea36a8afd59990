"""The contract of the CRM on what starts something in it: action sets and goals."""

from __future__ import annotations

import pytest

from crm.contract import Crm
from crm.errors import MissingInCrm, OutcomeUnknown
from crm.records import ActionResult
from tests.crm.contract_helpers import add_contact
from tests.sandbox_client import Sandbox


def add_goal(sandbox: Sandbox, name: str = "bought", published: int = 1) -> tuple[int, int]:
    """Add a campaign with one goal of that call name; their ids."""
    (campaign,) = sandbox.seed(FunnelCampaign=[{"Name": "Welcome", "Published": published}])["FunnelCampaign"]
    goal = {"CampaignId": campaign, "Integration": "shop", "CallName": name, "Name": "Bought"}
    return campaign, sandbox.seed(FunnelGoal=[goal])["FunnelGoal"][0]


@pytest.mark.parametrize("flow", ["array", "untyped"])
def test_every_goal_of_the_name_is_achieved(crm: Crm, sandbox: Sandbox, flow: str) -> None:
    sandbox.options(goal_flow=flow)
    contact_id = add_contact(sandbox)
    goals = {add_goal(sandbox)[1], add_goal(sandbox)[1]}
    add_goal(sandbox, "other")
    results = crm.achieve_goal(contact_id, "shop", "bought")
    assert all(result.achieved for result in results)
    assert {result.goal_id for result in results} == goals
    effects = sandbox.effects("goal.achieved")
    assert {(effect["ids"]["goal"], effect["ids"]["contact"]) for effect in effects} == {
        (goal, contact_id) for goal in goals
    }


@pytest.mark.parametrize(("name", "published"), [("other", 1), ("bought", 0)], ids=["name", "unpublished"])
def test_a_goal_nobody_set_up_is_not_achieved(crm: Crm, sandbox: Sandbox, name: str, published: int) -> None:
    add_goal(sandbox, name, published)
    results = crm.achieve_goal(add_contact(sandbox), "shop", "bought")
    assert not any(result.achieved for result in results)
    assert all("No Goals were configured" in result.message for result in results)
    assert sandbox.effects("goal.achieved") == []


def test_a_goal_of_a_contact_that_is_gone_is_refused(crm: Crm, sandbox: Sandbox) -> None:
    add_goal(sandbox)
    with pytest.raises(MissingInCrm):
        crm.achieve_goal(987654, "shop", "bought")


def test_a_goal_whose_reply_is_lost_is_unknown(crm: Crm, sandbox: Sandbox) -> None:
    add_goal(sandbox)
    contact_id = add_contact(sandbox)
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        crm.achieve_goal(contact_id, "shop", "bought")
    assert len(sandbox.effects("goal.achieved")) == 1


@pytest.mark.needs("run_action_set")
def test_an_action_set_is_run_with_what_each_action_did(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    (tag_id,) = sandbox.seed(ContactGroup=[{"GroupName": "Gold"}])["ContactGroup"]
    (set_id,) = sandbox.seed(ActionSequence=[{"TemplateName": "Welcome"}])["ActionSequence"]
    steps = [
        {"Action": "Apply tag", "Message": "done", "TagId": tag_id, "IsError": 0},
        {"Action": "Send mail", "Message": "no template", "IsError": 1},
    ]
    sandbox.seed(ActionStep=[{"ActionSequenceId": set_id, **step} for step in steps])
    assert crm.run_action_set(contact_id, set_id) == [
        ActionResult(action="Apply tag", message="done"),
        ActionResult(action="Send mail", message="no template", is_error=True),
    ]
    (effect,) = sandbox.effects("action_set.run")
    assert effect["ids"] == {"contact": contact_id, "action_set": set_id}
    assert [row["GroupId"] for row in sandbox.rows("ContactGroupAssign")] == [tag_id]


@pytest.mark.needs("run_action_set")
def test_an_action_set_that_is_gone_does_nothing(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    with pytest.raises(MissingInCrm):
        crm.run_action_set(contact_id, 987654)
    sandbox.options(unknown_action_set="empty")
    assert crm.run_action_set(contact_id, 987654) == []
    assert sandbox.effects() == []
