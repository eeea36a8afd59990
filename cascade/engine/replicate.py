"""One run of one replication: claim, plan, work through the steps, and write down how it ended.

A worker that was woken, or the scheduler's sweep, calls `replication_run`. The plan comes from the kind of
the replication and is pinned to its row; `cascade.engine.run` works through it.
"""

from __future__ import annotations

import dataclasses
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from background.alone import room
from background.lease import LeaseLost
from cascade.engine.addresses import contact_key_take
from cascade.engine.contact_links import contact_forget, contact_leave, contact_remember, contact_unchanged
from cascade.engine.create import replication_changed, replication_wake
from cascade.engine.journal import Journal, State, journal_prepare, subject_entries
from cascade.engine.kinds import KINDS
from cascade.engine.lease import ReplicationLease, is_suspect, lease_claim, lease_return
from cascade.engine.outcome import (
    Ending,
    attempt_begin,
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
from cascade.models import Replication
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
    with room.entered(alone=is_suspect(replication_id, DATABASE_CLOCK.now())):
        replication = lease_claim(replication_id, DATABASE_CLOCK.now())
        if replication is None:
            return None
        try:
            watch("claimed")
            written = _run_and_end(replication, watch)
        except LeaseLost:
            lease_return(replication)
            return None
        except (OperationalError, InterfaceError):
            lease_return(replication)
            raise
    watch("written")
    if written:
        replication_notice_note(replication)
    return replication if written else None


def _run_and_end(replication: Replication, watch: Watch) -> bool:
    with ReplicationLease(replication) as lease:
        attempt_begin(replication)
        reading = None
        try:
            reading = subject_read(replication)
            ending = _run(replication, reading, lease, watch)
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Replication %s stopped at an error of ours.", replication.pk)
            ending = Ending(
                state=Replication.State.PARKED,
                reason="An error of ours stopped this order. Nothing is lost; tell support, then resend.",
                level=Replication.Level.ERROR,
                error_class="internal",
                detail=traceback.format_exc(),
            )
        watch("ended")
        # Write the ending down together with what it sets going: no crash comes between the two.
        # An end without a plan is the end of the version that was read all the same.
        if reading is not None and not reading.keeps_plan:
            replication.subject_version, replication.subject_hash = reading.version, reading.fingerprint
        with transaction.atomic():
            if not ending_write(replication, ending):
                return False
            try:
                with transaction.atomic():
                    _follow_up(replication)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("What waited for replication %s could not be woken.", replication.pk)
        return True


def _run(replication: Replication, reading: Reading, lease: ReplicationLease, watch: Watch) -> Ending:
    if replication.crashes >= MOST_CRASHES:
        return Ending(
            state=Replication.State.PARKED,
            reason="This order stopped its worker three times in a row. Nothing more is sent until somebody "
            "resends it.",
            level=Replication.Level.ERROR,
            error_class="internal",
        )
    connection = replication.connection
    account = open_crm(
        connection,
        step="plan",
        trace_id=replication.trace_id,
        attempt=replication.attempts,
        observers=(lease,) if watch is unwatched else (lease, _CallsAtCheckpoints(watch)),
    )
    try:
        plan = plan_pinned(replication, reading, account.crm, lease)
        watch("planned")
        result = _run_steps(replication, plan, account, lease)
        if plan.again and result.pause is None:
            account.log.step = "plan"
            replanned = dataclasses.replace(reading, keeps_plan=False)
            plan = plan_pinned(replication, replanned, account.crm, lease)
            watch("planned again")
            result = _run_steps(replication, plan, account, lease)
        return unless_unfinished(replication, ending_of(plan, result, replication))
    except CredentialsRejected as error:
        return _refused_once(replication, error) or pausing(error)
    except CardCharged as error:
        connection_pause(connection, error.message)
        return stopped(error, uncertain=True)
    except (TransientError, OutcomeUnknown) as error:  # of the look-ups before the plan
        if worth_retrying(replication, error):
            return paused(error, replication)
        return stopped(error, uncertain=True)
    except CrmError as error:
        return stopped(error)
    finally:
        account.gate.end()


def _run_steps(replication: Replication, plan: Plan, account: Account, lease: ReplicationLease) -> RunResult:
    if not plan.steps:
        return RunResult()

    kind = KINDS[replication.kind]

    def starting(step: str) -> None:
        account.log.step = step
        # Stop before the next step if a newer version took the plan's place: a cart that was just bought is
        # not tagged any more, an order that was just lowered is not sent as it was.
        if not kind.is_frozen(list(journal.entries.values())):
            subject = kind.subject_of(replication)
            if subject is None or kind.version(subject) != replication.subject_version:
                raise SubjectChanged

    journal = Journal(replication, lease)
    ahead = [step.name for step in plan.steps if journal.entries[step.name].state != State.DONE]
    # A step is a call at most, but for the contact's read over REST, and what a probe may need.
    account.gate.begin(
        replication.trace_id,
        len(ahead) + SPARE_CALLS,
        begun=len(ahead) < len(plan.steps),
        backfill=replication.lane == Replication.Lane.BACKFILL,
    )

    def run() -> RunResult:
        account.log.keep, account.gate.along = journal.keep_call, partial(journal.commit, savepoint=False)
        try:
            result = run_plan(
                plan,
                journal,
                Context(crm=account.crm, unchanged_contact=contact_unchanged(replication, journal.contact)),
                worth_retrying=lambda error: worth_retrying(replication, error),
                holds_all=lambda error: holds_all(replication, error),
                starting=starting,
            )
        except LeaseLost:
            journal.write_calls()
            raise
        except Exception:
            journal.commit()
            raise
        finally:
            account.log.keep, account.gate.along = None, lambda: None
        journal.commit()
        return result

    try:
        result = run()
    except (CredentialsRejected, CardCharged):
        contact_remember(replication, journal.contact)
        raise
    missing = [failure for failure in result.failures if isinstance(failure.error, MissingInCrm)]
    written_now = journal.contact is not None and "contact" in ahead and journal.contact.result != "unchanged"
    # The contact we thought we knew may be what is gone: then it is found or made again.
    if _forget(replication, plan, journal, missing) and not written_now:
        result = run()
    contact_remember(replication, journal.contact)
    _forget_absent(replication, plan, journal)
    return result


def _forget_absent(replication: Replication, plan: Plan, journal: Journal) -> None:
    """What was just made is no longer absent from the CRM, for the next one that asks."""
    for step in plan.steps:
        made = step_of(step.kind).names_made
        if made is not None and journal.entries[step.name].state == State.DONE:
            for list_kind, name in made(step.args):
                directory_forget(replication.connection, list_kind, name=name)


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


def _follow_up(replication: Replication) -> None:
    """See to what a crash in between would forget: a newer version, and what waited for this end."""
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is None:
        return
    ended = replication.state not in Replication.OPEN
    if ended:
        kind.ended(subject)
    # What it waits for may have ended while it was told to wait.
    waits = kind.waits_for_others and replication.state == Replication.State.WAITING
    if waits and not kind.awaited(replication, subject):
        replication_wake(replication)
    if ended and kind.version(subject) > replication.subject_version:
        replication_changed(subject)


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


def plan_pinned(replication: Replication, reading: Reading, crm: Crm, lease: ReplicationLease) -> Plan:
    """The plan this replication keeps; a newer version of the subject makes a new one until it is frozen.

    Raises: the CrmError of a look-up; HeldBack while another replication of its contact is in flight.
    """
    kind, subject = KINDS[replication.kind], reading.subject
    if subject is None:
        return Draft(verdict=PlanVerdict(state="skipped", reason=GONE)).plan()
    if reading.keeps_plan and replication.plan is not None:
        return Plan.from_json(replication.plan)
    contact_key = kind.keys(subject)["contact_key"]  # it may have changed since the row was made
    if replication.contact_key != contact_key:
        contact_key_take(replication, contact_key)
        replication.contact_key = contact_key
    anew = replication.triggered_by == Replication.Trigger.RESEND
    if anew:
        kind.verify(replication, crm, lease)
    plan = kind.plan(replication, subject, crm, anew=anew)
    with transaction.atomic():
        lease.renew()
        replication.plan = plan.to_json()
        replication.subject_version = reading.version
        replication.subject_hash = reading.fingerprint
        replication.save(update_fields=["plan", "subject_version", "subject_hash"])
        contact_leave(replication, plan)
        journal_prepare(replication, plan)
    return plan


def _serialise(replication: Replication, contact_key: str) -> None:
    """Run under the subject's address of now: it may have changed since the row was made.

    Raises: HeldBack while another replication of that contact is in flight.
    """
    if replication.contact_key == contact_key:
        return
    contact_key_take(replication, contact_key)
    replication.contact_key = contact_key
