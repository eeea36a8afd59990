"""Run a pinned plan: each step once, whatever was lost on the way before.

A step is journalled before its first byte leaves (`cascade.engine.journal`), and what is in doubt is settled
first. The step itself is a file of `cascade/steps/`, such as `create_order.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cascade.engine.journal import Journal, State
from cascade.errors import EffectInDoubt, OrderNotReplicable, ReadsLag
from cascade.models import JournalEntry
from cascade.plan import Plan, PlannedStep
from cascade.steps import STEPS, step_of
from cascade.steps.base import Context
from crm.errors import (
    CardCharged,
    ConfigurationError,
    CredentialsRejected,
    CrmError,
    CrmRejected,
    MissingInCrm,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)

# The record that the CRM's own words say is not there.
_MISSING = re.compile(
    r"\b(?:(?P<contact>contact)|(?P<order>invoice|job|order)|(?P<other>\w+))(?: was)? not found\b"
    r"|\b(?P<contact3>contact)_does_not_exist\b"
    r"|\bthere is no (?:(?P<contact2>contact)|(?P<order2>invoice|job|order)|(?P<other2>\w+))\b",
    re.IGNORECASE,
)
_GONE = {
    "contact": (
        "The CRM no longer has this contact: it was merged or deleted there. Send it again: then the contact "
        "is found, or made anew."
    ),
    "order": (
        "The CRM no longer has this order: it was deleted there. Send the order again if it should be there; "
        "what belongs to it, such as shipments, follows."
    ),
}


IN_DOUBT = (State.UNKNOWN, State.UNCERTAIN)


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
        entry = journal.entries[step.name]
        if entry.state != State.DONE:
            done = {name for name, each in journal.entries.items() if each.state == State.DONE}
            if not done.issuperset(step.needs):
                continue
            starting(step.name)
            try:
                _take(step, entry, journal, journal.context_of(context, plan, entry))
            except (CredentialsRejected, CardCharged):
                raise
            except (PermanentError, ConfigurationError) as refusal:
                result.failures.append(_failed(step, entry, journal, refusal_named(refusal, step)))
                continue
            except (TransientError, OutcomeUnknown) as error:
                if not worth_retrying(error):
                    result.failures.append(_failed(step, entry, journal, error, given_up=True))
                    continue
                result.pause = result.pause or error
                if holds_all(error):
                    return result
                continue
        if entry.result == "skipped" or entry.external.get("warns"):
            result.warnings.append(entry.note)
        context = context.with_done(step.kind, entry.args, entry.external)
    return result


def _failed(
    step: PlannedStep, entry: JournalEntry, journal: Journal, error: CrmError, *, given_up: bool = False
) -> Failure:
    """Record a refusal. What was in doubt before its probe failed stays in doubt, and is never "rejected"."""
    in_doubt = entry.state in IN_DOUBT
    if entry.state == State.UNKNOWN or (in_doubt and not given_up):
        journal.mark_uncertain(entry, error.message)
    elif not given_up:
        journal.mark_rejected(entry, error.message)
    uncertain = given_up or in_doubt or isinstance(error, OrderNotReplicable)
    return Failure(step=step.name, error=error, uncertain=uncertain)


def _take(step: PlannedStep, entry: JournalEntry, journal: Journal, context: Context) -> None:
    """Take one step. What the CRM calls missing is waited for while we may have made it a moment ago."""
    try:
        _do(step, entry, journal, context)
    except MissingInCrm as error:
        if missing_record(error, step.kind) in _GONE:
            try:
                journal.look_again()
            except ReadsLag:
                if entry.state == State.SENDING:
                    journal.mark_planned(entry)
                raise
        raise


def _do(step: PlannedStep, entry: JournalEntry, journal: Journal, context: Context) -> None:
    """Take one step, settling first what an earlier send of it may have done."""
    described = STEPS.get(step.kind)
    assert described is not None, step.kind  # before anything of a step that is gone is marked as sent
    in_doubt = entry.state in IN_DOUBT
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
    sent = STEPS[entry.kind]
    try:
        result = sent.run(context, entry.args)
    except OutcomeUnknown as error:
        if sent.once:
            journal.mark_unknown(entry)
            raise EffectInDoubt(entry.step, detail=error.detail) from error
        if sent.probe is None:
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
    journal.mark_done(entry, result)


# -- what the CRM refuses -------------------------------------------------------------------------------


def missing_record(error: CrmError, kind: str) -> str:
    """What the CRM does not have: "contact", "order", another word, or blank where it does not say."""
    if not isinstance(error, MissingInCrm) or error.label == "field-unknown":
        return ""
    if error.label == "invoice-gone":
        return "order"
    named = _MISSING.search(error.detail)
    found = {name.rstrip("23"): word for name, word in (named.groupdict() if named else {}).items() if word}
    if not found or found.get("other", "").casefold() in ("record", "it"):
        return step_of(kind).only_on
    return next(iter(found.keys() & _GONE.keys()), found.get("other", "").casefold())


def refusal_named(error: CrmError, step: PlannedStep) -> CrmError:
    """The same error with what was refused; others, and those that name another section, as they are."""
    if (gone := _GONE.get(missing_record(error, step.kind))) is not None:
        missing = MissingInCrm(gone, detail=error.detail, label=error.label)
        missing.__cause__ = error
        return missing
    described = step_of(step.kind)
    about, setting = described.named.get(step.name, (described.about, described.setting))
    if not about or not isinstance(error, MissingInCrm | CrmRejected):
        return error
    if error.setting not in ("", "mappings", setting):
        return error
    message = f"{about.format(**step.args)}: {error.message}"
    named = type(error)(message, detail=error.detail, setting=setting, label=error.label)
    named.__cause__ = error
    return named
