"""What may be done with replications: open, skip, work, resend."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from carts.models import Order
from cascade.doorbell import replication_ring_on_commit
from cascade.models import Replication
from cascade.plan import Plan, build_plan
from cascade.planning import plan_now
from cascade.replicate import Watch, replication_run, unwatched
from cascade.rules import Names, Rules, SourceFacts
from cascade.selectors import open_for_contact
from cascade.subject import contact_key, subject_hash, subject_key
from mappings.calls import ApiCallLog, ObserverChain
from mappings.connections import crm_connect
from mappings.gate import CallGate
from mappings.models import Connection

State, Trigger = Replication.State, Replication.Trigger


class ResendRefused(Exception):
    """Why a resend was not started, in a sentence for the person who asked."""


def replication_open(
    order: Order, *, trigger: str = Trigger.EVENT, user: AbstractBaseUser | None = None
) -> Replication:
    """See to it that the order's newest version gets replicated; rings the doorbell on commit.

    An open replication reads the order when it plans, or is followed up when it ends, so there is never a
    second one. A skipped one is taken up again; a parked or failed one is superseded. Repeat: safe.
    """
    with transaction.atomic():
        latest = _latest(order)
        if latest is not None and latest.state in Replication.OPEN:
            replication_ring_on_commit(latest.pk)
            return latest
        replication = _reopened(latest, order, trigger) or _created(order, trigger, user)
        _supersede(latest, replication)
        replication_ring_on_commit(replication.pk)
    return replication


def replication_skip(order: Order) -> None:
    """Show an order that is not to be sent yet, with the reason, as one row that later takes it up."""
    source = SourceFacts(slug=order.source.slug)
    plan = build_plan(order.order_data, source, Rules(), Names())
    if plan.verdict is None:
        return
    values = {"plan": plan.to_json(), "reason": plan.verdict.reason, "state": State.SKIPPED}
    with transaction.atomic():
        latest = _latest(order)
        if latest is None:
            Replication.objects.create(**_keys(order), order=order, finished_at=timezone.now(), **values)
        elif latest.state == State.SKIPPED:
            Replication.objects.filter(pk=latest.pk, state=State.SKIPPED).update(**values)


def replication_changed(order: Order) -> None:
    """A completed order has a newer version: replicate it if that could change anything in the CRM."""
    with transaction.atomic():
        latest = _latest(order)
        ended = latest is not None and latest.state not in Replication.OPEN
        if latest is not None and ended and latest.subject_hash == subject_hash(order.order_data):
            return
        replication_open(order, trigger=Trigger.CHANGE)


def replication_work(replication_id: int, *, watch: Watch = unwatched) -> Replication | None:
    """Run the replication and ring for what its end makes possible. Repeat: safe."""
    replication = replication_run(replication_id, watch=watch)
    if replication is None:
        return None
    if replication.state not in Replication.OPEN and replication.order_id:
        order = Order.objects.select_related("source").get(pk=replication.order_id)
        if order.version > replication.subject_version:
            replication_changed(order)
    for waiting in open_for_contact(replication, timezone.now()):
        replication_ring_on_commit(waiting)
    return replication


def replication_resend(replication: Replication, *, user: AbstractBaseUser | None) -> Replication:
    """Send the order again, planned anew from today's settings; what was done is not done twice.

    Raises: ResendRefused if it is in progress, has no order any more, or its connection is paused.
    """
    connection = Connection.objects.get(pk=replication.connection_id)
    if connection.paused_at is not None:
        raise ResendRefused(
            f"The connection is paused: {connection.paused_reason} Test it on the settings page first; "
            "what waits is then sent by itself."
        )
    orders = Order.objects.select_related("source")
    order = orders.filter(pk=replication.order_id).first() if replication.order_id else None
    if order is None:
        raise ResendRefused("The order of this replication is no longer stored, so there is nothing to send.")
    try:
        with transaction.atomic():
            latest = _latest(order)
            if latest is not None and latest.state in Replication.OPEN:
                raise ResendRefused(
                    "This order is already on its way. Wait for it to end, then resend if need be."
                )
            fresh = _created(order, Trigger.RESEND, user)
            _supersede(latest, fresh)
            replication_ring_on_commit(fresh.pk)
    except IntegrityError as err:
        raise ResendRefused("This order is already on its way: somebody else was faster.") from err
    return fresh


def replication_preview(order: Order) -> Plan:
    """The plan a run would make now: the same reads, no write to the CRM. The calls are logged as "preview",
    and the names it answered for are remembered.

    Raises: the CrmError of a look-up.
    """
    connection = order.source.connection
    stand_in = Replication(**_keys(order), order=order)
    gate = CallGate(connection)
    observers = ObserverChain(gate, ApiCallLog(connection, trace_id="preview"))
    crm = crm_connect(connection, observers, alive=gate.alive)
    return plan_now(stand_in, crm, anew=True)


# -- rows -----------------------------------------------------------------------------------------------


def _keys(order: Order) -> dict[str, Any]:
    return {
        "connection_id": order.source.connection_id,
        "kind": Replication.Kind.ORDER,
        "subject_key": subject_key(order),
        "contact_key": contact_key(order),
    }


def _latest(order: Order) -> Replication | None:
    """The order's newest replication, locked: a worker that is just ending it waits for our commit, and then
    sees the version that we left to it. Needs a transaction.
    """
    keys = _keys(order)
    del keys["contact_key"]
    return Replication.objects.select_for_update().filter(**keys).order_by("-id").first()


def _created(order: Order, trigger: str, user: AbstractBaseUser | None) -> Replication:
    return Replication.objects.create(
        **_keys(order),
        order=order,
        triggered_by=trigger,
        triggered_by_user_id=user.pk if user else None,
        not_before=timezone.now(),
    )


def _reopened(latest: Replication | None, order: Order, trigger: str) -> Replication | None:
    if latest is None or latest.state != State.SKIPPED:
        return None
    values = {
        "state": State.WAITING,
        "contact_key": contact_key(order),
        "plan": None,
        "reason": "",
        "level": Replication.Level.INFO,
        "error_class": "",
        "setting": "",
        "triggered_by": trigger,
        "not_before": timezone.now(),
        "finished_at": None,
    }
    taken = Replication.objects.filter(pk=latest.pk, state=State.SKIPPED).update(**values)
    return Replication.objects.get(pk=latest.pk) if taken else None


def _supersede(old: Replication | None, new: Replication) -> None:
    """Take an ended one off the list of what needs a person: the newer one speaks for the order now."""
    if old is None or old.pk == new.pk or (old.state, old.level) == (State.SUCCEEDED, Replication.Level.INFO):
        return
    state = State.SUCCEEDED if old.state == State.SUCCEEDED else State.SKIPPED
    reason = f"Superseded by #{new.pk}. Before: {old.reason}"
    Replication.objects.filter(pk=old.pk, state=old.state).update(
        state=state, level=Replication.Level.INFO, reason=reason[:500]
    )
