"""How a run ended, in the words and the columns of its row."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cascade.engine.journal import UNSENT
from cascade.engine.retry import costs_attempt, next_attempt_at, of_one_record
from cascade.engine.run import IN_DOUBT, RunResult
from cascade.errors import SubjectAwaited, SubjectChanged
from cascade.models import Attempt, JournalEntry, Replication
from cascade.plan import Plan
from cascade.steps import step_of
from crm.errors import CredentialsRejected, CrmError, HeldBack, OutOfService, Throttled
from mappings.access.breaker import outages_holding
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import Outage

State, Level = Replication.State, Replication.Level
LONGEST_TROUBLE = timedelta(hours=72)
STILL_IN_DOUBT = (
    "Whether a part of this order that was sent earlier took effect is still not known. Compare the order's "
    "payment and lines in the CRM with the shop's, and answer at the step where it asks."
)
NOT_WHOLE = (
    "The order was begun in the CRM and is not whole there: lines or its payment are missing. Complete it in "
    "the CRM, or resend it."
)
FOLLOWER_MISSED = "The order is whole in the CRM, but not all that follows it was done."
TERMINAL = (State.PARKED, State.SUCCEEDED, State.SKIPPED, State.FAILED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """`is_outage_time`: nothing is tried until `not_before`, so the 72 hours do not run."""

    state: str
    reason: str = ""
    level: str = Level.INFO
    error_class: str = ""
    setting: str = ""
    detail: str = ""
    not_before: datetime | None = None
    costs_attempt: bool = False
    is_outage_time: bool = False

    @property
    def is_held(self) -> bool:
        """Whether the order waits for the CRM's quota and for nothing else."""
        return self.state == State.RETRYING and self.error_class == "quota"


def outage_now(connection_id: int) -> Outage | None:
    """The open outage that holds all of the connection's work; probes alone go out meanwhile."""
    return outages_holding().filter(connection=connection_id).first()


def worth_retrying(replication: Replication, error: CrmError) -> bool:
    """Whether the schedule has another try for this error; hours in which nothing was tried do not count."""
    now, connection_id = DATABASE_CLOCK.now(), replication.connection_id
    if next_attempt_at(error, 0, now, random.Random()) is None:  # noqa: S311
        return False
    if not costs_attempt(error) or outage_now(connection_id) is not None:
        return True
    began = replication.first_failure_at
    if began and now - began > LONGEST_TROUBLE:
        return False
    return next_attempt_at(error, replication.failures, now, random.Random()) is not None  # noqa: S311


def holds_all(replication: Replication, error: CrmError) -> bool:
    """Whether no other step of the order need be tried now: its calls would meet the same trouble."""
    if isinstance(error, OutOfService):  # with automatic, only what the other protocol lacks waits
        return outage_now(replication.connection_id) is not None
    return not of_one_record(error)


def ending_of(
    plan: Plan, result: RunResult, replication: Replication, entries: Collection[JournalEntry]
) -> Ending:
    """`entries` are the subject's."""
    if result.pause is not None:
        return paused(result.pause, replication)
    # The row has one sentence, so it says the worst: what a person must decide, then the order that is not
    # there, then a step that was refused.
    uncertain = next((failure for failure in result.failures if failure.uncertain), None)
    if uncertain is not None:
        return stopped(uncertain.error, uncertain=True)
    if plan.verdict is not None and (plan.verdict.error_class or not result.failures):
        skipped = plan.verdict.state == State.SKIPPED
        return Ending(
            state=plan.verdict.state,
            reason=plan.verdict.reason,
            level=Level.INFO if skipped else Level.ERROR,
            error_class=plan.verdict.error_class,
            setting=plan.verdict.setting,
        )
    if result.failures:
        ending = stopped(result.failures[0].error)
        if not _is_whole(plan, entries):
            return ending
        return replace(ending, state=State.SUCCEEDED, reason=f"{FOLLOWER_MISSED} {ending.reason}")
    told = [(decision.level, decision.text) for decision in plan.decisions]
    told += [(Level.WARNING, text) for text in result.warnings]
    for level in (Level.ERROR, Level.WARNING):
        if problem := next((text for each, text in told if each == level), ""):
            return Ending(state=State.SUCCEEDED, level=level, reason=problem)
    return Ending(state=State.SUCCEEDED)


def _is_whole(plan: Plan, entries: Collection[JournalEntry]) -> bool:
    """Whether the CRM has the whole order, with its payment: what failed is a step that follows it."""
    if not any(step_of(step.kind).is_whole for step in plan.steps):
        return False
    return all(entry.state == JournalEntry.State.DONE for entry in entries if step_of(entry.kind).is_frozen)


