from __future__ import annotations

import pytest

from tests.sandbox.rest.conftest import Rest
from tests.sandbox_client import Sandbox

STATUS = "/emailAddresses/ann%40example.com/status"
NO_GOAL = "No Goals were configured to be achieved by this event."


@pytest.fixture
def goal(sandbox: Sandbox) -> tuple[int, int]:
    campaign = sandbox.seed(FunnelCampaign=[{"Name": "Spring", "Published": 1}])["FunnelCampaign"][0]
    row = {"CampaignId": campaign, "Integration": "demo", "CallName": "bought"}
    return campaign, sandbox.seed(FunnelGoal=[row])["FunnelGoal"][0]


def test_a_goal_is_reached_by_its_names(v2: Rest, v1: Rest, contact: int, goal: tuple[int, int]) -> None:
    body = {"integration": "demo", "call_name": "bought", "contact_id": contact}
    [result] = v2("POST", "/automations/goals/achieve", body)["results"]
    assert (result["success"], result["automation_id"], result["goal_id"]) == (True, *goal)
    [again] = v1("POST", "/campaigns/goals/demo/bought", {"contact_id": contact})
    assert (again["success"], again["campaign_id"], again["goal_id"]) == (True, *goal)
    assert len(v2.effects("goal.achieved")) == 2


def test_a_goal_is_reached_by_its_ids(v2: Rest, contact: int, goal: tuple[int, int]) -> None:
    path, ids = "/automations/goals/achieve", {"automation_id": goal[0], "goal_id": goal[1]}
    assert v2("POST", path, {**ids, "contact_id": contact})["results"][0]["success"] is True
    assert v2.refused("POST", path, {**ids, "goal_id": 9, "contact_id": contact})[0] == 404
    assert v2.refused("POST", path, {"goal_id": goal[1], "contact_id": contact})[0] == 400


def test_a_goal_that_nobody_configured(v2: Rest, v1: Rest, contact: int) -> None:
    body = {"integration": "demo", "call_name": "bought", "contact_id": contact}
    [result] = v2("POST", "/automations/goals/achieve", body)["results"]
    assert (result["success"], result["message"]) == (False, NO_GOAL)
    assert v1("POST", "/campaigns/goals/demo/bought", {"contact_id": contact})[0]["message"] == NO_GOAL
    assert v2.refused("POST", "/automations/goals/achieve", {**body, "contact_id": 9})[0] == 404
    assert v1.refused("POST", "/campaigns/goals/demo/bought", {"contact_id": 9})[0] == 404
    assert v2.sandbox.effects() == []


def test_campaigns_and_automations_are_the_same_thing(v2: Rest, goal: tuple[int, int]) -> None:
    v2.sandbox.seed(FunnelCampaign=[{"Name": "Draft of spring", "Published": 0}])
    assert len(v2("GET", "/campaigns", filter="name==spring")["campaigns"]) == 2
    listed = v2("GET", "/automations", filter="status==published")
    assert [each["id"] for each in listed["automations"]] == [str(goal[0])]
    assert v2("GET", f"/campaigns/{goal[0]}/goals")["goals"][0]["id"] == str(goal[1])


def test_an_address_is_opted_in_once_and_never_back(v2: Rest, contact: int) -> None:
    assert v2("GET", STATUS)["opted_in"] is False
    assert v2("PATCH", STATUS, {"opted_in": True, "reason": "ticked"})["status"] == "SINGLE_OPT_IN"
    v2("PATCH", STATUS, {"opted_in": True, "reason": "ticked"})
    assert v2("PATCH", STATUS, {"opted_in": False, "reason": "asked"})["opted_in"] is False
    shown = v2("PATCH", STATUS, {"opted_in": True, "reason": "ticked"})
    assert (shown["opted_in"], shown["status"]) == (False, "MANUAL")
    assert [len(v2.effects(kind)) for kind in ("email.opted_in", "email.opted_out")] == [1, 1]


@pytest.mark.parametrize(("again", "kind", "opted_in"), [(True, "Manual", True), (True, "Spam", False)])
def test_only_an_opt_out_by_hand_can_come_back_if_at_all(
    v2: Rest, contact: int, again: bool, kind: str, opted_in: bool
) -> None:
    v2.sandbox.options(rest_opt_in_again=again)
    v2.sandbox.seed(
        EmailAddStatus=[{"Email": "ann@example.com", "Type": kind, "DateCreated": "2026-01-02 03:04:05"}]
    )
    assert v2("PATCH", STATUS, {"opted_in": True, "reason": "ticked"})["opted_in"] is opted_in


def test_an_address_nobody_has_is_unknown(v2: Rest) -> None:
    assert v2.refused("GET", STATUS)[0] == 404
    assert v2.refused("PATCH", STATUS, {"opted_in": True, "reason": "x"})[0] == 404


def test_v1_upserts_and_opts_in(v1: Rest, contact: int) -> None:
    body = {
        "duplicate_option": "Email",
        "given_name": "Anne",
        "email_addresses": [{"email": "ann@example.com", "field": "EMAIL1"}],
        "opt_in_reason": "ticked",
    }
    response = v1.try_("PUT", "/contacts", body)
    assert (response.status, response.body["id"], response.body["given_name"]) == (200, contact, "Anne")
    assert (response.body["email_opted_in"], response.body["email_status"]) == (True, "SingleOptIn")
    other = {**body, "duplicate_option": "EmailAndName", "family_name": "Moss"}
    assert v1("PUT", "/contacts", other)["id"] != contact
    assert v1.refused("PUT", "/contacts", {"given_name": "Anne"})[0] == 400
    assert v1.refused("PUT", "/contacts", {**body, "duplicate_option": "EmailAndNameAndCompany"})[0] == 400
    assert v1.refused("PUT", "/contacts", {**body, "owner_id": 9})[0] == 500
    assert len(v1.effects("email.opted_in")) == 1


BIRTHDAY = "1980-02-29T00:00:00.000Z"


def test_v1_reads_and_changes_contacts(v1: Rest, contact: int) -> None:
    assert [each["id"] for each in v1("GET", "/contacts", email="ANN@example.com")["contacts"]] == [contact]
    assert v1("GET", "/contacts", given_name="Bo")["contacts"] == []
    changed = v1("PATCH", f"/contacts/{contact}", {"birthday": BIRTHDAY, "job_title": "Cook"})
    assert (changed["birthday"], changed["job_title"], changed["family_name"]) == (
        BIRTHDAY,
        "Cook",
        "Lee",
    )
    assert v1("GET", f"/contacts/{contact}") == changed
    assert v1.refused("GET", "/contacts/9")[0] == 404
