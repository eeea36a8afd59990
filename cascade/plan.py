"""What will be done for an order, and why: a pure function of the order, the rules and the CRM's names.

The same plan is what the preview prints, what the engine runs, and where the decision trace comes from.
The order of the steps is meaning: tags come after the order, because they start campaigns that look at it.
"""

from __future__ import annotations

from carts.order_data import MoneyState, OrderData, Stage
from cascade.contact_data import contact_args
from cascade.contact_steps import (
    contact_action_set,
    goal_steps,
    product_action_sets,
    tag_names,
    tag_steps,
)
from cascade.order_steps import plan_order
from cascade.planned import Decision, Draft, Plan, PlannedStep, Verdict
from cascade.rules import Names, Rules, SourceFacts
from mappings.models import OrderSettings

__all__ = ["Decision", "Plan", "PlannedStep", "Verdict", "build_plan", "tag_names"]


def build_plan(order: OrderData, source: SourceFacts, rules: Rules, names: Names) -> Plan:
    """Decide everything that is to happen for one version of an order. Pure; raises nothing."""
    draft = Draft()
    draft.verdict = _not_sent(order, source, rules) or _incomplete(order, rules)
    if draft.verdict:
        draft.say(draft.verdict.reason, "error" if draft.verdict.error_class else "info")
        return draft.plan()
    draft.say(f"Sent: the order is past payment ({order.shop_stage or 'paid'}).")
    args, remarks = contact_args(order, rules)
    for remark in remarks:
        draft.say(remark, "warning")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
    order_names: tuple[str, ...] = ()
    if rules.creates_orders:
        order_names = plan_order(draft, order, source, rules, names)
    else:
        draft.say("No order is created: Skip order creation is set.")
    draft.steps.extend(tag_steps(draft, order, rules, names))
    draft.steps.extend(contact_action_set(rules))
    if draft.verdict is None:
        after = ("contact", *order_names)
        draft.steps.extend(product_action_sets(order, rules, after))
        draft.steps.extend(goal_steps(order, rules, after))
    return draft.plan()


# -- whether --------------------------------------------------------------------------------------------


def _not_sent(order: OrderData, source: SourceFacts, rules: Rules) -> Verdict | None:
    if order.stage == Stage.REJECTED:
        return _skip("Not sent: the shop rejected this order.")
    if order.stage == Stage.UNPAID:
        stage = order.shop_stage or "an unpaid stage"
        return _skip(
            f"Not sent: the order is still in {stage}. It is sent as soon as the shop moves it past payment."
        )
    if not rules.enabled:
        return _skip("Not sent: the integration is off. Enable it on the settings page, then resend.")
    if source.start_date and order.placed_at < source.start_date:
        return _skip(
            "Not sent: the order was placed before this shop's start date. Move the start date on the "
            "shop's page to send older orders."
        )
    if order.is_test and rules.test_orders == OrderSettings.TestOrders.SKIP:
        return _skip("Not sent: this is a test order, and test orders are skipped by setting.")
    if order.money == MoneyState.ON_ACCOUNT and rules.unpaid_orders == OrderSettings.UnpaidOrders.SKIP:
        return _skip("Not sent: the money has not come in, and orders on account are skipped by setting.")
    return None


def _incomplete(order: OrderData, rules: Rules) -> Verdict | None:
    if not order.email.strip():
        return _park(
            "The order has no e-mail address, so no contact can be found or created. Add the buyer's e-mail "
            "to the order in the shop, then send it again."
        )
    if "@" not in order.email or len(order.email.strip()) > 254:
        return _park(
            "The order's e-mail is not a usable address. Correct it in the shop, then send the order again."
        )
    if not rules.creates_orders:
        return None
    if order.lines is None:
        return _park(
            "The shop sent the order without its items. Let its webhook include the items (in UltraCart: "
            "expansion item), then send the order again."
        )
    if not order.lines:
        return _park("The order has no items. Add them to the order in the shop, then send it again.")
    if order.total is None:
        return _park(
            "The shop sent the order without its total. Let its webhook include the summary (in UltraCart: "
            "expansion summary), then send the order again."
        )
    return None


def _skip(reason: str) -> Verdict:
    return Verdict(state="skipped", reason=reason)


def _park(reason: str) -> Verdict:
    return Verdict(state="parked", reason=reason, error_class="permanent")
