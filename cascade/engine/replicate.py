"""One run of one replication: claim, plan, work through the steps, and write down how it ended.

A worker that was woken, or the scheduler's sweep, calls `replication_run`. The plan comes from the kind of
the replication and is pinned to its row; `cascade.engine.run` works through it.
"""

from __future__ import annotations

import dataclasses
import logging
import traceback
from collections.abc import Callable
from functools import partial

from django.db import InterfaceError, OperationalError, transaction

from background.alone import room
from background.lease import LeaseLost
from cascade.engine.contact_links import contact_forget, contact_remember, contact_unchanged
from cascade.engine.create import replication_changed, replication_wake
from cascade.engine.journal import Journal
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
from cascade.engine.pinning import Reading, plan_pinned, subject_read
from cascade.engine.refusals import missing_record
from cascade.engine.run import Failure, RunResult, run_plan
from cascade.errors import SubjectChanged
from cascade.models import Replication
from cascade.plan import Plan
from cascade.replication_notices import replication_notice_note
from cascade.steps import step_of
from cascade.steps.base import Context
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

logger = logging.getLogger(__name__)

MOST_CRASHES = 3
SPARE_CALLS = 2
REFUSED_ONCE = (
    "The CRM refused the key for this call, though it takes it otherwise. It is tried again automatically; "
    "nothing needs to be done."
)

# Told of every named moment of a run; tests stop a run, or kill its process, at each of them in turn.
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
            ending = _internal_error()
        watch("ended")
        return _end(replication, ending, reading)


def _run(replication: Replication, reading: Reading, lease: ReplicationLease, watch: Watch) -> Ending:
    if replication.crashes >= MOST_CRASHES:
        return _poison()
    connection = replication.connection
    account = open_crm(
        connection,
        step="plan",
        trace_id=replication.trace_id,
        attempt=replication.attempts,
        observers=(lease, _CallsAtCheckpoints(watch)),
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

    def starting(step: str) -> None:
        account.log.step = step
        _check_wanted(replication, journal)

    journal = Journal(replication, lease)
    ahead = [step for step in plan.steps if not journal.is_done(step.name)]
    ahead_names = {step.name for step in ahead}
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
    written_now = (
        journal.contact is not None
        and journal.contact.step in ahead_names
        and (journal.contact.result != "unchanged")
    )
    for failure in missing:
        _forget(replication, plan, journal, failure.step)
    if missing:
        contact_forget(replication)
    if any(_may_miss_contact(failure, plan) for failure in missing) and not written_now:
        result = run()  # the contact we thought we knew may be what is gone: now it is found or made again
    contact_remember(replication, journal.contact)
    _forget_absent(replication, plan, journal)
    return result


def _check_wanted(replication: Replication, journal: Journal) -> None:
    """Stop before the next step if a newer version took the plan's place: a cart that was just bought is not
    tagged any more, an order that was just lowered is not sent as it was. Raises: SubjectChanged."""
    kind = KINDS[replication.kind]
    if kind.is_frozen(journal.entries):
        return
    subject = kind.subject_of(replication)
    if subject is None or kind.version(subject) != replication.subject_version:
        raise SubjectChanged


def _end(replication: Replication, ending: Ending, reading: Reading | None) -> bool:
    """Write the ending down together with what it sets going: no crash comes between the two.

    An end without a plan is the end of the version that was read all the same.
    """
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


def _may_miss_contact(failure: Failure, plan: Plan) -> bool:
    step = next(step for step in plan.steps if step.name == failure.step)
    return "contact" in step.needs and missing_record(failure.error, step.kind) in ("", "contact")


def _forget_absent(replication: Replication, plan: Plan, journal: Journal) -> None:
    """What was just made is no longer absent from the CRM, for the next one that asks."""
    for step in plan.steps:
        if journal.is_done(step.name):
            for kind, name in step_of(step.kind).names_made(step.args):
                directory_forget(replication.connection, kind, name=name)


def _forget(replication: Replication, plan: Plan, journal: Journal, step_name: str) -> None:
    """What the CRM no longer has is asked for anew by the next plan; a gone contact is made again."""
    step = next(step for step in plan.steps if step.name == step_name)
    along = [each for each in plan.steps if each.kind in step_of(step.kind).takes_along]
    used = {name for each in (step, *along) for name in step_of(each.kind).names_used(each.args)}
    for kind, crm_id in used:
        directory_forget(replication.connection, kind, crm_id=crm_id)
    journal.reopen("contact")


class _CallsAtCheckpoints:
    """Names the two moments of every request."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def sending(self, call: Call) -> None:
        self.watch(f"before {call.operation}")

    def finished(self, outcome: CallOutcome) -> None:
        self.watch(f"after {outcome.call.operation}")


def _poison() -> Ending:
    return Ending(
        state=Replication.State.PARKED,
        reason="This order stopped its worker three times in a row. Nothing more is sent until somebody "
        "resends it.",
        level=Replication.Level.ERROR,
        error_class="internal",
    )


def _internal_error() -> Ending:
    return Ending(
        state=Replication.State.PARKED,
        reason="An error of ours stopped this order. Nothing is lost; tell support, then resend.",
        level=Replication.Level.ERROR,
        error_class="internal",
        detail=traceback.format_exc(),
    )
