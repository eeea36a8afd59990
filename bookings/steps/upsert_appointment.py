"""Put the booking's appointment on the contact, and keep it as the booking is: always by absolute values.

Recognised by its marker, the last line of its notes. It is looked for by that before it is made a second
time; where the key sees its own user's appointments alone, not finding it proves nothing, and a person looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cascade.errors import EffectInDoubt
from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import MissingInCrm, NotSupported
from crm.records import AppointmentChanges, AppointmentData

AROUND = timedelta(days=1)


def run(context: Context, args: Args) -> StepResult:
    known = context.known.get("appointment_id")
    if args["deleted"]:
        if known:
            context.crm.delete_appointment(int(known))
        return StepResult(result="updated" if known else "unchanged", external={"appointment_id": None})
    if known:
        try:
            return _updated(context, args, int(known))
        except MissingInCrm:
            if not args["recreate"]:
                return StepResult(
                    result="skipped",
                    note="The appointment was deleted in the CRM, so it was left so. Tick “make it again” in "
                    "the settings of bookings if deleted appointments are to come back, then resend.",
                )
    appointment_id = context.crm.create_appointment(
        AppointmentData(
            contact_id=context.contact_id,
            title=args["title"],
            starts_at=datetime.fromisoformat(args["starts_at"]),
            ends_at=datetime.fromisoformat(args["ends_at"]),
            description=args["description"],
            location=args["location"],
            user_id=args["user_id"] or None,
            action_type=args["action_type"],
            priority=args["priority"],
            reminder_minutes=args["reminder_minutes"],
            custom_fields=args["fields"],
        )
    )
    note = _completed(context, args, appointment_id)
    return StepResult(result="created", external={"appointment_id": appointment_id}, note=note)


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for the marker around the time that was sent. An update or deletion is simply made once more."""
    known = context.known.get("appointment_id")
    if known or args["deleted"]:
        return None if not known else run(context, args)
    starts_at = datetime.fromisoformat(args["starts_at"])
    for found in context.crm.find_appointments(context.contact_id, starts_at - AROUND, starts_at + AROUND):
        if found.description.rstrip().rpartition("\n")[2].strip() == args["marker"]:
            return StepResult(
                result="created",
                external={"appointment_id": found.id},
                note="Found after a lost reply.",
            )
    if not context.crm.sees_all_appointments():
        raise EffectInDoubt(context.step)
    return None


def _updated(context: Context, args: Args, appointment_id: int) -> StepResult:
    context.crm.update_appointment(
        appointment_id,
        AppointmentChanges(
            title=args["title"],
            starts_at=datetime.fromisoformat(args["starts_at"]),
            ends_at=datetime.fromisoformat(args["ends_at"]),
            description=args["description"],
            location=args["location"],
            user_id=args["user_id"] or None,
            action_type=args["action_type"] or None,
            priority=args["priority"] or None,
            reminder_minutes=args["reminder_minutes"],
            custom_fields=args["fields"],
        ),
    )
    note = _completed(context, args, appointment_id)
    return StepResult(result="updated", external={"appointment_id": appointment_id}, note=note)


def _completed(context: Context, args: Args, appointment_id: int) -> str:
    if not args["completed_at"]:
        return ""
    try:
        context.crm.complete_appointment(appointment_id, datetime.fromisoformat(args["completed_at"]))
    except NotSupported:
        return "REST cannot mark an appointment as done, so it stands there without a completion date."
    return ""


STEP = Step(
    name="upsert_appointment",
    run=run,
    probe=probe,
    exclusive=True,
    follows_contact=False,
    again_after=("skipped",),
    asks=("find_appointments", "sees_all_appointments"),
    about="Appointment “{title}”",
    setting="bookings",
    title=("Bring the appointment “{title}” up to date", "Bring the appointment up to date"),
    results={"created": "Made", "updated": "Brought up to date"},
    look_for="Look at the contact's appointments for one whose notes end with “{marker}”.",
)
