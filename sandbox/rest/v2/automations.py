"""Automations, which are campaigns, and their goals."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.kinds import integer, shaped, text
from sandbox.rest.listing import Condition, Test, by_number, chosen, page, table_rows
from sandbox.rest.problems import Refusal, bad_request, not_found
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, present, whole
from sandbox.services.funnel import achieve_goal, missed, reach
from sandbox.values import Row

GOAL_EVENT = shaped(
    "contact_id", integration=text, call_name=text, automation_id=integer, goal_id=integer, contact_id=integer
)


def _contains(row: Row, wanted: Condition) -> bool:
    """The name contains the text; with a star at the end it begins with it."""
    name, value = str(row["Name"] or "").casefold(), wanted.value.casefold()
    return name.startswith(value[:-1]) if value.endswith("*") else value in name


@route("POST", "/v2/automations/goals/achieve")
def achieve(work: Work, request: Request) -> Json:
    """By integration and call name, or by automation and goal."""
    given = request.read(GOAL_EVENT)
    contact = given["contact_id"]
    by_name = [name for name in ("integration", "call_name") if given.get(name)]
    by_id = [name for name in ("automation_id", "goal_id") if given.get(name)]
    if (len(by_name), len(by_id)) not in ((2, 0), (0, 2)):
        raise bad_request("Give integration and call_name, or automation_id and goal_id")
    if work.store.get("Contact", contact) is None:
        raise not_found("Contact", str(contact))
    if by_name:
        results = achieve_goal(work, given["integration"], given["call_name"], contact)
    else:
        automation_id, goal_id = given["automation_id"], given["goal_id"]
        goal = work.store.get("FunnelGoal", goal_id)
        automation = work.store.get("FunnelCampaign", automation_id)
        if goal is None or automation is None or goal["CampaignId"] != automation_id:
            raise Refusal(404, f"Automation {automation_id} has no goal {goal_id}")
        results = [reach(work, goal, contact) if automation["Published"] else missed()]
    shown = [
        {
            "success": result["success"],
            "message": result["msg"],
            "automation_id": result["funnelId"],
            "goal_id": result["goalId"],
            "flow_start_results": [],  # always lists: the option goal_flow is about XML-RPC
            "flow_stop_results": [],
        }
        for result in results
    ]
    return {"results": shown}


@route("GET", "/v2/campaigns")
def list_campaigns(work: Work, request: Request) -> Json:
    rows = chosen(request, table_rows(work, "FunnelCampaign"), {"name": _contains})
    return page(work, request, "campaigns", rows, _show_campaign, {"id": "Id", "name": "Name"})


@route("GET", "/v2/campaigns/{campaign_id}")
def get_campaign(work: Work, request: Request) -> Json:
    key = request.record(work.store, "FunnelCampaign", "campaign_id")
    return _show_campaign(work.store.row("FunnelCampaign", key))


@route("GET", "/v2/campaigns/{campaign_id}/goals")
def list_campaign_goals(work: Work, request: Request) -> Json:
    """Goals of a published campaign; one that is not has none to show."""
    key = request.record(work.store, "FunnelCampaign", "campaign_id")
    published = work.store.row("FunnelCampaign", key)["Published"]
    goals = [goal for goal in table_rows(work, "FunnelGoal") if published and goal["CampaignId"] == key]
    shown = page(
        work, request, "goals", goals, lambda row: present(id=str(row["Id"]), name=row["Name"], type="API")
    )
    return {"campaign_id": str(key), **shown}


def _show_campaign(row: Row) -> Json:
    return present(id=str(row["Id"]), name=row["Name"], published_status=bool(row["Published"]), locked=False)


@route("GET", "/v2/automations")
def list_automations(work: Work, request: Request) -> Json:
    tests: dict[str, Test] = {
        "name": _contains,
        "id": by_number("Id"),
        "status": lambda row, wanted: bool(row["Published"]) == (wanted.value == "published"),
    }
    rows = chosen(request, table_rows(work, "FunnelCampaign"), tests)
    shown = page(work, request, "automations", rows, _show_automation, {"name": "Name"})
    return {**shown, "automation_count": len(rows)}


def _show_automation(row: Row) -> Json:
    return present(
        id=str(whole(row, "Id")),
        title=row["Name"],
        status="PUBLISHED" if row["Published"] else "DRAFT",
        categories=[],
        locked=False,
        active_contacts=0,
    )
