"""What will be done for an abandoned cart, and why: pure, like the plan of an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carts.record_data import CartData
from cascade.plan import Draft, Plan, PlannedStep, PlanVerdict
from cascade.planning.contact import contact_args
from cascade.planning.contact_steps import product_tag_names, tag_steps
from cascade.planning.rules import Names, Rules
from crm.lengths import EMAIL


@dataclass(frozen=True, slots=True)
class Tagged:
    tag_id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CartFacts:
    """`tagged`: what this cart gave already; `contact`: the arguments by which its contact was written;
    `kept_tags`: what an order of the buyer, or a cart that is still left, gives, which therefore stays."""

    bought: bool = False
    bought_by: str = ""
    tagged: tuple[Tagged, ...] = ()
    contact: dict[str, Any] | None = None
    kept_tags: frozenset[str] = frozenset()


def cart_tag_names(cart: CartData, rules: Rules) -> tuple[str, ...]:
    items = (line.item_id for line in cart.lines)
    products = product_tag_names(items, rules) if rules.cart_product_tags else ()
    return tuple(dict.fromkeys((*rules.cart_tags, *products)))


def build_cart_plan(cart: CartData, rules: Rules, names: Names, facts: CartFacts) -> Plan:
    """Tag the contact, or take the tags away again once the cart was bought. Raises nothing."""
    draft = Draft()
    if facts.bought:
        _withdraw(draft, rules, facts)
    else:
        draft.verdict = _not_sent(cart, rules)
        if draft.verdict is None:
            _tag(draft, cart, rules, names)
    if draft.verdict:
        draft.say(draft.verdict.reason, "error" if draft.verdict.error_class else "info")
    return draft.plan()


def _tag(draft: Draft, cart: CartData, rules: Rules, names: Names) -> None:
    draft.say("Sent: the cart was left and not bought so far.")
    args, remarks = contact_args(cart, rules)
    for remark in remarks:
        draft.say(remark, "warning")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
    draft.steps.extend(tag_steps(draft, cart_tag_names(cart, rules), names))


def _withdraw(draft: Draft, rules: Rules, facts: CartFacts) -> None:
    by = f" by order {facts.bought_by}" if facts.bought_by else ""
    if not facts.tagged or facts.contact is None:
        draft.verdict = _skip(f"Not sent: the cart was bought{by}.")
        return
    if not rules.enabled:
        draft.verdict = _skip(
            f"The cart was bought{by}, but its tags stay for now: the integration is off. Enable it on the "
            "settings page, then resend."
        )
        return
    draft.say(f"The cart was bought{by}: its tags are withdrawn.")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=facts.contact))
    for tag in facts.tagged:
        if tag.name in facts.kept_tags:
            draft.say(f"Tag “{tag.name}” stays: an order of the buyer or a cart still left gives it too.")
            continue
        args = {"tag_id": tag.tag_id, "name": tag.name}
        step = PlannedStep(name=f"untag:{tag.tag_id}", kind="remove_tag", args=args, needs=("contact",))
        draft.steps.append(step)


def _not_sent(cart: CartData, rules: Rules) -> PlanVerdict | None:
    if not rules.enabled:
        return _skip("Not sent: the integration is off. Enable it on the settings page, then resend.")
    if not rules.cart_tags:
        return _skip(
            "Not sent: no Contact Tag is set under Abandoned Cart → Contact. Set one to send carts, then "
            "resend."
        )
    if not cart.email.strip():
        return _skip("Not sent: the cart has no e-mail address, so nobody can be told apart.")
    if "@" not in cart.email or len(cart.email.strip()) > EMAIL:
        return _skip("Not sent: the cart's e-mail is not a usable address.")
    if rules.mailing_list_filter and not cart.mailing_list:
        return _skip(
            "Not sent: the buyer did not tick the mailing list box, and Mailing List Filter is set. Untick "
            "it under Order → Contact to send such carts."
        )
    return None


def _skip(reason: str) -> PlanVerdict:
    return PlanVerdict(state="skipped", reason=reason)