def paused(error: CrmError, replication: Replication) -> Ending:
    """To be tried again later: the row is `retrying` until then, or `waiting` where nothing went wrong."""
    not_before = next_attempt_at(error, replication.failures, DATABASE_CLOCK.now(), random.Random())  # noqa: S311
    if isinstance(error, (SubjectAwaited, SubjectChanged)):
        return Ending(state=State.WAITING, reason=error.message, not_before=not_before)
    costs = costs_attempt(error)
    outage = outage_now(replication.connection_id) if costs else None
    return Ending(
        state=State.RETRYING,
        reason=error.message,
        level=Level.WARNING,
        error_class=error.error_class,
        detail=error.detail,
        not_before=outage.next_probe_at if outage else not_before,
        costs_attempt=costs and outage is None,
        is_outage_time=isinstance(error, (HeldBack, Throttled)),
    )


def pausing(error: CredentialsRejected) -> Ending:
    """Due again as soon as its connection is no longer paused."""
    return Ending(
        state=State.RETRYING,
        reason=error.message,
        level=Level.ERROR,
        error_class=error.error_class,
        setting=error.setting,
        detail=error.detail,
        not_before=DATABASE_CLOCK.now(),
    )


def stopped(error: CrmError, *, uncertain: bool = False) -> Ending:
    """A person must look: parked where a decision is needed, failed where a cure is."""
    return Ending(
        state=State.PARKED if uncertain else State.FAILED,
        reason=error.message,
        level=Level.ERROR,
        error_class=error.error_class,
        setting=error.setting,
        detail=error.detail,
    )


def unless_unfinished(ending: Ending, entries: Collection[JournalEntry]) -> Ending:
    """No good end, and no quiet one, for what is in doubt in the CRM, or begun there and not whole: a person
    must still look, whatever was switched off, changed or cancelled meanwhile. `entries` are the subject's.
    """
    if ending.state not in (State.SKIPPED, State.SUCCEEDED):
        return ending
    # A contact in doubt is nothing to decide: whoever sends the next order finds or makes it.
    in_doubt = [
        entry
        for entry in entries
        if entry.state in IN_DOUBT and (step_of(entry.kind).is_frozen or step_of(entry.kind).once)
    ]
    if in_doubt:
        return _unfinished(f"{STILL_IN_DOUBT} {ending.reason}", in_doubt[0].note)
    begun = any(step_of(entry.kind).is_head and entry.state == JournalEntry.State.DONE for entry in entries)
    missing = [entry for entry in entries if step_of(entry.kind).is_frozen and entry.state in UNSENT]
    if ending.state == State.SKIPPED and begun and missing:
        return _unfinished(f"{NOT_WHOLE} {ending.reason}", missing[0].note)
    return ending


def _unfinished(reason: str, detail: str) -> Ending:
    return Ending(
        state=State.PARKED, reason=reason.strip(), level=Level.ERROR, error_class="unknown", detail=detail
    )


def ending_write(replication: Replication, ending: Ending) -> bool:
    """Write the ending down and give up the lease; False if the row was not ours any more.

    Must run in a transaction.
    """
    now = DATABASE_CLOCK.now()
    terminal = ending.state in TERMINAL
    failed = ending.costs_attempt
    began = (replication.first_failure_at or now) if failed else replication.first_failure_at
    if began and ending.is_outage_time and ending.not_before:
        began += ending.not_before - now
    changes: dict[str, Any] = {
        "state": ending.state,
        "level": ending.level,
        "reason": ending.reason[:500],
        "error_class": ending.error_class,
        "setting": ending.setting,
        "not_before": ending.not_before,
        "failures": replication.failures + failed,
        "first_failure_at": None if terminal else began,
        "crashes": 0,
        "held_since": (replication.held_since or now) if ending.is_held else None,
        "lease_token": "",
        "lease_until": None,
        "finished_at": now if terminal else None,
    }
    if terminal:
        changes |= {
            "subject_version": replication.subject_version,
            "subject_hash": replication.subject_hash,
        }
    ours = Replication.objects.filter(
        pk=replication.pk, lease_token=replication.lease_token, state=State.RUNNING
    )
    if ours.update(**changes) != 1:
        return False
    Attempt.objects.filter(replication=replication, number=replication.attempts).update(
        finished_at=now,
        outcome=ending.state,
        error_class=ending.error_class,
        message=ending.reason[:1000],
        detail=ending.detail[:20_000],
    )
    for name, value in changes.items():
        setattr(replication, name, value)
    return True
