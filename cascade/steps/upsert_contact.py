"""Bring the subject's contact up to date, adding it where there is none.

Not safe to repeat: with the company check each repeat of the upsert adds a contact.

Whose contact it is follows the address. A contact that the subject has already keeps its e-mail; once the
subject has another address, it goes to the contact of that one. Only a contact that this very subject made,
and on which nothing else hangs, is given the new address instead.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cascade.planning.contact import contact_data
from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from crm.emails import email_key
from crm.errors import MissingInCrm
from crm.records import ContactData, ContactRecord, DuplicateCheck


def run(context: Context, args: Args) -> StepResult:
    if context.unchanged_contact is not None:
        return _stands_on(context, args, context.unchanged_contact, result="unchanged")
    data = contact_data(dict(args), lead_source_id=_lead_source_id(context, args))
    known = context.known.get("contact_id")
    if known is None:
        return _upserted(context, args, data)
    known = int(known)
    if not _has_moved(context, args):
        return _updated(context, args, known, data) or _upserted(context, args, data)
    found = _matching(context, args)
    if any(contact.id == known for contact in found):  # corrected in the CRM too, or by a lost call of ours
        return _updated(context, args, known, data) or _upserted(context, args, data)
    left = context.known["email"]
    if not found:
        # Nobody else may come to hang on the contact between the look and the change.
        with context.address_held(left, args["email"]) as others:
            if not others and _is_ours_alone(context, known, left):
                context.crm.update_contact(known, data)
                return _stands_on(context, args, known, result="updated", note=f"Its e-mail was {left}.")
    note = (
        f"The e-mail was {left} before. Contact {known} of that address is left as it is, with what it got "
        "for this before (tags, goals, notes); remove there what does not belong to it."
    )
    return _upserted(context, args, data, note)


def probe(context: Context, args: Args) -> StepResult | None:
    """Find the contact as the check would, and write the values again: that repeat is harmless."""
    known = context.known.get("contact_id")
    if known is not None and not _has_moved(context, args):
        data = contact_data(dict(args), lead_source_id=_lead_source_id(context, args))
        if (result := _updated(context, args, int(known), data)) is not None:
            return result
    found = _matching(context, args)
    if not found:
        return None
    contact = next((each for each in found if each.id == known), found[0])
    keeps_source = contact.lead_source_id and not args.get("replace_lead_source")
    lead_source_id = 0 if keeps_source else _wanted(context, args)
    began = context.send_began_at
    result = _updated(
        context,
        args,
        contact.id,
        contact_data(dict(args), lead_source_id=lead_source_id),
        made_between=[began.isoformat(), datetime.now(UTC).isoformat()] if began else None,
        note="Found again after a lost reply.",
    )
    if result is None:
        raise MissingInCrm("The contact was deleted in the CRM while it was written. Send the order again.")
    return result


def _upserted(context: Context, args: Args, data: ContactData, note: str = "") -> StepResult:
    began = datetime.now(UTC)
    contact_id = context.crm.upsert_contact(data, DuplicateCheck(args["check"]))
    between = [began.isoformat(), datetime.now(UTC).isoformat()]
    return _stands_on(
        context, args, contact_id, result="created", made_between=between, note=note, warns=bool(note)
    )


def _updated(
    context: Context, args: Args, contact_id: int, data: ContactData, **more: Any
) -> StepResult | None:
    """Write all but the e-mail, which is the contact's own; None if the contact was merged or deleted."""
    try:
        context.crm.update_contact(contact_id, data.without_email())
    except MissingInCrm:
        return None
    return _stands_on(context, args, contact_id, result="updated", **more)


def _stands_on(
    context: Context,
    args: Args,
    contact_id: int,
    *,
    result: str,
    made_between: list[str] | None = None,
    note: str = "",
    warns: bool = False,
) -> StepResult:
    """`made_between`: when the contact was created if the upsert made it rather than found it."""
    external = {"contact_id": contact_id, "email": args["email"]}
    if contact_id != context.known.get("contact_id"):
        external["made_between"] = made_between
    return StepResult(result=result, external=external, note=note, warns=warns)


# -- another address ------------------------------------------------------------------------------------


def _has_moved(context: Context, args: Args) -> bool:
    """Whether the subject's address is no longer the one under which it got its contact."""
    return email_key(context.known.get("email", args["email"])) != email_key(args["email"])


def _is_ours_alone(context: Context, contact_id: int, email: str) -> bool:
    """Whether the upsert of this subject made the contact, and nothing of the merchant's hangs on it."""
    between = context.known.get("made_between")
    if not between:
        return False
    try:
        contact = context.crm.read_contact(contact_id)
    except MissingInCrm:
        return False
    began, ended = (datetime.fromisoformat(moment) for moment in between)
    created = contact.created_at
    if created is None or not began.replace(microsecond=0) <= created <= ended:  # the CRM counts in seconds
        return False
    if email_key(contact.email) != email_key(email):
        return False  # somebody corrected it in the CRM
    orders = context.crm.order_ids(contact_id)
    made = context.order_made
    if made is None:
        return not orders
    return orders == [made.order_id] if made.order_id else len(orders) <= 1


# -- look-ups -------------------------------------------------------------------------------------------


def _matching(context: Context, args: Args) -> list[ContactRecord]:
    """The contacts that the check takes for this person: never one who has the address as a further one."""
    compared = {
        DuplicateCheck.EMAIL: (),
        DuplicateCheck.EMAIL_AND_NAME: ("first_name", "last_name"),
    }.get(DuplicateCheck(args["check"]), ("first_name", "last_name", "company"))
    return [
        contact
        for contact in context.crm.find_contacts_by_email(args["email"])
        if email_key(contact.email) == email_key(args["email"])
        and all(getattr(contact, name) == args[name] for name in compared)
    ]


def _lead_source_id(context: Context, args: Args) -> int:
    """The lead source to write: none where a contact of that address has one, unless it is to be replaced."""
    wanted = _wanted(context, args)
    if not wanted or args["replace_lead_source"]:
        return wanted
    return 0 if any(contact.lead_source_id for contact in _matching(context, args)) else wanted


def _wanted(context: Context, args: Args) -> int:
    """Known when the order was planned, or made by the step before this one."""
    if not args.get("lead_source"):
        return 0
    return int(args["lead_source_id"] or context.external.get("lead_source_id") or 0)


STEP = Step(
    name="upsert_contact",
    run=run,
    probe=probe,
    at_head=AtHead.BEFORE,
    asks=("find_contacts_by_email", "order_ids", "read_contact"),
    usual={"upsert_contact": lambda call: call.contact_id},
    title=("Find or create the contact {email}", "Find or create the contact"),
    results={"created": "Found or created"},  # the CRM does not say which
)
