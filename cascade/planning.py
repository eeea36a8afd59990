"""From a replication to its plan: read the rules, ask the CRM for names, decide, and pin the result."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from cascade.freeze import head_sent, plan_with_frozen
from cascade.gather import gather
from cascade.journal import journal_prepare, subject_entries
from cascade.leases import Lease
from cascade.models import Replication
from cascade.plan import Plan, build_plan
from cascade.rules import Names, SourceFacts, rules_of
from cascade.subject import subject_hash
from crm.contract import Crm
from mappings.models import OrderSettings


def plan_now(replication: Replication, crm: Crm, *, anew: bool) -> Plan:
    """The plan from the order and the rules as they are now, given what was begun before. Writes nothing.

    Raises: the CrmError of a look-up.
    """
    order, connection = replication.order, replication.connection
    assert order is not None
    data = order.order_data
    source = SourceFacts(slug=order.source.slug, start_date=order.source.start_date)
    entries = subject_entries(replication)
    rules = rules_of(connection, {line.item_id for line in data.lines or ()})
    if (head := head_sent(entries)) is not None:
        rules = replace(rules, codes_sent=head.kind == "place_order")
        if rules.places_orders:
            # The creation method is frozen with the head; what is still added are lines, at shop prices.
            rules = replace(rules, creation_method=OrderSettings.CreationMethod.BLANK_ORDER)
    plan = build_plan(data, source, rules, Names())
    if plan.steps:  # something is to be sent, so the names are worth asking for
        names = gather(connection, crm, data, rules, now=timezone.now(), anew=anew)
        plan = build_plan(data, source, rules, names)
    return plan_with_frozen(plan, entries)


def plan_pinned(replication: Replication, crm: Crm, lease: Lease) -> Plan:
    """The plan this replication keeps through its retries, made and written down at the first run."""
    if replication.plan is not None:
        return Plan.from_json(replication.plan)
    order = replication.order
    assert order is not None
    plan = plan_now(replication, crm, anew=replication.triggered_by == Replication.Trigger.RESEND)
    with transaction.atomic():
        lease.renew()
        replication.plan = plan.to_json()
        replication.subject_version = order.version
        replication.subject_hash = subject_hash(order.order_data)
        replication.save(update_fields=["plan", "subject_version", "subject_hash"])
        journal_prepare(replication, plan)
    return plan
