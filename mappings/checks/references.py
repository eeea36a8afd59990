"""Every name and id of the CRM that a connection's settings and tables hold, and where it is set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mappings.checks.context import CheckContext
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import (
    AffiliateMapping,
    PaymentTypeMapping,
    ProductActionSet,
    ProductGoal,
    ProductMapping,
    ProductTag,
    SalesRepOwner,
)
from mappings.names import names_split

Key: TypeAlias = "int | str"  # an id or a name

TAG_LISTS = ("contact_tags", "cart_tags", "affiliate_tags", "refund_tags", "cancelled_tags")
SINGLE_TAGS = ("new_customer_tag", "repeat_customer_tag", "mailing_list_tag")
MOST_USES = 20  # of one name: a finding for each of a thousand items says no more
TRIGGERS = ", which is to trigger a goal"


@dataclass(frozen=True, slots=True)
class Reference:
    """A name or id of the CRM, set in a field of the page, or in the `row` of a table.

    `by` says so within a sentence, such as “, run for the item BONE”; it is blank for a field.
    """

    key: Key
    field: str
    row: str = ""
    by: str = ""

    def finding(self, level: FindingLevel, sentence: str) -> Finding:
        return Finding(level, self.field, sentence, self.row)


References: TypeAlias = Callable[[CheckContext], Iterator[Reference]]


def uses_of(references: Iterable[Reference]) -> dict[Key, list[Reference]]:
    """Where each name or id is set, at most twenty places of each."""
    found: dict[Key, list[Reference]] = {}
    for reference in references:
        places = found.setdefault(reference.key, [])
        if len(places) < MOST_USES:
            places.append(reference)
    return found


def tags_set(context: CheckContext) -> Iterator[Reference]:
    """The settings in their order, then the items."""
    for field in TAG_LISTS:
        for name in names_split(getattr(context.connection, field)):
            yield Reference(name, field)
    for field in SINGLE_TAGS:
        if name := getattr(context.connection, field).strip():
            yield Reference(name, field)
    for row in context.mapped.of(ProductTag):
        by = f", which the item {row.item_id} gives"
        yield Reference(row.tag_name, "product_tags", row.item_id, by)


def products_set(context: CheckContext) -> Iterator[Reference]:
    for row in context.mapped.of(ProductMapping):
        by = f", to which the item {row.item_id} is mapped"
        yield Reference(row.crm_product_id, "product_mappings", row.item_id, by)
    yield from _triggers(context, ProductGoal.Trigger.PRODUCT)


def categories_set(context: CheckContext) -> Iterator[Reference]:
    yield from _triggers(context, ProductGoal.Trigger.CATEGORY)


def _triggers(context: CheckContext, trigger: str) -> Iterator[Reference]:
    """What a merchant typed is taken for an id if it is an integer, else for a name."""
    values = dict.fromkeys(goal.value for goal in context.mapped.of(ProductGoal) if goal.trigger == trigger)
    for value in values:
        is_id = value.isascii() and value.isdigit() and len(value) < 16
        yield Reference(int(value) if is_id else value, "product_goals", value, TRIGGERS)


def payment_types_set(context: CheckContext) -> Iterator[Reference]:
    """Nowhere if no order is made."""
    if not context.connection.skip_order_creation:
        yield Reference(context.connection.default_payment_type, "default_payment_type")
        for row in context.mapped.of(PaymentTypeMapping):
            yield Reference(row.crm_type, "payment_types", row.shop_method)


def owners_set(context: CheckContext) -> Iterator[Reference]:
    if user_id := context.connection.affiliate_owner_id:
        yield Reference(user_id, "affiliate_owner_id", by=", the owner of affiliates")
    for row in context.mapped.of(SalesRepOwner):
        yield Reference(row.user_id, "sales_reps", row.code, f", the owner for the sales rep {row.code}")


def partners_set(context: CheckContext) -> Iterator[Reference]:
    for row in context.mapped.of(AffiliateMapping):
        by = f", mapped from the affiliate {row.shop_affiliate}"
        yield Reference(row.crm_affiliate_id, "affiliate_mappings", row.shop_affiliate, by)


def action_sets_set(context: CheckContext) -> Iterator[Reference]:
    """Nowhere over REST, which has none and says so by itself."""
    connection = context.connection
    if connection.protocol == connection.Protocol.REST:
        return
    if action_set_id := connection.contact_action_set_id:
        yield Reference(action_set_id, "contact_action_set_id")
    for row in context.mapped.of(ProductActionSet):
        by = f", run for the item {row.item_id}"
        yield Reference(row.action_set_id, "product_action_sets", row.item_id, by)
