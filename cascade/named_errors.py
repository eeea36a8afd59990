"""A refusal of the CRM with what it is about in front, and the section of the settings that cures it.

The CRM says only that something is not there; which line, user or action set that was, the step knows.
"""

from __future__ import annotations

from cascade.planned import PlannedStep
from crm.errors import CrmError, CrmRejected, MissingInCrm

_UNNAMED = ("", "mappings")

# by the step's name, else by its kind: what it is about, and the section
_SUBJECTS = {
    "create_order": ("Order “{title}”", "products"),
    "place_order": ("Order “{title}”", "products"),
    "add_line": ("Line “{title}” (product {product_id})", "products"),
    "apply_tag": ("Tag “{name}”", "tags"),
    "affiliate_owner": ("Owner of the affiliate, User ID {owner_id}", "affiliates"),
    "set_owner": ("Owner of the contact, User ID {owner_id}", "sales-reps"),
    "run_action_set": ("Action set {action_set_id}", "action-sets"),
}


def refusal_named(error: CrmError, step: PlannedStep) -> CrmError:
    """The same error with what was refused; others, and those that name another section, as they are."""
    subject = _SUBJECTS.get(step.name) or _SUBJECTS.get(step.kind)
    if subject is None or not isinstance(error, MissingInCrm | CrmRejected):
        return error
    what, setting = subject
    if error.setting not in (*_UNNAMED, setting):
        return error
    message = f"{what.format(**step.args)}: {error.message}"
    named = type(error)(message, detail=error.detail, setting=setting, label=error.label)
    named.__cause__ = error
    return named
