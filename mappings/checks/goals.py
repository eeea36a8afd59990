"""What of the goals no list of the CRM shows: folders with items in them, and what a goal is called."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.checks.context import CheckContext
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import ItemFolder, ProductGoal

FIELD = "product_goals"
CALL_NAMES = (
    "What triggers the goals was probed. Whether a campaign has a goal of each integration and call name no "
    "call can tell beforehand: the log of the first order that achieves one says what the CRM answered."
)


def goal_findings(context: CheckContext) -> Iterator[Finding]:
    """A folder without items never achieves its goal; what a goal is called only an order's answer shows."""
    goals = context.mapped.of(ProductGoal)
    wanted = dict.fromkeys(goal.value for goal in goals if goal.trigger == ProductGoal.Trigger.FOLDER)
    filled = {row.folder_id for row in context.mapped.of(ItemFolder)} if wanted else set()
    for folder in wanted:
        if folder not in filled:
            sentence = (
                f"No item is listed in the folder {folder}, so its goal is never achieved. List the folder's "
                "items under Items in folders."
            )
            yield Finding(FindingLevel.WARNING, FIELD, sentence, folder)
    yield Finding(FindingLevel.OK, FIELD, CALL_NAMES)
