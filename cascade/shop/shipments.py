"""Shipments of an order, which go to custom fields of its CRM order once that is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from carts.models import Order, Shipment
from carts.record_data import ShipmentData
from cascade.engine.create import subject_wake
from cascade.engine.journal import State
from cascade.engine.kinds import ReplicationKind
from cascade.engine.subject_words import ApiId, Fact, Subject, SubjectPage, found_as
from cascade.errors import SubjectAwaited
from cascade.models import JournalEntry, Replication
from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, skipped
from cascade.planning.field_values import crm_value, unknown_field
from cascade.planning.lookups import custom_fields_gather
from cascade.planning.rules import Rules, rules_of
from cascade.shop.names import ShopKind
from cascade.shop.related import belongings_of, order_facts, parcels_of, refunds_of, related_to
from cascade.shop.search import shops_of
from cascade.shop.shop_values import joined, moment_text
from cascade.steps import STEPS
from crm.contract import Crm
from crm.list_records import FieldObject
from intake.models import Source
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import Connection, ShippingField

Key = ShippingField.Key

LOOK_AGAIN = timedelta(days=1)  # the order's end wakes it earlier
ENDED = (Replication.State.SUCCEEDED, Replication.State.SKIPPED, Replication.State.FAILED)
MOST_PARCELS = 200
MOST_SHOWN = 500
MIN_TRACKING_CHARACTERS = 6
SEARCHED_SHIPMENTS = 20_000
ORDER_COLUMNS = tuple(f"order__{name}" for name in ("number", "shop_order_id", "email", "is_test"))
SHOP_ORDER_ID = ApiId(
    "shop_order_id",
    "Of an order or shipment, else empty.",
    "The shop's id of an order; finds its shipments too.",
)


@dataclass(frozen=True, slots=True)
class ShippedOrder:
    """All parcels of one order of a shop, whether the order was told or not."""

    source: Source
    shop_order_id: str

    @property
    def parcels(self) -> Any:
        return Shipment.objects.filter(source=self.source, shop_order_id=self.shop_order_id)

    @property
    def order(self) -> Order | None:
        return Order.objects.filter(source=self.source, shop_order_id=self.shop_order_id).first()


class ShipmentKind(ReplicationKind[ShippedOrder]):
    name = ShopKind.SHIPMENT
    subject = ShippedOrder
    title, noun, word = "Shipment", "Shipment of order", "shipment"
    api_id = SHOP_ORDER_ID
    columns = ORDER_COLUMNS
    searched = ("tracking number",)
    kept_out_by_others = waits_for_others = True

    def keys(self, subject: ShippedOrder) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.shop_order_id}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": f"shipment {key}",  # it writes to the order alone, so the contact is free
        }

    def links(self, subject: ShippedOrder) -> dict[str, Any]:
        return {"order": subject.order, "source_id": subject.source.pk}

    def subject_of(self, replication: Replication) -> ShippedOrder | None:
        source = replication.source
        if source is None:
            return None
        return ShippedOrder(source, replication.subject_key.removeprefix(f"{source.slug}/"))

    def version(self, subject: ShippedOrder) -> int:
        return int(subject.parcels.aggregate(total=Sum("version"))["total"] or 0)

    def fingerprint(self, subject: ShippedOrder) -> str:
        hashes = subject.parcels.values_list("content_hash", flat=True)[:MOST_PARCELS]
        return hashlib.sha256(" ".join(hashes).encode()).hexdigest()

    def awaited(self, replication: Replication, subject: ShippedOrder) -> str:
        order = subject.order
        if order is None:
            return "Waits for its order, which the shop has not told yet."
        latest = _latest(replication)
        ended = latest.state in ENDED or _was_sent(replication) if latest else order.is_history
        return "" if ended else "Waits until its order is in the CRM."

    def plan(self, replication: Replication, subject: ShippedOrder, crm: Crm, *, anew: bool) -> Plan:
        draft, rules = Draft(), rules_of(replication.connection, ())
        if not rules.enabled:
            return skipped(INTEGRATION_OFF)
        if not rules.shipping_fields:
            return skipped("Not sent: no field is set under Shipping and tracking. Set one, then resend.")
        if why := self.awaited(replication, subject):
            raise SubjectAwaited(why, DATABASE_CLOCK.now() + LOOK_AGAIN)
        ids = order_ids(replication)
        if ids is None or not _was_sent(replication):
            return skipped(_never(subject.order, _latest(replication), rules))
        fields = custom_fields_gather(
            replication.connection,
            crm,
            FieldObject.ORDER,
            rules.shipping_fields,
            now=DATABASE_CLOCK.now(),
            anew=anew,
        )
        values = shipping_values([row.shipment_data for row in subject.parcels[:MOST_PARCELS]])
        written: dict[str, str] = {}
        for crm_field, key in rules.shipping_fields.items():
            found = crm_value(values.get(key, ""), fields.get(crm_field), {}, zone=ZoneInfo(rules.time_zone))
            if found.value and crm_field not in fields:
                draft.say(unknown_field(crm_field), "warning")
                continue
            if found.problem:
                draft.say(f"{crm_field}: {found.problem}", "warning")
            if found.value:
                written[crm_field] = found.value
        if not written:
            return skipped("Not sent: the shipment holds nothing for the mapped fields yet.")
        draft.say("Sent: the order is in the CRM.")
        args = {**ids, "fields": written}
        draft.steps.append(PlannedStep(name="shipping", kind="set_shipping_fields", args=args))
        return draft.plan()

    def describe(self, row: Replication) -> Subject:
        order = row.order
        if order is None:
            return self.words(told_order_id(row))
        return self.words(str(order), email=order.email, is_test=order.is_test)

    def details(self, rows: Sequence[Replication]) -> Mapping[int, str]:
        wanted = {(row.source_id, told_order_id(row)) for row in rows if row.source_id}
        parcels = Shipment.objects.filter(
            source__in={source for source, _ in wanted}, shop_order_id__in={key for _, key in wanted}
        )
        found: dict[tuple[int, str], list[Shipment]] = {}
        for parcel in parcels.only("source_id", "shop_order_id", "data").order_by("pk")[:MOST_SHOWN]:
            found.setdefault((parcel.source_id, parcel.shop_order_id), []).append(parcel)
        return {
            row.pk: tracking_numbers(found.get((row.source_id or 0, told_order_id(row)), ())) for row in rows
        }

    def page(self, row: Replication) -> SubjectPage:
        order, parcels = row.order, parcels_of(row.source_id, told_order_id(row))
        refunds = refunds_of(order) if order else []
        numbers = tracking_numbers(parcels)
        facts = [Fact(term="Tracking", text=numbers or "no number yet")]
        return SubjectPage(
            subject=replace(self.describe(row), detail=numbers),
            facts=[*facts, *(order_facts(order, refunds) if order else ())],
            event_id=order.event_id if order else None,
            belongs_to=f"order {order}" if order else "this order, which has not come in yet",
            related=related_to(row, order) if order else [],
            belongings=belongings_of(order, parcels, refunds),
        )

    def search_more(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        """Orders with a parcel whose number begins with the text, among the newest shipments."""
        text, shops = text.strip(), shops_of(connections)
        if len(text) < MIN_TRACKING_CHARACTERS or " " in text or "@" in text:
            return []
        newest = Shipment.objects.filter(source__in=shops).order_by("-pk").values("pk")[:SEARCHED_SHIPMENTS]
        needle = f'"number": {json.dumps(text)[:-1]}'
        parcels = Shipment.objects.annotate(text=Cast("data", TextField())).filter(
            pk__in=newest,
            text__icontains=needle,
            source=OuterRef("source"),
            shop_order_id=OuterRef("shop_order_id"),
        )
        orders = Order.objects.filter(Exists(parcels), source__in=shops)
        return [found_as(ShopKind.ORDER, orders)]


def told_order_id(row: Replication) -> str:
    """The shop's id in a subject key; a shipment's order may not have been told yet."""
    return row.subject_key.partition("/")[2]


def tracking_numbers(parcels: Iterable[Shipment]) -> str:
    """Every tracking number of the parcels, each once."""
    found = (str(item.get("number") or "") for parcel in parcels for item in parcel.data.get("tracking", ()))
    return ", ".join(number for number in dict.fromkeys(found) if number)


def shipments_wake(order: Order) -> None:
    """Have the shipments of an order that has some looked at again: those that wait for it, and those it had
    kept out.

    Repeat: safe; shipments that are in the CRM as they are now stay so.
    """
    subject_wake(ShippedOrder(order.source, order.shop_order_id))


def order_ids(replication: Replication) -> dict[str, Any] | None:
    """The CRM's ids of the order of the same subject, None if it has none."""
    entries = JournalEntry.objects.filter(
        connection_id=replication.connection_id,
        subject_key=replication.subject_key,
        replication__kind=ShopKind.ORDER,
        kind__in=[step.name for step in STEPS.values() if step.is_head or step.is_whole],
        state=State.DONE,
    )
    known: dict[str, Any] = {}
    for external in entries.values_list("external", flat=True):
        known |= {name: external[name] for name in ("invoice_id", "order_id") if external.get(name)}
    if "invoice_id" not in known:
        return None
    return {"invoice_id": known["invoice_id"], "order_id": known.get("order_id")}


