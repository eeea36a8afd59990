"""Bring the buyer's contact up to date, adding it where there is none.

Not safe to repeat: with the company check each repeat of the upsert adds a contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.contact_data import contact_data
from cascade.context import Context, StepResult
from crm.contract import ContactRecord, DuplicateCheck
from crm.errors import MissingInCrm


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    if context.unchanged_contact is not None:
        return StepResult(result="unchanged", external={"contact_id": context.unchanged_contact})
    data = contact_data(dict(args))
    if known := context.known.get("contact_id"):
        try:
            context.crm.update_contact(int(known), data)
            return StepResult(result="updated", external={"contact_id": int(known)})
        except MissingInCrm:
            pass  # merged or deleted since: the upsert finds or makes its successor
    contact_id = context.crm.upsert_contact(data, DuplicateCheck(args["check"]))
    return StepResult(result="created", external={"contact_id": contact_id})


def probe(context: Context, args: Mapping[str, Any]) -> StepResult | None:
    """Find the contact as the check would, and write the values again: that repeat is harmless."""
    found = [
        contact
        for contact in context.crm.find_contacts_by_email(args["email"])
        if _matches(contact, args, DuplicateCheck(args["check"]))
    ]
    if not found:
        return None
    contact_id = found[0].id
    context.crm.update_contact(contact_id, contact_data(dict(args)))
    return StepResult(
        result="updated", external={"contact_id": contact_id}, note="Found again after a lost reply."
    )


def _matches(contact: ContactRecord, args: Mapping[str, Any], check: DuplicateCheck) -> bool:
    if check == DuplicateCheck.EMAIL:
        return True
    names = (contact.first_name, contact.last_name) == (args["first_name"], args["last_name"])
    if check == DuplicateCheck.EMAIL_AND_NAME:
        return names
    return names and contact.company == args["company"]
