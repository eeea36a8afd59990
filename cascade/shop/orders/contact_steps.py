"""The steps on an order's contact beside its values: tags, opt-in, owner, action sets of it and its items."""

from __future__ import annotations

from collections.abc import Iterator

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep, step_name
from cascade.planning.contact_steps import owner_step, product_tag_names
from cascade.planning.rules import History, Names, Rules

NOBODY = History()


def tag_names(order: OrderData, rules: Rules, history: History = NOBODY) -> tuple[str, ...]:
    """The tags the buyer is to get, each once: the general ones, then those of the items (kits and parts)."""
    if history.quiet:
        return ()
    found = dict.fromkeys(rules.contact_tags)
    found.update(dict.fromkeys(_customer_tags(order, rules, history)))
    if order.mailing_list and rules.mailing_list_tag:
        found[rules.mailing_list_tag] = None
    found.update(dict.fromkeys(product_tag_names((line.item_id for line in order.lines or ()), rules)))
    return tuple(found)


def _customer_tags(order: OrderData, rules: Rules, history: History) -> Iterator[str]:
    """New for the buyer's earliest order, Repeat for the others; both where the earliest came too late."""
    if order.is_test:
        return
    if history.is_first and rules.new_customer_tag:
        yield rules.new_customer_tag
    if (not history.is_first or history.later_sent) and rules.repeat_customer_tag:
        yield rules.repeat_customer_tag


def opt_in_steps(order: OrderData, rules: Rules, history: History) -> Iterator[PlannedStep]:
    """Make the address marketable, if the buyer ticked the box."""
    if order.mailing_list and rules.mailing_list_opt_in and not history.quiet:
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


def contact_action_set(rules: Rules) -> Iterator[PlannedStep]:
    """The action set of every order, whatever became of the order itself."""
    if rules.contact_action_set_id:
        args = {"action_set_id": rules.contact_action_set_id}
        yield PlannedStep(name="action_set", kind="run_action_set", args=args, needs=("contact",))


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
