"""What will be done for an order, and why: a pure function of the order, the rules and the CRM's names.

The same plan is what the preview prints, what the engine runs (`cascade.engine.replicate`), and where the
decision trace comes from.
The order of the steps is meaning: tags come after the order, because they start campaigns that look at it.
"""

from __future__ import annotations

from functools import partial

from carts.order_data import OrderData, Stage
from cascade.marker import order_marker
from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, PlanVerdict, skip
from cascade.planning.contact import contact_args
from cascade.planning.rules import History, Names, Rules, SourceFacts
from cascade.shop.orders.changes import change_steps
from cascade.shop.orders.contact_steps import plan_contact, plan_lead_source
from cascade.shop.orders.order_steps import makes_products, plan_order
from cascade.shop.orders.payments import deposit_words, money_awaited, money_in
from cascade.shop.shop_values import fields_of
from crm.lengths import EMAIL
from mappings.models import OrderSettings
from mappings.shop_fields import CHANNEL

NO_HISTORY = History()
BEFORE_START = (
    "Not sent: the order was placed before this shop's start date. Move the start date on the shop's page, "
    "or send the orders of that time as a range."
)


def build_plan(
    order: OrderData, source: SourceFacts, rules: Rules, names: Names, history: History = NO_HISTORY
) -> Plan:
    """Decide everything that is to happen for one version of an order. Pure; raises nothing."""
    draft = Draft()
    cancelled = order.stage == Stage.REJECTED and history.in_crm
    draft.verdict = _not_sent(order, source, rules, history) or _nobody(order)
    if draft.verdict:
        draft.say(draft.verdict.reason, "error" if draft.verdict.error_class else "info")
        return draft.plan()
    marker = history.marker or order_marker(source.slug, order.shop_order_id, order.number)
    creation, lead_source = plan_lead_source(draft, order, rules, names)
    fields, problems = fields_of(order, rules.contact_fields, names.contact_fields, rules, history)
    args, remarks = contact_args(order, rules, fields)
    for remark in (*remarks, *problems):
        draft.say(remark, "warning")
    draft.steps.extend(creation)
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args={**args, **lead_source}))
    if cancelled:
        changes = change_steps(draft, order, rules, names, history, marker=marker, cancelled=True)
        draft.steps.extend(changes)
        draft.leaves_order = True
        return draft.plan()
    draft.say(f"Sent: the order is past payment ({order.shop_stage or 'paid'}).")
    if history.without_automation:
        draft.say("Sent quietly: no tags, goals, action sets or opt-in, so that no campaign starts.")
    if makes_products(draft, order, rules, names, history):
        return draft.plan()
    order_names: tuple[str, ...] = ()
    draft.money_in = money_in(order, rules)
    if rules.creates_orders:
        order_names = plan_order(draft, order, rules, names, history, marker=marker)
    else:
        draft.say("No order is created: Skip Order Creation is ticked.")
    plan_contact(draft, order, rules, names, history, after=("contact", *order_names))
    draft.steps.extend(change_steps(draft, order, rules, names, history, marker=marker, cancelled=False))
    return draft.plan()


# -- whether --------------------------------------------------------------------------------------------


def _not_sent(order: OrderData, source: SourceFacts, rules: Rules, history: History) -> PlanVerdict | None:
    if order.stage == Stage.REJECTED and not history.in_crm:
        return skip(f"Not sent: the shop rejected this order{deposit_words(order)}.")
    is_early = bool(source.start_date and order.placed_at < source.start_date and not history.asked_for)
    if order.stage == Stage.UNPAID:
        if is_early and not history.in_crm:
            return skip(BEFORE_START)  # nor would it be sent once it is past payment
        stage = order.shop_stage or "an unpaid stage"
        return skip(
            f"Not sent: the order is still in {stage}. It is sent as soon as the shop moves it past payment."
        )
    if not rules.enabled:
        return skip(INTEGRATION_OFF)
    if history.is_history and not history.asked_for:
        return skip(
            "Not sent: the order was imported as history, to be known and not to be sent. Send it as a range "
            "if it should be in the CRM."
        )
    if history.in_crm:
        return None  # what was sent once is kept up to date, whatever the settings say of new orders
    if is_early:
        return skip(BEFORE_START)
    return history.kept_out or _not_wanted(order, source, rules)


def _not_wanted(order: OrderData, source: SourceFacts, rules: Rules) -> PlanVerdict | None:
    """What the merchant's settings keep out."""
    channel = order.custom_fields.get(CHANNEL, "")
    if not order.email.strip() and channel.casefold() in source.quiet_channels:
        return skip(
            f"Not sent: the order came without an e-mail address by the channel {channel}, whose orders are "
            "then skipped by the shop's setting."
        )
    if order.is_test and rules.test_orders == OrderSettings.TestOrders.SKIP:
        return skip("Not sent: this is a test order, and test orders are skipped by setting.")
    if awaited := money_awaited(order, rules):
        return skip(awaited)
    if rules.mailing_list_filter and not order.mailing_list:
        return skip(
            "Not sent: the buyer did not tick the mailing list box, and Mailing List Filter is set. Untick "
            "it under Order → Contact to send such orders."
        )
    return None


def _nobody(order: OrderData) -> PlanVerdict | None:
    """Without an e-mail there is no contact, and without that nothing."""
    park = partial(PlanVerdict, state="parked", error_class="permanent")
    if not order.email.strip():
        return park(
            reason="The order has no e-mail address, so no contact can be found or created. Add the buyer's "
            "e-mail to the order in the shop, then send it again."
        )
    if "@" not in order.email or len(order.email.strip()) > EMAIL:
        return park(
            reason=f"The order's e-mail is not a usable address, or longer than the {EMAIL} characters that "
            "the CRM takes; a shortened one would be somebody else's. Correct it in the shop, then send it "
            "again."
        )
    return None
