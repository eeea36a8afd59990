"""The steps on the contact: tags, action sets, goals."""

from __future__ import annotations

from collections.abc import Iterator

from carts.order_data import OrderData
from cascade.planned import Draft, PlannedStep, step_name
from cascade.rules import Names, Rules


def tag_names(order: OrderData, rules: Rules) -> tuple[str, ...]:
    """The tags the buyer is to get, each once: the general ones, then those of the items (kits and parts)."""
    found = dict.fromkeys(rules.contact_tags)
    for line in order.lines or ():
        found.update(dict.fromkeys(rules.product_tags.get(line.item_id, ())))
    return tuple(found)


def tag_steps(draft: Draft, order: OrderData, rules: Rules, names: Names) -> Iterator[PlannedStep]:
    seen: set[int] = set()
    for name in tag_names(order, rules):
        found = names.tags.get(name)
        if found is None or found.crm_id is None:
            draft.say(
                f"Tag “{name}” is not in the CRM, so it was not applied. Create it there or correct the name "
                "on the settings page, then resend.",
                "error",
            )
            continue
        if found.matches > 1:
            draft.say(f"The CRM has {found.matches} tags named “{name}”: the oldest is used.", "warning")
        if found.crm_id in seen:
            continue
        seen.add(found.crm_id)
        args = {"tag_id": found.crm_id, "name": name}
        yield PlannedStep(name=f"tag:{found.crm_id}", kind="apply_tag", args=args, needs=("contact",))


def contact_action_set(rules: Rules) -> Iterator[PlannedStep]:
    """The action set of every order, whatever became of the order itself."""
    if rules.contact_action_set_id:
        args = {"action_set_id": rules.contact_action_set_id}
        yield PlannedStep(name="action_set", kind="run_action_set", args=args, needs=("contact",))


def product_action_sets(order: OrderData, rules: Rules, after: tuple[str, ...]) -> Iterator[PlannedStep]:
    """Each distinct item's action sets, once the order is done."""
    for item_id in _items(order):
        for action_set_id in rules.product_action_sets.get(item_id, ()):
            yield PlannedStep(
                name=step_name("action_set", str(action_set_id), item_id),
                kind="run_action_set",
                args={"action_set_id": action_set_id, "item_id": item_id},
                needs=after,
            )


def goal_steps(order: OrderData, rules: Rules, after: tuple[str, ...]) -> Iterator[PlannedStep]:
    """Each goal of the items once, whichever items call for it."""
    found: dict[tuple[str, str], None] = {}
    for item_id in _items(order):
        found.update(dict.fromkeys(rules.product_goals.get(item_id, ())))
    for integration, call_name in found:
        args = {"integration": integration, "call_name": call_name}
        name = step_name("goal", integration, call_name)
        yield PlannedStep(name=name, kind="achieve_goal", args=args, needs=after)


def _items(order: OrderData) -> tuple[str, ...]:
    """The distinct items, kits and their parts alike, in the shop's order."""
    return tuple(dict.fromkeys(line.item_id for line in order.lines or ()))
