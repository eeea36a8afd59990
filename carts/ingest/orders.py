"""Take an order in: from a delivery, or handed over by a Django shop that has these apps installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from carts.ingest.purchases import carts_bought_by, carts_recheck_on_commit
from carts.models.orders import Order, OrderLine
from carts.order_data import OrderData, Stage
from carts.platforms.shop_platform import NativeOrder, ShopPlatform
from carts.signals import order_changed, order_completed, order_received
from crm.emails import email_key
from intake.json_text import json_storable
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.records import IngestOutcome, Stamp, arrived_at, is_older, merge, stamp_of, stored_once
from intake.registry import platform_get

_LAST_NUMBER = re.compile(r"(\d{1,18})\D*$")
STAGES = (Stage.UNPAID, Stage.PAID, Stage.REJECTED)  # in the order in which they are reached


@dataclass(frozen=True, slots=True)
class IngestResult:
    order: Order
    outcome: IngestOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    """What the order would become; `outdated` if what is known is newer than the delivery's own version."""

    version_at: datetime
    data: OrderData
    payload: dict[str, Any]
    payload_times: dict[str, Stamp]
    outdated: bool = False
    fills: bool = False  # an outdated one may still bring what was never sent


def order_ingest(
    source: Source,
    data: OrderData,
    *,
    payload: dict[str, Any] | None = None,
    event: InboundEvent | None = None,
    history: bool = False,
) -> IngestResult:
    """Store a version of an order and send the signals it calls for, in one transaction.

    `history` stores an order that only has to be known: it sends no signal then or ever; an order that the
    shop itself told is `kept` as it is.
    Repeat: safe; equal content is `repeated`, an older version `outdated`, and neither sends a signal.
    Raises: whatever a receiver raises, and then nothing is stored.
    """

    def draft(order: Order | None) -> _Draft:
        return _Draft(
            version_at=data.version_at,
            data=data,
            payload=payload if payload is not None else order.payload if order else {},
            payload_times=order.payload_times if order else {},
            outdated=order is not None and is_older(data.version_at, event, order),
        )

    return _ingest(source, data.shop_order_id, draft, event, is_history=history)


def order_ingest_native(
    source: Source, platform: ShopPlatform, native: NativeOrder, event: InboundEvent
) -> IngestResult:
    """The same for an order in the shop's words, merged over what the shop sent before.

    Raises: BadPayload if the merged payload makes no order.
    """

    def draft(order: Order | None) -> _Draft:
        payload, times = (order.payload, order.payload_times) if order else ({}, {})
        version_at = _version_of(native, order, event)
        whole = native.payload
        if native.read_back:
            payload = whole = json_storable(native.payload)
            times = dict.fromkeys(whole, stamp_of(version_at, event))
        elif platform.merges:
            stamp = stamp_of(version_at, event)
            whole, times = merge(payload, times, json_storable(native.payload), stamp)
            payload = whole
        data = platform.parse(source, whole, arrived_at(event))
        if native.read_back:
            data = replace(data, version_at=version_at)
        if order is None:
            return _Draft(version_at=version_at, data=data, payload=payload, payload_times=times)
        # A merged payload carries the time of its version, unless a newer one came by the REST API.
        overtaken = data.version_at < order.version_at
        outdated = overtaken or version_at < order.version_at or is_older(data.version_at, event, order)
        fills = platform.merges and not overtaken and not native.read_back
        return _Draft(
            version_at=version_at,
            data=data,
            payload=payload,
            payload_times=times,
            outdated=outdated,
            fills=fills,
        )

    return _ingest(source, native.shop_order_id, draft, event, is_history=native.history)


def _version_of(native: NativeOrder, order: Order | None, event: InboundEvent) -> datetime:
    """The delivery's own time. One that lacks times counts by its arrival if it moves the order forward.

    Otherwise a bare "now in the Shipping Department" would lose against an earlier delivery that told the
    time of the payment; and no bare delivery moves an order back.
    """
    if order is None:
        return native.version_at or arrived_at(event)
    if native.read_back:
        return max(native.version_at or order.version_at, order.version_at)
    if native.version_at is None:
        return order.version_at
    forward = native.stage is not None and STAGES.index(native.stage) > STAGES.index(Stage(order.stage))
    if native.undated and forward:
        return max(native.version_at, order.version_at)
    return native.version_at


