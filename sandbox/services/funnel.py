"""FunnelService: goals of the campaign builder."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import existing
from sandbox.services.registry import method
from sandbox.values import Row

NO_GOAL = "No Goals were configured to be achieved by this event."


@method("FunnelService.achieveGoal", "string string int")
def achieve_goal(work: Work, integration: str, call_name: str, contact_id: int) -> list[dict[str, Any]]:
    """Reach every goal of that name in a published campaign; each call reaches it again.

    The struct of a miss is as reported; the message of a hit and what its lists hold are assumed.
    """
    existing(work.store, "Contact", contact_id)
    published = {row["Id"] for row in work.store.rows("FunnelCampaign") if row["Published"]}
    goals = [
        row
        for row in work.store.rows("FunnelGoal")
        if row["CampaignId"] in published
        and (row["Integration"], row["CallName"]) == (integration, call_name)
    ]
    return [reach(work, goal, contact_id) for goal in goals] or [missed()]


def reach(work: Work, goal: Row, contact_id: int) -> dict[str, Any]:
    """Reach one goal and give its struct."""
    ids = {"goal": int(str(goal["Id"])), "campaign": int(str(goal["CampaignId"])), "contact": contact_id}
    work.note("goal.achieved", ids, {"integration": goal["Integration"], "call_name": goal["CallName"]})
    flow: Any = "" if work.options.goal_flow == "untyped" else []
    return {
        "success": True,
        "msg": "Goal achieved",
        "funnelId": goal["CampaignId"],
        "goalId": goal["Id"],
        "flowStart": flow,
        "flowStop": flow,
    }


def missed() -> dict[str, Any]:
    return {"success": False, "msg": NO_GOAL, "funnelId": 0, "goalId": 0, "flowStart": [], "flowStop": []}
