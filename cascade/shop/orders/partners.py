"""Which referral partner of the CRM sent an order."""

from __future__ import annotations

from carts.order_data import OrderData
from cascade.plan import Draft
from cascade.planning.partners import partner_gone
from cascade.planning.rules import History, Names, Rules
from mappings.models import OrderSettings

Role = OrderSettings.AffiliateRole


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
    partner_id = _partner(rules, names, history)
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


def _partner(rules: Rules, names: Names, history: History) -> int:
    for name in history.affiliates:
        if mapped := rules.affiliates.get(name.casefold()):
            return mapped
    for name in history.affiliates:
        found = names.affiliates.get(name)
        if found is not None and found.crm_id is not None:
            return found.crm_id
    return 0