def order_history_row(source: Source, data: OrderData) -> Order:
    """An order that only has to be known, not saved yet."""
    order = Order(source=source, shop_order_id=data.shop_order_id, is_history=True)
    _fill(order, _Draft(version_at=data.version_at, data=data, payload={}, payload_times={}))
    return order


def _ingest(
    source: Source,
    shop_order_id: str,
    draft: Callable[[Order | None], _Draft],
    event: InboundEvent | None,
    *,
    is_history: bool,
) -> IngestResult:
    def store() -> IngestResult:
        order = _order_lock(source, shop_order_id)
        if order is None:
            new = draft(None)
            own_id = new.data.shop_order_id
            order = Order(source=source, shop_order_id=own_id, event=event, is_history=is_history)
            if event is not None:  # the webhook's channel, where that was why it was read
                read = event.reading_id is not None
                order.found_by = InboundEvent.Channel.WEBHOOK if read else event.channel
            _fill(order, new)
            order.save(force_insert=True)
            _accepted(order, new.data, event, was_completed=False)
            return IngestResult(order, IngestOutcome.CREATED)
        if is_history and not order.is_history:
            return IngestResult(order, IngestOutcome.KEPT)
        return _order_update(order, draft(order), event)

    return stored_once(store, event)


def _order_lock(source: Source, shop_order_id: str) -> Order | None:
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("event", "source")
    rows = rows.defer("event__body", "event__detail")
    return rows.filter(source=source, shop_order_id=shop_order_id).first()


def _order_update(order: Order, draft: _Draft, event: InboundEvent | None) -> IngestResult:
    changed = draft.data.content_hash() != order.content_hash
    unchanged_outcome = (
        IngestOutcome.OUTDATED if draft.version_at < order.version_at else IngestOutcome.REPEATED
    )
    if draft.outdated and not draft.fills:
        return IngestResult(order, IngestOutcome.OUTDATED if changed else unchanged_outcome)
    was_completed = order.completed_at is not None
    _fill(order, draft)
    if not draft.outdated:
        order.event = event or order.event
    order.version += changed
    order.save()
    if not changed:
        return IngestResult(order, unchanged_outcome)
    order.lines.all().delete()
    _accepted(order, draft.data, event, was_completed=was_completed)
    return IngestResult(order, IngestOutcome.UPDATED)


def _accepted(order: Order, data: OrderData, event: InboundEvent | None, *, was_completed: bool) -> None:
    """Write the lines of a new version and send its signals; none is sent of one that is only history."""
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                key=line.key,
                item_id=line.item_id,
                title=line.title[:2000],
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in data.lines or ()
        ],
        batch_size=500,
    )
    if order.is_history:
        return
    order_received.send(sender=Order, order=order, event=event)
    if was_completed:
        order_changed.send(sender=Order, order=order, event=event)
    elif order.completed_at is not None:
        order_completed.send(sender=Order, order=order, event=event)
    carts_bought_by(order)
    carts_recheck_on_commit(order)


def _fill(order: Order, draft: _Draft) -> None:
    data = draft.data
    order.number = data.number[:100]
    order.stage = data.stage
    order.shop_stage = data.shop_stage[:60]
    order.placed_at = data.placed_at
    order.email = data.email
    order.email_key = email_key(data.email)[:320]
    order.currency = data.currency
    order.total = None if data.total is None else data.total.quantize(Decimal("0.0001"))
    order.is_test = data.is_test
    order.cart_id = data.cart_id[:100]
    order.view_of = data.view_of[:100]
    # The running number within the order's number, where the platform leaves no gaps: 1001 of `#1001-US`.
    platform = platform_get(order.source.platform)
    counts = isinstance(platform, ShopPlatform) and platform.numbers_in_sequence
    digits = _LAST_NUMBER.search(order.number) if counts else None
    order.sequence = int(digits.group(1)) if digits else None
    order.version_at = data.version_at
    order.content_hash = data.content_hash()
    order.data = data.to_json()
    order.payload = draft.payload
    order.payload_times = draft.payload_times
    if data.stage == Stage.PAID and order.completed_at is None:
        order.completed_at = timezone.now()
