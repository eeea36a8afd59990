"""Run a pinned plan: each step once, whatever was lost on the way before.

A step is journalled before its first byte leaves (`cascade.engine.journal`), and what is in doubt is settled
first. The step itself is a file of `cascade/steps/`, such as `create_order.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cascade.engine.journal import Journal, State
from cascade.engine.refusals import refusal_named
from cascade.errors import EffectInDoubt, OrderNotReplicable
from cascade.models import JournalEntry
from cascade.plan import Plan, PlannedStep
from cascade.steps import STEPS
from cascade.steps.base import Context, StepResult
from crm.errors import (
    CardCharged,
    ConfigurationError,
    CredentialsRejected,
    CrmError,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A step that did not get done, and why. `uncertain`: whether it took effect cannot be found out."""

    step: str
    error: CrmError
    uncertain: bool = False


@dataclass(slots=True)
class RunResult:
    """`pause` is set if the rest is to be tried again; else `failures` are final for now.

    `warnings` are what steps that were done had to say.
    """

    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pause: CrmError | None = None


def run_plan(
    plan: Plan,
    journal: Journal,
    context: Context,
    *,
    worth_retrying: Callable[[CrmError], bool],
    holds_all: Callable[[CrmError], bool],
    starting: Callable[[str], None],
) -> RunResult:
    """Work through the steps in order; a failed one blocks what needs it, and nothing else.

    A step whose error is `worth_retrying` is tried again later; the rest goes on meanwhile, unless the error
    `holds_all`: then nothing more would arrive. One that is not worth it any more is a failure like others.
    Raises: LeaseLost; CredentialsRejected and CardCharged, which are the whole connection's trouble.
    """
    result = RunResult()
    for step in plan.steps:
        entry = journal.entry(step)
        if entry.state != State.DONE:
            if not all(journal.is_done(name) for name in step.needs):
                continue
            starting(step.name)
            try:
                _do(step, entry, journal, journal.context_of(context, plan, entry))
            except (CredentialsRejected, CardCharged):
                raise
            except (PermanentError, ConfigurationError) as error:
                result.failures.append(_failed(step, entry, journal, refusal_named(error, step)))
                continue
            except (TransientError, OutcomeUnknown) as error:
                if not worth_retrying(error):
                    result.failures.append(_given_up(step, entry, journal, error))
                    continue
                result.pause = result.pause or error
                if holds_all(error):
                    return result
                continue
        if entry.result == "skipped" or entry.external.get("warns"):
            result.warnings.append(entry.note)
        context = context.with_done(step.kind, entry.args, entry.external)
    return result


def _do(step: PlannedStep, entry: JournalEntry, journal: Journal, context: Context) -> None:
    """Take one step, settling first what an earlier send of it may have done."""
    described = STEPS[step.kind]
    in_doubt = entry.state in (State.UNKNOWN, State.UNCERTAIN)
    if in_doubt and described.once:
        raise EffectInDoubt(step.name)
    if in_doubt and described.probe is not None:
        journal.commit()  # a probe asks which records are another effect's
        found = described.probe(context, entry.args)
        if found is None:
            journal.note_clean_probe(entry)
        elif journal.mark_found(entry, found, step):
            return
        context = replace(context, known=entry.external, unchanged_contact=None)
    journal.mark_sending(entry, step, context.external.get("contact_id"))
    journal.mark_done(entry, _send(entry, journal, context))


def _send(entry: JournalEntry, journal: Journal, context: Context) -> StepResult:
    step = STEPS[entry.kind]
    try:
        return step.run(context, entry.args)
    except OutcomeUnknown as error:
        if step.once:
            journal.mark_unknown(entry)
            raise EffectInDoubt(entry.step, detail=error.detail) from error
        if step.probe is None:
            journal.mark_planned(entry)
        else:
            journal.mark_unknown(entry)
        raise
    except CardCharged:
        journal.mark_unknown(entry)  # the order is there: a resend finds it
        raise
    except (TransientError, CredentialsRejected):
        journal.mark_planned(entry)
        raise


def _failed(step: PlannedStep, entry: JournalEntry, journal: Journal, error: CrmError) -> Failure:
    """Record a refusal. What was in doubt before its probe failed stays in doubt, and is never "rejected"."""
    if entry.state in (State.UNKNOWN, State.UNCERTAIN):
        journal.mark_uncertain(entry, error.message)
        return Failure(step=step.name, error=error, uncertain=True)
    journal.mark_rejected(entry, error.message)
    return Failure(step=step.name, error=error, uncertain=isinstance(error, OrderNotReplicable))


def _given_up(step: PlannedStep, entry: JournalEntry, journal: Journal, error: CrmError) -> Failure:
    if entry.state == State.UNKNOWN:
        journal.mark_uncertain(entry, error.message)
    return Failure(step=step.name, error=error, uncertain=True)
