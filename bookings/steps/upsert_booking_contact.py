"""Find whoever booked, or make a contact of them; what an existing one is given is the merchant's choice.

Looked for by the id that a link brought back (if it was verified), then by the address in all three e-mail
fields. A blank value never overwrites one, and the contact's own address is never replaced.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from bookings.rules import FILL, KEEP, NEW, OVERWRITE
from cascade.steps.base import Args, Context, Step, StepResult
from crm.emails import email_key
from crm.errors import MissingInCrm
from crm.records import Address, ContactData, ContactRecord, DuplicateCheck

CLOCKS_APART = timedelta(seconds=5)  # the CRM tells the second in which a contact was made


def run(context: Context, args: Args) -> StepResult:
    if context.unchanged_contact is not None and context.step == "contact":  # a guest is somebody else
        return _stands_on(args, context.unchanged_contact, "unchanged")
    found = _existing(context, args)
    if found is not None:
        return _brought_up_to_date(context, args, found)
    data = data_of(args["contact"], args["new"])
    if args["rule"] == NEW:
        contact_id = context.crm.create_contact(data)
    else:
        contact_id = context.crm.upsert_contact(data, DuplicateCheck.EMAIL)
    return _stands_on(args, contact_id, "created")


def probe(context: Context, args: Args) -> StepResult | None:
    """Find the contact as a new run would; writing the values again is harmless."""
    found = _existing(context, args)
    if found is None and args["rule"] == NEW and context.send_began_at is not None:
        since = context.send_began_at - CLOCKS_APART
        for contact in context.crm.find_contacts_by_email(args["email"]):
            created_at = context.crm.read_contact(contact.id).created_at
            if created_at is not None and created_at >= since:
                found = contact
    return None if found is None else _brought_up_to_date(context, args, found)


def data_of(values: dict[str, Any], more: dict[str, Any] | None = None) -> ContactData:
    """A contact of its JSON."""
    made = {**values, **(more or {})}
    made["phones"] = tuple(made.get("phones", ()))
    for name in ("address1", "address2"):
        made[name] = Address(**made.get(name, {}))
    return ContactData(**made)


def _existing(context: Context, args: Args) -> ContactRecord | None:
    """The contact that this booking has, or the one that it is about: of several that have the address the
    one whose id came back from a link, else the oldest. Read whole if it is found by its id.
    """
    for contact_id in (context.known.get("contact_id"), args["verified_id"]):
        if contact_id:
            try:
                return _whole(context, args, int(contact_id))
            except MissingInCrm:
                continue  # merged or deleted: looked for by its address
    if args["rule"] == NEW:
        return None
    found = context.crm.find_contacts_by_email(args["email"])
    own = [contact for contact in found if email_key(contact.email) == email_key(args["email"])]
    named = [contact for contact in found if contact.id == args["hinted_id"]]
    return next(iter(named or own or found), None)


def _whole(context: Context, args: Args, contact_id: int) -> ContactRecord:
    """With the custom fields that are to be written. Raises: MissingInCrm."""
    return context.crm.read_contact(contact_id, tuple(args["contact"].get("fields", {})))


def _brought_up_to_date(context: Context, args: Args, found: ContactRecord) -> StepResult:
    data, notes = data_of(args["contact"]), []
    by_id = found.id == args["verified_id"]
    # What this booking made it brings up to date; a record made beside another is its own.
    rule = args["rule_by_id"] if by_id else args["rule"]
    owner_id = args["owner_by_id"] if by_id else args["owner_id"]
    if rule == NEW:
        rule = FILL
    if rule == KEEP:
        data = ContactData()
    elif rule != OVERWRITE:
        whole = found if found.phones else _whole(context, args, found.id)
        data = _only_blank(data, whole)
    data = data.without_email()
    if email_key(args["email"]) not in {
        email_key(each) for each in (found.email, found.email2, found.email3)
    }:
        free = next((name for name in ("email2", "email3") if not getattr(found, name)), "")
        if rule == KEEP or not free:
            notes.append(
                f"The contact has other addresses than {args['email']}, and it was left with them. Add it "
                "there by hand if it is theirs."
            )
        else:
            data = replace(data, **{free: args["email"]})
    if owner_id:
        data = replace(data, owner_id=owner_id)
    changed = data != ContactData()
    if changed:
        context.crm.update_contact(found.id, data)
    note = " ".join(notes)
    return _stands_on(args, found.id, "updated" if changed else "unchanged", note=note, warns=bool(note))


def _only_blank(data: ContactData, known: ContactRecord) -> ContactData:
    """What the contact does not have yet."""
    left: dict[str, Any] = {}
    for each in fields(ContactData):
        new, old = getattr(data, each.name), getattr(known, each.name, None)
        if each.name == "fields":
            left["fields"] = {name: text for name, text in new.items() if not known.fields.get(name)}
        elif each.name == "phones":
            has = [number for number in known.phones if number]
            left["phones"] = () if has else new
        elif isinstance(new, Address):
            left[each.name] = new if old in (None, Address()) else Address()
        elif not old:
            left[each.name] = new
    return ContactData(**left)


def known_address_blank(address: Any) -> bool:
    return address is None or address == Address()


def _stands_on(
    args: Args, contact_id: int, result: str, *, note: str = "", warns: bool = False
) -> StepResult:
    external = {"contact_id": contact_id, "email": args["email"]}
    return StepResult(result=result, external=external, note=note, warns=warns)


STEP = Step(
    name="upsert_booking_contact",
    run=run,
    probe=probe,
    asks=("find_contacts_by_email", "read_contact"),
    usual={"upsert_contact": lambda call: call.contact_id, "create_contact": lambda call: call.contact_id},
    title=("Find or create the contact {email}", "Find or create the contact"),
    results={"created": "Created"},
    about="Contact of the booking",
)
