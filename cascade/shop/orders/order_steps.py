"""The steps that make the order in the CRM: head, lines, total check, payment, fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep, PlanVerdict, step_name
from cascade.planning.contact import clean_text
from cascade.planning.lookups import partner_gone
from cascade.planning.rules import History, Names, Rules
from cascade.shop.orders.lines import order_lines
from cascade.shop.orders.payments import payment_steps, say_money
from cascade.shop.orders.place_order import cart_lines
from cascade.shop.shop_values import fields_of
from crm.money import quantize
from mappings.models import OrderSettings

Role = OrderSettings.AffiliateRole

LONGEST_PRODUCT = 100


def plan_order(
    draft: Draft, order: OrderData, rules: Rules, names: Names, history: History, *, marker: str
) -> tuple[str, ...]:
    """Add the order's steps, or the verdict that says why there are none.

    Returns the name of the step that ends the order: what follows the order waits for it.
    """
    if names.refusal:
        draft.verdict = PlanVerdict(
            state="failed", reason=names.refusal, error_class="configuration", setting="orders"
        )
        draft.say(names.refusal, "error")
        return ()
    if trouble := _incomplete(order):
        draft.verdict = PlanVerdict(state="parked", reason=trouble, error_class="permanent")
        draft.say(trouble, "error")
        return ()
    money = order_lines(order, rules, names)
    # The catalogue has no part in an order of charges alone: such an order is filled line by line.
    is_placed = rules.places_orders and bool(order.lines) and not money.problem
    cart = cart_lines(money, order, rules, names) if is_placed else None
    for text, level in money.remarks:
        draft.say(text, level)
    for text, level in money.charge_remarks:
        draft.say(text, level, about_charges=True)
    if money.problem:
        state, trouble = ("failed", "configuration") if money.setting else ("parked", "permanent")
        draft.verdict = PlanVerdict(
            state=state, reason=money.problem, error_class=trouble, setting=money.setting
        )
        draft.say(money.problem, "error")
        return ()
    values, problems = fields_of(order, rules.order_fields, names.order_fields, rules, history)
    for problem in problems:
        draft.say(problem, "warning")
    fields = {
        "notes": clean_text("\n".join(_notes(order)), remove_four_byte=rules.removes_four_byte),
        "fields": values,
    }
    line_steps = [
        PlannedStep(
            name=f"line:{line.key}", kind="add_line", args=line.to_args(money.currency), needs=("order",)
        )
        for line in (money.lines if cart is None else cart.lines)
    ]
    needs = ("order", *(step.name for step in line_steps))
    total_args = {"expected": str(money.total), "currency": money.currency}
    line_steps.append(PlannedStep(name="total", kind="check_total", args=total_args, needs=needs))
    came_in = draft.money_in
    assert came_in is not None  # the total is told
    say_money(draft, order, came_in, money.total)
    paid_at = came_in.paid_at or came_in.placed_at
    payments = payment_steps(came_in, marker, line_steps[-1:], [], paid_at=paid_at)
    args: dict[str, Any] = {
        "title": marker,
        "placed_at": order.placed_at.isoformat(),
        "left_out": list(money.left_out),
        **plan_partner(draft, order, rules, names, history),
    }
    if cart is None:
        draft.steps.append(PlannedStep(name="order", kind="create_order", args=args, needs=("contact",)))
    else:
        args = {**args, **cart.args()}
        draft.steps.append(PlannedStep(name="order", kind="place_order", args=args, needs=("contact",)))
        # The CRM titles and dates such an order itself, so our marker is written at once, with all else.
        titled = {"title": marker, "placed_at": args["placed_at"], **fields}
        step = PlannedStep(name="order_fields", kind="set_order_fields", args=titled, needs=("order",))
        draft.steps.append(step)
    draft.steps.extend((*line_steps, *payments))
    if cart is None and (fields["notes"] or fields["fields"]):
        step = PlannedStep(name="order_fields", kind="set_order_fields", args=fields, needs=("total",))
        draft.steps.append(step)
    return (payments[-1].name if payments else "total",)


def _notes(order: OrderData) -> Iterator[str]:
    if order.is_test:
        yield "TEST ORDER"
    if order.coupons:  # beside real promo codes too: the CRM drops a code it does not know without a word
        yield "Coupons: " + ", ".join(coupon.typed or coupon.code for coupon in order.coupons)
    if order.paid_currency and order.paid_total is not None:
        yield f"Paid by the buyer: {order.paid_total:f} {order.paid_currency}"


def makes_products(draft: Draft, order: OrderData, rules: Rules, names: Names, history: History) -> bool:
    """Add the steps that make what the order's items lack, by setting; the rest is planned after them."""
    if not (rules.create_products and rules.creates_orders) or names.refusal or _incomplete(order):
        return False
    money = order_lines(order, rules, names)
    if money.problem and money.setting != "products":
        return False
    missing = {row.item_id: row for row in money.missing if row.unit_price > 0}
    for item_id in sorted(missing.keys() - history.tried_products):
        row = missing[item_id]
        title = clean_text(row.title, remove_four_byte=rules.removes_four_byte).strip()[:LONGEST_PRODUCT]
        args = {
            "name": title if rules.products_by_sku and title else item_id,
            "sku": item_id,
            "price": str(quantize(row.unit_price, order.currency)),
            "currency": order.currency,
        }
        draft.steps.append(PlannedStep(name=step_name("product", item_id), kind="create_product", args=args))
        draft.again = True
    if draft.again:
        draft.say("Items without a CRM product get one first; the order is planned once it is there.")
    return draft.again


