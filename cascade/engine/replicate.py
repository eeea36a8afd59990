"""One run of one replication: claim, plan, work through the steps, and write down how it ended.

A worker that was woken, or the scheduler's sweep, calls `replication_run`. The plan comes from the kind of
the replication and is pinned to its row; `cascade.engine.run` works through it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from background.alone import room
from background.lease import LeaseLost
from cascade.engine.addresses import contact_key_take
from cascade.engine.contact_links import contact_forget, contact_leave, contact_remember, contact_unchanged
from cascade.engine.create import replication_changed, replication_wake
from cascade.engine.journal import Journal, State, journal_prepare, subject_entries
from cascade.engine.kinds import KINDS
from cascade.engine.lease import (
    ReplicationLease,
    is_suspect,
    lease_claim,
    lease_return,
    replication_seen,
)
from cascade.engine.outcome import (
    Ending,
    ending_of,
    ending_write,
    holds_all,
    paused,
    pausing,
    stopped,
    unless_unfinished,
    worth_retrying,
)
from cascade.engine.run import Failure, RunResult, missing_record, run_plan
from cascade.errors import SubjectChanged
from cascade.models import JournalEntry, Replication
from cascade.plan import Draft, Plan, PlanVerdict
from cascade.replication_notices import replication_notice_note
from cascade.steps import step_of
from cascade.steps.base import Context
from crm.contract import Crm
from crm.errors import (
    CardCharged,
    CredentialsRejected,
    CrmError,
    MissingInCrm,
    OutcomeUnknown,
    TransientError,
)
from crm.http.observe import Call, CallOutcome
from mappings.access.connect import connection_pause
from mappings.access.open import Account, open_crm
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.checks.credential_probes import credentials_refused
from mappings.directory.names import directory_forget

GONE = "What this was about is no longer stored, so there is nothing to send."

logger = logging.getLogger(__name__)

MOST_CRASHES = 3
SPARE_CALLS = 2
REFUSED_ONCE = (
    "The CRM refused the key for this call, though it takes it otherwise. It is tried again automatically; "
    "nothing needs to be done."
)

# Called at each checkpoint of a run; tests stop a run, or kill its process, at each of them in turn.
Watch = Callable[[str], None]


def unwatched(moment: str) -> None:
    """Let every moment pass."""


def replication_run(replication_id: int, *, watch: Watch = unwatched) -> Replication | None:
    """Do what is due for one replication; None if there is nothing to do or somebody else is at it.

    Repeat: safe, from any number of workers at once. Raises: OperationalError, InterfaceError, when the
    database did not answer; the row is given back, and whoever takes it goes on from the journal.
    """
    replication = replication_seen(replication_id)
    if replication is None:
        return None
    with room.entered(alone=is_suspect(replication, DATABASE_CLOCK.now())):
        if not lease_claim(replication, DATABASE_CLOCK.now()):
            return None
        try:
            watch("claimed")
            with ReplicationLease(replication) as lease:
                run = _Run(replication, lease, watch)
                try:
                    written = run.to_its_end()
                except (LeaseLost, OperationalError, InterfaceError):
                    run.give_back()
                    raise
        except LeaseLost:
            lease_return(replication)
            return None
        except (OperationalError, InterfaceError):
            lease_return(replication)
            raise
    watch("written")
    if not written:
        return None
    replication_notice_note(replication)
    replication.subject = run.reading.subject if run.reading else None
    return replication


class _Run:
    """One run of a claimed replication. What came of the last call is written together with how it ended."""

    def __init__(self, replication: Replication, lease: ReplicationLease, watch: Watch) -> None:
        self.replication, self.lease, self.watch = replication, lease, watch
        self.reading: Reading | None = None
        self.account: Account | None = None
        self.journal: Journal | None = None

    def to_its_end(self) -> bool:
        """Whether the row was still ours at the end."""
        try:
            ending = self._ending()
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Replication %s stopped at an error of ours.", self.replication.pk)
            ending = Ending(
                state=Replication.State.PARKED,
                reason="An error of ours stopped this order. Nothing is lost; tell support, then resend.",
                level=Replication.Level.ERROR,
                error_class="internal",
                detail=traceback.format_exc(),
            )
        self.watch("ended")
        # An end without a plan is the end of the version that was read all the same.
        if self.reading is not None and not self.reading.keeps_plan:
            self.replication.subject_version = self.reading.version
            self.replication.subject_hash = self.reading.fingerprint
        try:
            return self._write(ending)
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The end of replication %s is written part by part.", self.replication.pk)
            self._commit()
            return self._write(ending, guarded=True)

    def _write(self, ending: Ending, *, guarded: bool = False) -> bool:
        """The ending together with what it sets going: no crash comes between the two.

        `guarded`: what it sets going may fail alone.
        """
        with transaction.atomic():
            if self.journal is not None:
                self.journal.commit(savepoint=False)
                contact_remember(self.replication, self.journal.contact)
            if not ending_write(self.replication, ending):
                return False
            if self.account is not None:
                self.account.gate.end()
            try:
                with transaction.atomic(savepoint=guarded):
                    self._follow_up()
            except Exception as error:
                if not guarded or isinstance(error, (OperationalError, InterfaceError)):
                    raise
                logger.exception("What waited for replication %s could not be woken.", self.replication.pk)
        return True

    def _follow_up(self) -> None:
        """See to what a crash would forget: a newer version, and what waited for this end."""
        replication, kind = self.replication, KINDS[self.replication.kind]
        subject = self.reading.subject if self.reading else kind.subject_of(replication)
        if subject is None:
            return
        ended = replication.state not in Replication.OPEN
        version = kind.ended(replication, subject) if ended else None
        # What it waits for may have ended while it was told to wait.
        waits = kind.waits_for_others and replication.state == Replication.State.WAITING
        if waits and (now := kind.subject_of(replication)) and not kind.awaited(replication, now):
            replication_wake(replication)
        if (version or 0) > replication.subject_version:
            newest = kind.subject_of(replication)
            if newest is not None:
                replication_changed(newest)

    def give_back(self) -> None:
        """What it can of what came of the last call, and its quota: the row is another's, or the database
        did not answer.
        """
        connection.close_if_unusable_or_obsolete()
        with contextlib.suppress(LeaseLost, CrmError, DatabaseError, InterfaceError):
            try:
                self._commit()
            except LeaseLost:
                if self.journal is not None:
                    self.journal.write_calls()
            if self.account is not None:
                self.account.gate.end()

    def _ending(self) -> Ending:
        replication = self.replication
        self.reading = reading = subject_read(replication)
        if replication.crashes >= MOST_CRASHES:
            return Ending(
                state=Replication.State.PARKED,
                reason="This order stopped its worker three times in a row. Nothing more is sent until "
                "somebody resends it.",
                level=Replication.Level.ERROR,
                error_class="internal",
            )
        self.account = account = open_crm(
            replication.connection,
            step="plan",
            trace_id=replication.trace_id,
            attempt=replication.attempts,
            observers=(self.lease, *(() if self.watch is unwatched else (_CallsAtCheckpoints(self.watch),))),
        )
        try:
            plan = self._plan(reading)
            result = self._steps(plan)
            if plan.again and result.pause is None:
                account.log.step = "plan"
                self._commit()
                plan = self._plan(dataclasses.replace(reading, keeps_plan=False), again=True)
                result = self._steps(plan)
            entries = subject_entries(replication) if self.journal is None else self.journal.entries.values()
            return unless_unfinished(ending_of(plan, result, replication, entries), entries)
        except CredentialsRejected as error:
            self._commit()
            return _refused_once(replication, error) or pausing(error)
        except CardCharged as error:
            connection_pause(replication.connection, error.message)
            return stopped(error, uncertain=True)
        except (TransientError, OutcomeUnknown) as error:  # of the look-ups before the plan
            if worth_retrying(replication, error):
                return paused(error, replication)
            return stopped(error, uncertain=True)
        except CrmError as error:
            return stopped(error)

    def _plan(self, reading: Reading, *, again: bool = False) -> Plan:
        assert self.account is not None
        plan, entries = plan_pinned(self.replication, reading, self.account.crm, self.lease)
        self.watch("planned again" if again else "planned")
        self.journal = Journal(self.replication, self.lease, entries) if plan.steps else None
        return plan

    def _commit(self) -> None:
        """Write down what the last reply brought, for what comes next may take its time, or reads it."""
        if self.journal is not None:
            self.journal.commit()

    def _steps(self, plan: Plan) -> RunResult:
        replication, account, journal = self.replication, self.account, self.journal
        if journal is None or account is None:
            return RunResult()
        kind = KINDS[replication.kind]

        def starting(step: str) -> None:
            account.log.step = step
            # Stop before the next step if a newer version took the plan's place: a cart that was just bought
            # is not tagged any more, an order that was just lowered is not sent as it was.
            if not kind.is_frozen(list(journal.entries.values())):
                version = kind.version_now(replication)
                if version != replication.subject_version:
                    raise SubjectChanged

        ahead = [step.name for step in plan.steps if journal.entries[step.name].state != State.DONE]
        # A step is a call at most, but for the contact's read over REST, and what a probe may need.
        account.gate.begin_with_call(
            replication.trace_id,
            len(ahead) + SPARE_CALLS,
            begun=len(ahead) < len(plan.steps),
            backfill=replication.lane == Replication.Lane.BACKFILL,
        )

        def run() -> RunResult:
            account.log.keep, account.gate.along = journal.keep_call, partial(journal.commit, savepoint=False)
            try:
                return run_plan(
                    plan,
                    journal,
                    Context(
                        crm=account.crm, unchanged_contact=contact_unchanged(replication, journal.contact)
                    ),
                    worth_retrying=lambda error: worth_retrying(replication, error),
                    holds_all=lambda error: holds_all(replication, error),
                    starting=starting,
                )
            finally:
                account.log.keep, account.gate.along = None, lambda: None

        result = run()
        missing = [failure for failure in result.failures if isinstance(failure.error, MissingInCrm)]
        written_now = (
            journal.contact is not None and "contact" in ahead and journal.contact.result != "unchanged"
        )
        # The contact we thought we knew may be what is gone: then it is found or made again.
        if _forget(replication, plan, journal, missing) and not written_now:
            result = run()
        return result


def _forget(replication: Replication, plan: Plan, journal: Journal, missing: list[Failure]) -> bool:
    """Ask anew, by the next plan, for what the CRM no longer has; whether the contact may be what is gone."""
    of_contact = False
    for failure in missing:
        step = next(step for step in plan.steps if step.name == failure.step)
        along = [each for each in plan.steps if each.kind in step_of(step.kind).takes_along]
        used = {name for each in (step, *along) for name in step_of(each.kind).names_used(each.args)}
        for list_kind, crm_id in used:
            directory_forget(replication.connection, list_kind, crm_id=crm_id)
        journal.reopen("contact")
        contact_forget(replication)
        by_contact = "contact" in step.needs
        of_contact |= by_contact and missing_record(failure.error, step.kind) in ("", "contact")
    return of_contact


def _refused_once(replication: Replication, error: CredentialsRejected) -> Ending | None:
    """How the run ends if the credentials, asked by themselves, are not refused; else pauses the connection.

    Source: github.com/infusionsoft/infusionsoft-php issue 158, a 401 now and then for a valid token.
    """
    if not credentials_refused(replication.connection):
        once = TransientError(REFUSED_ONCE, detail=error.detail, label=error.label)
        if worth_retrying(replication, once):
            return paused(once, replication)
    connection_pause(replication.connection, error.message, probed=True)
    return None


class _CallsAtCheckpoints:
    """Names the two moments of every request."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def sending(self, call: Call) -> None:
        self.watch(f"before {call.operation}")

    def finished(self, outcome: CallOutcome) -> None:
        self.watch(f"after {outcome.call.operation}")


