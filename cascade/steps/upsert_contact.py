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
    data = contact_data(dict(args), lead_source_id=_lead_source_id(context, args))
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
    lead_source_id = (
        0 if found[0].lead_source_id and not args.get("replace_lead_source") else _wanted(context, args)
    )
    context.crm.update_contact(contact_id, contact_data(dict(args), lead_source_id=lead_source_id))
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


def _lead_source_id(context: Context, args: Mapping[str, Any]) -> int:
    """The lead source to write: none where a contact of that address has one, unless it is to be replaced."""
    wanted = _wanted(context, args)
    if not wanted or args["replace_lead_source"]:
        return wanted
    found = [
        contact
        for contact in context.crm.find_contacts_by_email(args["email"])
        if _matches(contact, args, DuplicateCheck(args["check"]))
    ]
    return 0 if any(contact.lead_source_id for contact in found) else wanted


def _wanted(context: Context, args: Mapping[str, Any]) -> int:
    """Known when the order was planned, or made by the step before this one."""
    if not args.get("lead_source"):
        return 0
    return int(args["lead_source_id"] or context.external.get("lead_source_id") or 0)
