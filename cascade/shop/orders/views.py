"""Orders that tell a purchase once more: a marketplace's whole order, and an order for each vendor's part.

By the shop's setting the whole or the parts are sent. Whoever comes first waits a while for the others; what
is in the CRM keeps the other views of the same purchase out, whatever the setting and the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils import timezone

from carts.models import Order
from carts.order_data import Stage
from cascade.engine.create import subject_wake
from cascade.engine.journal import UNSENT
from cascade.errors import SubjectAwaited
from cascade.models import JournalEntry, Replication
from cascade.plan import PlanVerdict
from cascade.steps import head_kinds
from intake.models.sources import OrderViews

State, Trigger = Replication.State, Replication.Trigger
WAIT = timedelta(minutes=15)  # in which a shop tells all views of one purchase
MOST_VIEWS = 200
CHOICE = "“Orders in parts” on the shop's page"


def view_verdict(order: Order, replication: Replication) -> PlanVerdict | None:
    """Why another order, and not this one, tells the purchase; None if this one does.

    Raises: SubjectAwaited while that may still turn out.
    """
    setting = order.source.order_views
    if setting == OrderViews.EACH:
        return None
    view = _of_part if order.view_of else _of_whole
    return view(order, setting, asked_for=replication.triggered_by == Trigger.RESEND)


def _of_part(order: Order, setting: str, *, asked_for: bool) -> PlanVerdict | None:
    whole = Order.objects.filter(source=order.source_id, shop_order_id=order.view_of).first()
    if whole is not None and in_crm([whole]):
        return _skipped(f"Not sent: it is a part of order {whole}, which is in the CRM.")
    if asked_for or setting == OrderViews.PARTS:
        return None
    if whole is None:
        _wait(order, f"Waits for order {order.view_of}, of which it is a part.")
        return _parked(
            f"It is a part of order {order.view_of}, which the shop has not told. Fetch that order on the "
            "shop's page. If it does not exist, resend this one: it is then sent by itself."
        )
    if whole.stage == Stage.REJECTED:
        return _parked(
            f"It is past payment, but a part of order {whole}, which the shop rejected. Correct one of them "
            "in the shop, or resend this one: it is then sent by itself."
        )
    return _skipped(f"Not sent: it is a part of order {whole}, which is sent as a whole ({CHOICE}).")


def _of_whole(order: Order, setting: str, *, asked_for: bool) -> PlanVerdict | None:
    views = Order.objects.filter(source=order.source_id, view_of=order.shop_order_id).order_by("pk")
    told = getattr(order, "has_parts", True)
    parts = list(views.defer("payload", "payload_times")[:MOST_VIEWS]) if told else []
    sent = in_crm(parts)
    if setting == OrderViews.WHOLE:
        if not sent:
            return None
        return _parked(
            f"Parts of it are in the CRM by themselves: orders {_named(sent)}. Resend the other parts too. "
            f"If it should be sent as a whole all the same, choose “each” ({CHOICE}), then resend it."
        )
    if asked_for and not sent:
        return None
    paid = [part for part in parts if part.stage == Stage.PAID]
    amount = sum((part.total or Decimal(0) for part in paid), Decimal(0))
    if paid and amount == order.total:
        return _skipped(f"Not sent: its parts are, orders {_named(paid)} ({CHOICE}).")
    _wait(order, "Waits for the orders that tell its parts.")
    if not parts and not order.order_data.has_views:
        return None
    known = f"orders {_named(paid)} come to {amount:.2f}" if paid else "none of them is past payment"
    return _parked(
        f"Its parts are to be sent ({CHOICE}), but they do not make it up: {known}, of {order.total} "
        f"{order.currency}. Fetch the missing ones on the shop's page, or resend this order: as long as no "
        "part is in the CRM, it is then sent as a whole."
    )


def views_look_again_on_commit(order: Order) -> None:
    """Have the other views of its purchase looked at again. Repeat: safe."""
    if order.source.order_views != OrderViews.EACH:
        transaction.on_commit(partial(_look_again, order), robust=True)


def _look_again(order: Order) -> None:
    others = Order.objects.filter(source=order.source_id, completed_at__isnull=False).select_related("source")
    name = {"shop_order_id": order.view_of} if order.view_of else {"view_of": order.shop_order_id}
    for other in others.filter(**name)[:MOST_VIEWS]:
        subject_wake(other)


def in_crm(orders: Sequence[Order]) -> list[Order]:
    """Those of whose making in the CRM something was sent."""
    if not orders:
        return []
    heads = JournalEntry.objects.filter(replication__order__in=orders, kind__in=head_kinds())
    sent = set(heads.exclude(state__in=UNSENT).values_list("replication__order_id", flat=True))
    return [order for order in orders if order.pk in sent]


def _named(orders: Iterable[Order]) -> str:
    return ", ".join(str(order) for order in orders)


def _wait(order: Order, why: str) -> None:
    until = order.created_at + WAIT
    if timezone.now() < until:
        raise SubjectAwaited(why, until)


def _skipped(reason: str) -> PlanVerdict:
    return PlanVerdict(state="skipped", reason=reason, by_another=True)


def _parked(reason: str) -> PlanVerdict:
    return PlanVerdict(state="parked", reason=reason, error_class="permanent", by_another=True)
