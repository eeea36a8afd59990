"""What starts something in the CRM."""

from __future__ import annotations

from crm.errors import NotSupported
from crm.records import ActionResult, GoalResult
from crm.rest.body import Param
from crm.rest.service import Service
from crm.rest.values import optional_id
from crm.values import Value, rows, struct, text


class AutomationCalls(Service):
    def run_action_set(self, contact_id: int, action_set_id: int) -> list[ActionResult]:
        """Raise NotSupported: the API has no action sets."""
        raise NotSupported(
            "REST has no action sets. Use a goal instead, or choose XML-RPC or automatic as the connection's "
            "protocol.",
            detail=f"Action set {action_set_id}, contact {contact_id}",
            setting="credentials",
            label="no-action-sets",
        )

    def achieve_goal(self, contact_id: int, integration: str, call_name: str) -> list[GoalResult]:
        """Achieve the goals of that name; return one result per goal, or the CRM's words that there was none.

        Repeat: not safe, and nothing shows it.
        """

        def parse(value: Value) -> list[GoalResult]:
            return [
                GoalResult(
                    achieved=row.get("success") is True,
                    message=text(row, "message"),
                    goal_id=optional_id(row.get("goal_id")) or 0,
                )
                for row in rows(struct(value).get("results"))
            ]

        body: Param = {"integration": integration, "call_name": call_name, "contact_id": contact_id}
        return self._wire.call("achieve_goal", "POST /v2/automations/goals/achieve", parse, body=body)