# -- the plan, made at the first run, pinned, and kept through its retries ------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """The subject as a run found it when it began; what comes in later is seen to be newer.

    `keeps_plan`: the pinned plan goes on, for it is of this version, or too much of it was sent.
    """

    subject: Any
    version: int = 0
    fingerprint: str = ""
    keeps_plan: bool = False


def subject_read(replication: Replication) -> Reading:
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is None:
        return Reading(None)
    version = kind.version(subject)
    keeps_plan = replication.plan is not None and (
        version == replication.subject_version or kind.is_frozen(subject_entries(replication))
    )
    return Reading(subject, version, kind.fingerprint(subject), keeps_plan)


def plan_pinned(
    replication: Replication, reading: Reading, crm: Crm, lease: ReplicationLease
) -> tuple[Plan, list[JournalEntry] | None]:
    """The plan this replication keeps; a newer version of the subject makes a new one until it is frozen.

    With a new one come the subject's entries in the journal, as it left them.
    Raises: the CrmError of a look-up; HeldBack while another replication of its contact is in flight.
    """
    kind, subject = KINDS[replication.kind], reading.subject
    if subject is None:
        return Draft(verdict=PlanVerdict(state="skipped", reason=GONE)).plan(), None
    if reading.keeps_plan and replication.plan is not None:
        return Plan.from_json(replication.plan), None
    contact_key = kind.keys(subject)["contact_key"]  # it may have changed since the row was made
    if replication.contact_key != contact_key:
        contact_key_take(replication, contact_key)
        replication.contact_key = contact_key
        replication.__dict__.pop("has_link", None)
    anew = replication.triggered_by == Replication.Trigger.RESEND
    if anew:
        kind.verify(replication, crm, lease)
    plan = kind.plan(replication, subject, crm, anew=anew)
    pinned = {
        "plan": plan.to_json(),
        "subject_version": reading.version,
        "subject_hash": reading.fingerprint,
    }
    with transaction.atomic():
        lease.renew(**pinned)
        entries = subject_entries(replication)
        contact_leave(replication, plan, entries)
        entries = journal_prepare(replication, plan, entries)
    for name, value in pinned.items():
        setattr(replication, name, value)
    return plan, entries
