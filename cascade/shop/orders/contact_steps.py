"""What an order's contact gets beside its values: lead source, tags, opt-in, owner, action sets, goals."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep, step_name
from cascade.planning.contact import clean_text
from cascade.planning.contact_steps import owner_step, product_tag_names, tag_steps
from cascade.planning.rules import History, Names, Rules
from mappings.models import OrderSettings, ProductGoal

Trigger = ProductGoal.Trigger

LONGEST_NAME = 100

NOBODY = History()


def plan_contact(
    draft: Draft, order: OrderData, rules: Rules, names: Names, history: History, *, after: tuple[str, ...]
) -> None:
    """What the contact gets whatever becomes of the order, then what is to wait for `after`."""
    draft.steps.extend(tag_steps(draft, tag_names(order, rules, history), names))
    draft.steps.extend(opt_in_steps(order, rules, history))
    draft.steps.extend(owner_steps(draft, order, rules, names))
    if not history.without_automation and rules.contact_action_set_id:
        args = {"action_set_id": rules.contact_action_set_id}
        draft.steps.append(
            PlannedStep(name="action_set", kind="run_action_set", args=args, needs=("contact",))
        )
    if history.without_automation or draft.verdict is not None:
        return
    draft.steps.extend(product_action_sets(order, rules, after))
    draft.steps.extend(goal_steps(order, rules, names, after))
    if any(goal.trigger == Trigger.CATEGORY for goal in rules.goals) and not names.categories_read:
        draft.say(
            "The CRM's product categories have not been read yet, so goals that hang on a category were not "
            "achieved. Refresh the lists on the settings page, then resend.",
            "warning",
        )


def tag_names(order: OrderData, rules: Rules, history: History = NOBODY) -> tuple[str, ...]:
    """The tags the buyer is to get, each once: the general ones, then those of the items (kits and parts)."""
    if history.without_automation:
        return ()
    found = list(rules.contact_tags)
    # New for the buyer's earliest order, Repeat for the others; both where the earliest came too late.
    if history.is_first and not order.is_test:
        found.append(rules.new_customer_tag)
    if (not history.is_first or history.later_sent) and not order.is_test:
        found.append(rules.repeat_customer_tag)
    if order.mailing_list:
        found.append(rules.mailing_list_tag)
    found += product_tag_names(items_of(order), rules)
    return tuple(name for name in dict.fromkeys(found) if name)


def opt_in_steps(order: OrderData, rules: Rules, history: History) -> Iterator[PlannedStep]:
    """Make the address marketable, if the buyer ticked the box."""
    if order.mailing_list and rules.mailing_list_opt_in and not history.without_automation:
        args = {"email": order.email.strip(), "reason": "Ticked the mailing list box at the checkout."}
        yield PlannedStep(name="opt_in", kind="opt_in", args=args, needs=("contact",))


def owner_steps(draft: Draft, order: OrderData, rules: Rules, names: Names) -> Iterator[PlannedStep]:
    """The sales rep who entered the order becomes the contact's owner."""
    code = order.sales_rep.strip()
    if not code:
        return
    owner_id = rules.sales_reps.get(code.casefold())
    if owner_id is None:
        draft.say(
            f"The sales rep code {code[:60]} has no User ID, so the contact's owner was not set. Add it "
            "under Sales Rep → Contact Owner, then resend.",
            "warning",
        )
        return
    yield from owner_step(draft, owner_id, names, where="Sales Rep → Contact Owner")


def product_action_sets(order: OrderData, rules: Rules, after: tuple[str, ...]) -> Iterator[PlannedStep]:
    """Each distinct item's action sets, once the order is done."""
    for item_id in items_of(order):
        for action_set_id in rules.product_action_sets.get(item_id, ()):
            yield PlannedStep(
                name=step_name("action_set", str(action_set_id), item_id),
                kind="run_action_set",
                args={"action_set_id": action_set_id, "item_id": item_id},
                needs=after,
            )


def items_of(order: OrderData) -> tuple[str, ...]:
    """The distinct items, kits and their parts alike, in the shop's order."""
    return tuple(dict.fromkeys(line.item_id for line in order.lines or ()))


# -- the lead source: the first coupon they typed, by its configured code -------------------------------


def lead_source_name(order: OrderData, rules: Rules) -> str:
    """By the configured code, not the one typed: one-time codes would make thousands of lead sources."""
    if rules.lead_source_field != OrderSettings.LeadSourceField.COUPON:
        return ""
    code = next((coupon.code for coupon in order.coupons if not coupon.automatic), "")
    return clean_text(code, remove_four_byte=rules.removes_four_byte)[:LONGEST_NAME]


def plan_lead_source(
    draft: Draft, order: OrderData, rules: Rules, names: Names
) -> tuple[list[PlannedStep], dict[str, Any]]:
    """The step that creates it, if it is to be, and what the contact's step must know."""
    name = lead_source_name(order, rules)
    if not name:
        return [], {}
    keep = {"lead_source": name, "replace_lead_source": rules.replace_lead_source}
    found = names.lead_sources.get(name)
    if found is not None and found.crm_id is not None:
        if found.matches > 1:
            draft.say(
                f"The CRM has {found.matches} lead sources named “{name}”: the oldest is used.", "warning"
            )
        return [], {**keep, "lead_source_id": found.crm_id}
    if not rules.create_lead_source:
        draft.say(
            f"The lead source “{name}” is not in the CRM, so none was set. Create it there, or tick Create "
            "Lead Source, then resend.",
            "warning",
        )
        return [], {}
    creation = PlannedStep(name="lead_source", kind="create_lead_source", args={"name": name})
    return [creation], {**keep, "lead_source_id": 0}


# -- goals: which of them an order achieves, by item, folder, CRM product or its category ---------------


def goal_steps(order: OrderData, rules: Rules, names: Names, after: tuple[str, ...]) -> Iterator[PlannedStep]:
    """Each goal once, however many items call for it: in the items' order, then in the table's."""
    found: dict[tuple[str, str], None] = {}
    for item_id in items_of(order):
        product_id = product_of(item_id, rules, names)
        values: dict[str, Container[str | None]] = {
            Trigger.ITEM: {item_id},
            Trigger.FOLDER: {rules.folders.get(item_id)},
            Trigger.CATEGORY: names.categories.get(product_id, frozenset()) if product_id else (),
            Trigger.PRODUCT: {str(product_id), names.product_names.get(product_id)} if product_id else (),
        }
        for goal in rules.goals:
            if goal.value in values[goal.trigger]:
                found[goal.integration, goal.call_name] = None
    for integration, call_name in found:
        args = {"integration": integration, "call_name": call_name}
        name = step_name("goal", integration, call_name)
        yield PlannedStep(name=name, kind="achieve_goal", args=args, needs=after)


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
