"""A refusal of the CRM with what it is about in front, and the section of the settings that cures it.

The CRM says only that something is not there; which line, user or action set that was, the step knows.
"""

from __future__ import annotations

import re

from cascade.plan import PlannedStep
from cascade.steps import step_of
from crm.errors import CrmError, CrmRejected, MissingInCrm

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


def missing_record(error: CrmError, kind: str) -> str:
    """What the CRM does not have: "contact", "order", another word, or blank where it does not say."""
    if not isinstance(error, MissingInCrm) or error.label == "field-unknown":
        return ""
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
