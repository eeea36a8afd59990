"""What starts something in the CRM: action sets and goals."""

from __future__ import annotations

from crm.records import ActionResult, GoalResult
from crm.values import Struct, Unexpected, Value, integer, rows, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import boolean


class AutomationCalls(Service):
    def run_action_set(self, contact_id: int, action_set_id: int) -> list[ActionResult]:
        """Run an action set on the contact; return one result per action.

        What the CRM does with an id it does not have is not certain: a fault, or no result at all.

        Repeat: not safe, and nothing shows it.
        Raises: MissingInCrm if the contact or, where the CRM says so, the action set is gone.
        Docs:   ContactService.runActionSequence.
        """

        def parse(value: Value) -> list[ActionResult]:
            return [
                ActionResult(
                    action=text(row, "Action"),
                    message=text(row, "Message"),
                    is_error=_told(row, "IsError") or False,
                )
                for row in rows(value)
            ]

        method = "ContactService.runActionSequence"
        return self._wire.write("run_action_set", method, [contact_id, action_set_id], parse)

    def achieve_goal(self, contact_id: int, integration: str, call_name: str) -> list[GoalResult]:
        """Achieve the goals of that name; return one result per goal, or the CRM's words that there was none.

        Repeat: not safe, and nothing shows it.
        Docs:   FunnelService.achieveGoal; "No Goals were configured…" (infusionsoft-php issue 133).
        """

        def parse(value: Value) -> list[GoalResult]:
            # What the parts of a reached goal hold is not certain (infusionsoft-php issue 3: parsers choked
            # on them), but the id of a goal is named for a reached one alone.
            found = []
            for row in rows(value):
                try:
                    goal_id = integer(row.get("goalId"))
                except Unexpected:
                    goal_id = 0
                success = _told(row, "success")
                achieved = goal_id > 0 if success is None else success
                found.append(GoalResult(achieved=achieved, message=text(row, "msg"), goal_id=goal_id))
            return found

        params: list[Param] = [integration, call_name, contact_id]
        return self._wire.write("achieve_goal", "FunnelService.achieveGoal", params, parse)


def _told(row: Struct, name: str) -> bool | None:
    """Return yes or no, also as a word; None where it is neither."""
    value = row.get(name)
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    try:
        return boolean(value)
    except Unexpected:
        return None
