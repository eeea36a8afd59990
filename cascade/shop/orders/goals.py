"""Goals: which of them an order achieves, by item, folder, CRM product or CRM product category."""

from __future__ import annotations

from collections.abc import Iterator

from carts.order_data import OrderData
from cascade.plan import PlannedStep, step_name
from cascade.planning.rules import GoalRule, Names, Rules
from cascade.shop.orders.contact_steps import items_of
from mappings.models import ProductGoal

Trigger = ProductGoal.Trigger


def goal_steps(order: OrderData, rules: Rules, names: Names, after: tuple[str, ...]) -> Iterator[PlannedStep]:
    """Each goal once, however many items call for it: in the items' order, then in the table's."""
    found: dict[tuple[str, str], None] = {}
    for item_id in items_of(order):
        for goal in rules.goals:
            if _calls_for(item_id, goal, rules, names):
                found[goal.integration, goal.call_name] = None
    for integration, call_name in found:
        args = {"integration": integration, "call_name": call_name}
        name = step_name("goal", integration, call_name)
        yield PlannedStep(name=name, kind="achieve_goal", args=args, needs=after)


def goal_remarks(rules: Rules, names: Names) -> Iterator[str]:
    """What keeps goals from being looked at, in a sentence each."""
    by_category = any(goal.trigger == Trigger.CATEGORY for goal in rules.goals)
    if by_category and not names.categories_read:
        yield (
            "The CRM's product categories have not been read yet, so goals that hang on a category were not "
            "achieved. Refresh the lists on the settings page, then resend."
        )


def product_of(item_id: str, rules: Rules, names: Names) -> int:
    """The CRM product an item stands for, 0 for none: the merchant's mapping, else the product of its
    name.
    """
    mapped = rules.products.get(item_id)
    if mapped:
        return mapped
    found = names.products.get(item_id)
    return 0 if found is None or found.crm_id is None else found.crm_id


def needs_products(rules: Rules) -> bool:
    """Whether a goal hangs on what the CRM calls its products, or on their categories."""
    return any(goal.trigger in (Trigger.PRODUCT, Trigger.CATEGORY) for goal in rules.goals)


def _calls_for(item_id: str, goal: GoalRule, rules: Rules, names: Names) -> bool:
    if goal.trigger == Trigger.ITEM:
        return goal.value == item_id
    if goal.trigger == Trigger.FOLDER:
        return goal.value == rules.folders.get(item_id)
    product_id = product_of(item_id, rules, names)
    if not product_id:
        return False
    if goal.trigger == Trigger.CATEGORY:
        return goal.value in names.categories.get(product_id, frozenset())
    return goal.value in (str(product_id), names.product_names.get(product_id))
