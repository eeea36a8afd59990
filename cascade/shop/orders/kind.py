"""Orders: the contact, the CRM order to the cent, and what follows from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from background.rows import RowQuery
from carts.ingest.purchases import carts_bought_by
from carts.models import Affiliate, Order, OrderLine, Shipment
from carts.order_data import OrderData, Stage
from carts.selectors import order_facts, order_history, orders_with_company
from cascade.engine.journal import State, await_reads, subject_entries
from cascade.engine.kinds import ReplicationKind
from cascade.engine.lease import ReplicationLease
from cascade.engine.subject_words import Subject, SubjectPage, begins_with, found_as
from cascade.errors import ReadsLag
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from cascade.planning.lookups import partner_code
from cascade.planning.rules import History, Names, Rules, SourceFacts, rules_of
from cascade.shop.names import ShopKind
from cascade.shop.orders.freeze import head_sent, plan_with_frozen, plan_with_move, plan_without_new
from cascade.shop.orders.lookups import order_gather
from cascade.shop.orders.plan import build_plan
from cascade.shop.orders.refund_journal import refund_records
from cascade.shop.orders.views import view_verdict
from cascade.shop.related import belongings_of, parcels_of, refunds_of, related_to
from cascade.shop.related import order_facts as facts_of
from cascade.shop.search import rows_search, search_terms, shops_of
from cascade.shop.shipments import ORDER_COLUMNS, SHOP_ORDER_ID, shipments_wake
from cascade.steps import step_of
from cascade.steps.base import LOOK_AGAIN_SECONDS, AtHead
from crm.contract import Crm
from crm.errors import MissingInCrm
from crm.records import OrderRef
from intake.models import Source
from intake.models.sources import SOURCE_SECRETS
from mappings.models import Connection, OrderSettings
from mappings.names import names_split

GONE = "The CRM's order was gone, so it is made anew."

Trigger = Replication.Trigger
ASKED_FOR = (Trigger.RESEND, Trigger.RANGE)
UNTOLD = ("version_at", "shop_stage")  # what changes nothing in the CRM


_TO_SEND = RowQuery(lambda: orders_with_company().select_related("source").defer(*SOURCE_SECRETS))


class OrderKind(ReplicationKind[Order]):
    """From the sending of the order's head its plan is kept, for then its money is in the CRM."""

    name = ShopKind.ORDER
    subject = Order
    title, word, is_usual = "Order", "order", True
    api_id = SHOP_ORDER_ID
    columns = ORDER_COLUMNS
    searched = ("order", "e-mail", "item")

    def keys(self, subject: Order) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.shop_order_id}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": subject.email_key or key,
        }

    def links(self, subject: Order) -> dict[str, Any]:
        return {"order": subject, "source_id": subject.source_id}

    def subject_of(self, replication: Replication) -> Order | None:
        if not replication.order_id:
            return None
        order = _TO_SEND.row(replication.order_id)
        if order is not None and order.source.connection_id == replication.connection_id:
            order.source.connection = replication.connection
        return order

    def version(self, subject: Order) -> int:
        return subject.version

    def version_now(self, replication: Replication) -> int | None:
        if not replication.order_id:
            return None
        return Order.objects.filter(pk=replication.order_id).values_list("version", flat=True).first()

    def fingerprint(self, subject: Order) -> str:
        values = order_facts(subject).to_json()
        for name in UNTOLD:
            del values[name]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def is_frozen(self, entries: Sequence[JournalEntry]) -> bool:
        return head_sent(entries) is not None

    def not_sent(self, subject: Order) -> Plan | None:
        plan = build_plan(subject.order_data, source_facts(subject.source), Rules(), Names())
        return plan if plan.verdict else None

    def verify(self, replication: Replication, crm: Crm, lease: ReplicationLease) -> None:
        """Have the whole order made anew where it is gone from the CRM; what it started is not repeated.

        Gone is what two looks do not find. Raises: ReadsLag after the first, which may have come too early.
        """
        entries = [
            entry
            for entry in subject_entries(replication)
            if (step := step_of(entry.kind)).is_frozen or (step.at_head is AtHead.BEHIND and not step.once)
        ]
        head = next((entry for entry in entries if step_of(entry.kind).is_head), None)
        if head is None or head.state != State.DONE:
            return
        known = {name: value for entry in entries for name, value in entry.external.items()}

        def write(written: Sequence[JournalEntry], **changes: Any) -> None:
            with transaction.atomic():
                lease.renew()
                JournalEntry.objects.filter(pk__in=[entry.pk for entry in written]).update(**changes)

        try:
            crm.read_invoice(OrderRef(invoice_id=known["invoice_id"], order_id=known.get("order_id")))
        except MissingInCrm:
            if not head.clean_probes:
                write([head], clean_probes=1)
                raise ReadsLag(lease.now() + timedelta(seconds=LOOK_AGAIN_SECONDS)) from None
            await_reads(replication, lease.now())
            write(
                entries,
                state=State.PLANNED,
                external={},
                result="",
                note=GONE,
                clean_probes=0,
                send_began_at=None,
                reply_lost_at=None,
                done_at=None,
            )
        else:
            if head.clean_probes:
                write([head], clean_probes=0)

    def ended(self, replication: Replication, subject: Order) -> int | None:
        parcels = Shipment.objects.filter(source=OuterRef("source"), shop_order_id=OuterRef("shop_order_id"))
        rows = Order.objects.filter(pk=subject.pk).values_list("version", Exists(parcels))
        version, has_parcels = rows.first() or (None, False)
        if has_parcels:
            shipments_wake(subject)
        return version

    def after_run(self, subject: Order) -> None:
        carts_bought_by(subject)

    def plan(self, replication: Replication, subject: Order, crm: Crm, *, anew: bool) -> Plan:
        connection = replication.connection
        data = order_facts(subject)
        source = source_facts(subject.source)
        entries = subject_entries(replication)
        rules = rules_of(connection, {line.item_id for line in data.lines or ()})
        head = head_sent(entries)
        if head is not None and rules.places_orders:
            # The creation method is frozen with the head; what is still added are lines, at shop prices.
            rules = replace(rules, creation_method=OrderSettings.CreationMethod.BLANK_ORDER)
        history = _history(replication, subject, data, entries, rules)
        plan = build_plan(data, source, rules, Names(), history)
        if plan.steps:  # something is to be sent, so the names are worth asking for
            now = timezone.now()
            names = order_gather(
                connection, crm, data, rules, history, now=now, anew=anew, head_sent=head is not None
            )
            plan = build_plan(data, source, rules, names, history)
        plan = plan_with_move(plan_with_frozen(plan, entries), entries)
        was_sent = head is not None or (history.in_crm and not rules.creates_orders)
        by_itself = replication.triggered_by not in ASKED_FOR
        return plan_without_new(plan, entries) if was_sent and by_itself else plan

    def describe(self, row: Replication) -> Subject:
        order = row.order
        if order is None:
            return super().describe(row)
        return self.words(str(order), email=order.email, is_test=order.is_test)

    def joined(self, rows: QuerySet[Replication]) -> QuerySet[Replication]:
        return rows.select_related("order").defer("order__payload")

    def page(self, row: Replication) -> SubjectPage:
        order = row.order
        if order is None:
            return super().page(row)
        parcels, refunds = parcels_of(order.source_id, order.shop_order_id), refunds_of(order)
        return SubjectPage(
            subject=self.describe(row),
            facts=facts_of(order, refunds),
            event_id=order.event_id,
            belongs_to="this order",
            related=related_to(row, order),
            belongings=belongings_of(order, parcels, refunds),
        )

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        """By number, shop's id, e-mail or item."""
        found = rows_search(self.name, Order, ("number", "shop_order_id"), connections, text)
        if "@" in text:
            return found
        lines = OrderLine.objects.filter(order__source__in=shops_of(connections))
        items = [lines.filter(begins_with("item_id", term)) for term in search_terms(text)]
        return [*found, *(found_as(self.name, rows, "order_id") for rows in items)]

    def found(self, ids: Sequence[int]) -> Q:
        """Its shipments too."""
        return Q(order__in=ids)

    def of_email(self, key: str) -> Q:
        return Q(order__email_key=key)