def _latest(replication: Replication) -> Replication | None:
    rows = Replication.objects.filter(
        connection_id=replication.connection_id, kind=ShopKind.ORDER, subject_key=replication.subject_key
    )
    return rows.order_by("-id").first()


def _was_sent(replication: Replication) -> bool:
    """Whether the CRM has the whole order: its total was right once, whatever became of later steps."""
    checked = JournalEntry.objects.filter(
        connection_id=replication.connection_id,
        subject_key=replication.subject_key,
        replication__kind=ShopKind.ORDER,
        kind__in=[step.name for step in STEPS.values() if step.is_whole],
        state=State.DONE,
    )
    return checked.exists() and order_ids(replication) is not None


def _never(order: Order | None, latest: Replication | None, rules: Rules) -> str:
    """Why an order that ended has no shipment in the CRM, unless it is sent again."""
    if rules.skip_order_creation:
        return "Not sent: no order is created in the CRM (Skip Order Creation is ticked)."
    if latest is None and order is not None and order.is_history:
        return "Not sent: its order was imported as history. Send that as a range; this follows."
    if latest is not None and latest.state == Replication.State.SKIPPED:
        return f"Not sent: its order was not sent. {latest.reason}"[:500]
    if latest is not None and latest.state == Replication.State.FAILED:
        return f"Not sent: its order failed. {latest.reason}"[:500]
    return "Not sent: its order was sent without a CRM order."