def _incomplete(order: OrderData) -> str:
    """Why nothing can be said of the order's money, in a sentence."""
    if order.lines is None:
        return (
            "The shop sent the order without its items. Let its webhook include the items (in UltraCart: "
            "expansion item), then send the order again."
        )
    if not (order.lines or order.charges):
        return "The order has no items. Add them to the order in the shop, then send it again."
    if order.total is None and not order.doubt:
        return (
            "The shop sent the order without its total. Let its webhook include the summary (in UltraCart: "
            "expansion summary), then send the order again."
        )
    return order.doubt


# -- which referral partner of the CRM sent the order ---------------------------------------------------


def partner_codes(rules: Rules, history: History) -> tuple[str, ...]:
    """The codes to ask the CRM for: none where the merchant's mapping answers."""
    if rules.affiliate_role == Role.NONE or any(
        name.casefold() in rules.affiliates for name in history.affiliates
    ):
        return ()
    return history.affiliates


def mapped_partners(rules: Rules, history: History) -> tuple[int, ...]:
    """The referral partners that the merchant mapped from the order's affiliate."""
    if rules.affiliate_role == Role.NONE:
        return ()
    mapped = (rules.affiliates.get(name.casefold()) for name in history.affiliates)
    return tuple(dict.fromkeys(partner_id for partner_id in mapped if partner_id))


def plan_partner(
    draft: Draft, order: OrderData, rules: Rules, names: Names, history: History
) -> dict[str, int]:
    """The affiliate arguments of the order's head: the first affiliate sent the order. Unknown: none, and a
    warning; an order never waits for its affiliate."""
    if not history.affiliates or rules.affiliate_role == Role.NONE:
        return {}
    mapped = [rules.affiliates.get(name.casefold()) for name in history.affiliates]
    found = [names.affiliates[name].crm_id for name in history.affiliates if name in names.affiliates]
    partner_id = next((each for each in (*mapped, *found) if each), 0)
    if partner_id in names.gone_partners:
        draft.say(f"{partner_gone(partner_id)} The affiliate is {history.affiliates[0][:60]}.", "warning")
        return {}
    if not partner_id:
        draft.say(
            f"The affiliate {history.affiliates[0][:60]} is no referral partner of the CRM that we know of, "
            "so the order has none. Map it under Affiliate → Contact.",
            "warning",
        )
        return {}
    roles = {
        Role.BOTH: ("lead_affiliate_id", "sale_affiliate_id"),
        Role.LEAD: ("lead_affiliate_id",),
        Role.SALE: ("sale_affiliate_id",),
    }
    return dict.fromkeys(roles[Role(rules.affiliate_role)], partner_id)