def source_facts(source: Source) -> SourceFacts:
    return SourceFacts(
        slug=source.slug,
        start_date=source.start_date,
        quiet_channels=frozenset(name.casefold() for name in names_split(source.quiet_channels)),
    )


def _history(
    replication: Replication, order: Order, data: OrderData, entries: list[JournalEntry], rules: Rules
) -> History:
    history = order_history(order)
    head = head_sent(entries)
    # Whether the order was sent: a contact alone is none, where an order was to follow it.
    done = {entry.kind for entry in entries if entry.done_at is not None}
    waits_for_head = any(step_of(entry.kind).is_head for entry in entries) and head is None
    before_head = all(step_of(kind).at_head is AtHead.BEFORE for kind in done)
    in_crm = "upsert_contact" in done and not (waits_for_head and before_head)
    return History(
        is_first=history.is_first,
        # Whether a tag of a later order went out already, by which the buyer was called new.
        later_sent=bool(history.later_ids)
        and JournalEntry.objects.filter(
            replication__order_id__in=history.later_ids, kind="apply_tag", done_at__isnull=False
        ).exists(),
        in_crm=in_crm,
        without_automation=replication.without_automation,
        is_history=order.is_history,
        asked_for=replication.triggered_by in ASKED_FOR,
        payload=order.payload,
        affiliates=affiliate_names(order, data),
        kept_out=None if in_crm or data.stage != Stage.PAID else view_verdict(order, replication),
        marker=str(head.args["title"]) if head else "",
        refunds=refund_records(order, rules.refund_tags, entries),
        tried_products=frozenset(
            entry.args["sku"]
            for entry in entries
            if entry.kind == "create_product"
            and entry.replication_id == replication.pk
            and entry.state in (State.DONE, State.REJECTED)
        ),
    )


def affiliate_names(order: Order, data: OrderData) -> tuple[str, ...]:
    """How the affiliate who sent the order may be called: as the order says, then by their code."""
    told = next((name.strip() for name in data.affiliates if name.strip()), "")
    if not told:
        return ()
    rows = Affiliate.objects.filter(source_id=order.source_id, shop_affiliate_id=told)
    codes = [code for code in rows.values_list("code", flat=True) if code]
    names = (told, *codes)
    return tuple(dict.fromkeys((*names, *(partner_code(name) for name in names))))
