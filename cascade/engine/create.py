"""Rows of replications: opened, skipped, taken up again, superseded."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from background.wakeup import wake_on_commit
from cascade.engine.kinds import KINDS, kind_of
from cascade.models import Replication
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import Connection

State, Trigger, Lane = Replication.State, Replication.Trigger, Replication.Lane
RUN_REPLICATION = "cascade.tasks.run_replication"  # by name, as the tasks import the services


class ResendRefused(Exception):
    """Why a resend was not started, in a sentence for the person who asked."""


def replication_open(
    subject: object,
    *,
    trigger: str = Trigger.EVENT,
    user: AbstractBaseUser | None = None,
    lane: int = Lane.FRESH,
    without_automation: bool | None = None,
) -> Replication:
    """See to it that the subject's newest version gets replicated; wakes a worker on commit.

    An open replication reads the subject when it plans, or is followed up when it ends, so there is never a
    second one. A skipped one is taken up again; a parked or failed one is superseded. `without_automation` is
    kept from the one before unless it is said. Repeat: safe.
    """
    with transaction.atomic(savepoint=False):
        latest = replication_latest(subject)
        if latest is not None and latest.state in Replication.OPEN:
            # What a person asks for is sent, also if it waits already and would be kept out by itself.
            if trigger == Trigger.RANGE:
                unplanned = Replication.objects.filter(pk=latest.pk, state=State.WAITING, plan__isnull=True)
                unplanned.update(triggered_by=trigger, triggered_by_user_id=user.pk if user else None)
            wake_on_commit(RUN_REPLICATION, latest.pk)
            return latest
        request = _request(trigger, user, lane, _without_automation(latest, without_automation))
        replication = _reopened(latest, subject, request) or _row(subject, **request)
        _supersede(latest, replication)
        if lane == Lane.FRESH:
            wake_on_commit(RUN_REPLICATION, replication.pk)  # a backfill is the sweep's, behind what is fresh
    return replication


def replication_skip(subject: object) -> None:
    """Show what is not to be sent yet, with the reason, as one row that later takes it up."""
    plan = kind_of(subject).not_sent(subject)
    if plan is None or plan.verdict is None:
        return
    values = {"plan": plan.to_json(), "reason": plan.verdict.reason, "state": State.SKIPPED}
    with transaction.atomic():
        latest = replication_latest(subject)
        if latest is None:
            _row(subject, finished_at=timezone.now(), **values)
        elif latest.state == State.SKIPPED:
            Replication.objects.filter(pk=latest.pk, state=State.SKIPPED).update(**values)


def replication_changed(subject: object) -> None:
    """There is a newer version: replicate it if that could change anything in the CRM. Repeat: safe."""
    with transaction.atomic(savepoint=False):
        latest = replication_latest(subject)
        ended = latest is not None and latest.state not in Replication.OPEN
        told = latest is not None and latest.subject_hash == kind_of(subject).fingerprint(subject)
        if latest is not None and ended and told and not _was_kept_out(latest):
            return
        replication_open(subject, trigger=Trigger.CHANGE if latest else Trigger.EVENT)


def subject_wake(subject: object) -> None:
    """Something else changed what is to become of it: what waits is due now, what ended is looked at again.

    Repeat: safe.
    """
    with transaction.atomic():
        latest = replication_latest(subject)  # a worker that is just ending it sees what woke it
        if latest is not None and latest.state == State.WAITING:
            replication_wake(latest)
        elif latest is None or latest.state not in Replication.OPEN:
            replication_changed(subject)


def replication_wake(replication: Replication) -> None:
    """Have it tried now if it waits. Repeat: safe."""
    rows = Replication.objects.filter(pk=replication.pk, state=State.WAITING)
    if rows.update(not_before=DATABASE_CLOCK.now()):
        wake_on_commit(RUN_REPLICATION, replication.pk)


def replication_resend(replication: Replication, *, user: AbstractBaseUser | None) -> Replication:
    """Send it again, planned anew from today's settings; what was done is not done twice.

    Raises: ResendRefused if it is in progress, what it is about is gone, or its connection is paused.
    """
    connection = Connection.objects.get(pk=replication.connection_id)
    if connection.paused_at is not None:
        raise ResendRefused(
            f"The connection is paused: {connection.paused_reason} Test it on the settings page first; "
            "what waits is then sent by itself."
        )
    subject = KINDS[replication.kind].subject_of(replication)
    if subject is None:
        raise ResendRefused(
            "What this replication is about is no longer stored, so there is nothing to send."
        )
    try:
        with transaction.atomic():
            latest = replication_latest(subject)
            if latest is not None and latest.state in Replication.OPEN:
                raise ResendRefused("It is already on its way. Wait for it to end, then resend if need be.")
            fresh = _row(
                subject, **_request(Trigger.RESEND, user, Lane.FRESH, _without_automation(latest, None))
            )
            _supersede(latest, fresh)
            wake_on_commit(RUN_REPLICATION, fresh.pk)
    except IntegrityError as err:
        raise ResendRefused("It is already on its way: somebody else was faster.") from err
    return fresh


def replication_latest(subject: object) -> Replication | None:
    """The subject's newest replication, locked: a worker that is just ending it waits for our commit, and
    then sees the version that we left to it. Needs a transaction.
    """
    keys = kind_of(subject).keys(subject)
    del keys["contact_key"]
    return Replication.objects.select_for_update().filter(**keys).order_by("-id").first()


def stand_in(subject: object, **values: Any) -> Replication:
    """An unsaved row of the subject, for a preview."""
    kind = kind_of(subject)
    return Replication(**kind.keys(subject), **kind.links(subject), **values)


# -- rows -----------------------------------------------------------------------------------------------


def _row(subject: object, **values: Any) -> Replication:
    kind = kind_of(subject)
    return Replication.objects.create(**kind.keys(subject), **kind.links(subject), **values)


def _request(
    trigger: str, user: AbstractBaseUser | None, lane: int, without_automation: bool
) -> dict[str, Any]:
    """How a replication is to be run, and who asked for it."""
    return {
        "triggered_by": trigger,
        "triggered_by_user_id": user.pk if user else None,
        "lane": lane,
        "without_automation": without_automation,
        "not_before": DATABASE_CLOCK.now(),
    }


def _reopened(latest: Replication | None, subject: object, request: dict[str, Any]) -> Replication | None:
    if latest is None or latest.state != State.SKIPPED:
        return None
    kind = kind_of(subject)
    values = {
        **kind.links(subject),
        **request,
        "state": State.WAITING,
        "contact_key": kind.keys(subject)["contact_key"],
        "plan": None,
        "reason": "",
        "level": Replication.Level.INFO,
        "error_class": "",
        "setting": "",
        "finished_at": None,
    }
    taken = Replication.objects.filter(pk=latest.pk, state=State.SKIPPED).update(**values)
    return Replication.objects.get(pk=latest.pk) if taken else None


def _without_automation(latest: Replication | None, wanted: bool | None) -> bool:
    """What was sent so stays so through later versions: a campaign must not start weeks later."""
    if wanted is not None:
        return wanted
    return latest is not None and latest.without_automation


def _was_kept_out(latest: Replication) -> bool:
    """Whether something outside the subject kept it out, such as a shipment's order that was not sent."""
    if KINDS[latest.kind].kept_out_by_others:
        return latest.state == State.SKIPPED
    verdict = (latest.plan or {}).get("verdict") or {}
    return latest.state in (State.SKIPPED, State.PARKED) and bool(verdict.get("by_another"))


def _supersede(old: Replication | None, new: Replication) -> None:
    """Take an ended one off the list of what needs a person: the newer one speaks for the subject now."""
    if old is None or old.pk == new.pk or (old.state, old.level) == (State.SUCCEEDED, Replication.Level.INFO):
        return
    state = State.SUCCEEDED if old.state == State.SUCCEEDED else State.SKIPPED
    reason = f"Superseded by #{new.pk}. Before: {old.reason}"
    Replication.objects.filter(pk=old.pk, state=old.state).update(
        state=state, level=Replication.Level.INFO, reason=reason[:500]
    )
