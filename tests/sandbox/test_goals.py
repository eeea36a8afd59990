from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire

MISS = {
    "success": False,
    "msg": "No Goals were configured to be achieved by this event.",
    "funnelId": 0,
    "goalId": 0,
    "flowStart": [],
    "flowStop": [],
}


@pytest.fixture
def contact(crm: Wire) -> int:
    goal = {"Integration": "shop", "CallName": "bought"}
    ids = crm.sandbox.seed(
        Contact=[{"Email": "ann@example.com"}],
        FunnelCampaign=[
            {"Id": 40, "Name": "After sales", "Published": 1},
            {"Id": 42, "Name": "Draft", "Published": 0},
        ],
        FunnelGoal=[{**goal, "Id": 50, "CampaignId": 40}, {**goal, "Id": 52, "CampaignId": 42}],
    )
    return ids["Contact"][0]


def test_the_goals_of_published_campaigns_are_achieved(crm: Wire, contact: int) -> None:
    [hit] = crm("FunnelService.achieveGoal", "shop", "bought", contact)
    assert (hit["success"], hit["funnelId"], hit["goalId"]) == (True, 40, 50)
    assert (hit["flowStart"], hit["flowStop"]) == ([], [])
    [effect] = crm.sandbox.effects("goal.achieved")
    assert effect["ids"] == {"goal": 50, "campaign": 40, "contact": contact}
    assert effect["values"] == {"integration": "shop", "call_name": "bought"}


def test_achieving_again_is_an_effect_again(crm: Wire, contact: int) -> None:
    for _ in range(2):
        crm("FunnelService.achieveGoal", "shop", "bought", contact)
    assert len(crm.sandbox.effects("goal.achieved")) == 2


@pytest.mark.parametrize("names", [("shop", "sold"), ("other", "bought"), ("shop", "")])
def test_a_miss_is_one_struct_that_says_so(crm: Wire, contact: int, names: tuple[str, str]) -> None:
    assert crm("FunnelService.achieveGoal", *names, contact) == [MISS]
    assert crm.sandbox.effects() == []


def test_a_hit_may_carry_empty_values_without_a_type(crm: Wire, contact: int) -> None:
    crm.sandbox.options(goal_flow="untyped")
    body = crm.raw("FunnelService.achieveGoal", crm.sandbox.key, "shop", "bought", contact)
    assert "<name>flowStart</name><value></value>" in body


def test_an_unknown_contact_is_fault_5(crm: Wire, contact: int) -> None:
    assert crm.fault("FunnelService.achieveGoal", "shop", "bought", 9999)[0] == 5