# -- the values of the settings page: pure --------------------------------------------------------------


def shipping_values(shipments: Sequence[ShipmentData]) -> dict[str, str]:
    """The values that are known, by `ShippingField.Key`, for `crm_value`; a blank one is left out.

    Several numbers, links, carriers, methods and words of status are joined by ", " in ship order, each once.
    The shipment date is the first parcel's; expected and delivered are the last one's. Times are ISO, UTC.
    """
    parcels = sorted(shipments, key=lambda parcel: parcel.shipped_at or parcel.version_at)
    tracking = [item for parcel in parcels for item in parcel.tracking]
    values = {
        Key.TRACKING_NUMBERS: joined(item.number for item in tracking),
        Key.TRACKING_URLS: joined(item.url for item in tracking),
        Key.SHIPPED_AT: _moment((parcel.shipped_at for parcel in parcels), min),
        Key.CARRIER: joined(parcel.carrier for parcel in parcels),
        Key.METHOD: joined(parcel.method for parcel in parcels),
        Key.STATUS: joined(parcel.status for parcel in parcels),
        Key.EXPECTED_AT: _moment((parcel.expected_at for parcel in parcels), max),
        Key.DELIVERED_AT: _moment((parcel.delivered_at for parcel in parcels), max),
    }
    return {key.value: value for key, value in values.items() if value}


def _moment(moments: Iterable[datetime | None], which: Callable[[list[datetime]], datetime]) -> str:
    known = [moment for moment in moments if moment is not None]
    return moment_text(which(known)) if known else ""
