"""The groups of settings that a test looks at, in the order in which an outage or the deadline may end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.checks.account import currency_findings, ecommerce_findings, time_zone_findings
from mappings.checks.context import CheckContext
from mappings.checks.custom_fields import field_findings, fields_mapped
from mappings.checks.findings import Finding, FindingLevel
from mappings.checks.goals import goal_findings
from mappings.checks.reference_checks import (
    ACTION_SETS,
    CATEGORIES,
    OWNERS,
    PARTNERS,
    PAYMENT_TYPES,
    PRODUCTS,
    TAGS,
    ReferenceKind,
)
from mappings.models import ProductGoal


@dataclass(frozen=True, slots=True)
class Group:
    """`has_work` tells whether anything of it is set; `field` is where a failure to ask is shown."""

    field: str
    what: str
    has_work: Callable[[CheckContext], bool]
    findings: Callable[[CheckContext], Iterator[Finding]]


def _of(field: str, what: str, kind: ReferenceKind) -> Group:
    return Group(field, what, kind.is_set, kind.findings)


GROUPS = (
    Group(
        "skip_order_creation",
        "the e-commerce component",
        lambda context: not context.connection.skip_order_creation,
        ecommerce_findings,
    ),
    Group("crm_currency", "the currency", lambda context: True, currency_findings),
    Group("crm_time_zone", "the time zone", lambda context: True, time_zone_findings),
    _of("contact_tags", "tags", TAGS),
    _of("product_mappings", "products", PRODUCTS),
    _of("payment_types", "payment types", PAYMENT_TYPES),
    Group("field_mappings", "custom fields", lambda context: bool(fields_mapped(context)), field_findings),
    _of("sales_reps", "owners", OWNERS),
    _of("affiliate_mappings", "referral partners", PARTNERS),
    _of("product_action_sets", "action sets", ACTION_SETS),
    _of("product_goals", "product categories", CATEGORIES),
    Group("product_goals", "goals", lambda context: bool(context.mapped.of(ProductGoal)), goal_findings),
)


def group_findings(context: CheckContext) -> Iterator[Finding]:
    """Every group in turn. One that could not be asked says so; an outage, or the deadline, ends the rest."""
    groups = [group for group in GROUPS if group.has_work(context)]
    for number, group in enumerate(groups):
        if context.deadline.is_over:
            yield _unasked(groups[number:])
            return
        try:
            yield from group.findings(context)
        except CrmError as err:
            yield Finding(
                FindingLevel.WARNING, group.field, f"Not checked to the end: {err.message}", unsure=True
            )
            if isinstance(err, TransientError | OutcomeUnknown):
                if groups[number + 1 :]:
                    yield _unasked(groups[number + 1 :])
                return


def _unasked(groups: list[Group]) -> Finding:
    names = ", ".join(group.what for group in groups)
    return Finding(
        FindingLevel.WARNING,
        "",
        f"Not checked: {names}. Press Test, or save again, to have them checked.",
        unsure=True,
    )
