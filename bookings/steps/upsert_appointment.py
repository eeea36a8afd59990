"""Put the booking's appointment on the contact, and keep it as the booking is: always by absolute values.

Recognised by its marker, the last line of its notes. It is looked for by that before it is made a second
time; where the key sees its own user's appointments alone, not finding it proves nothing, and a person looks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cascade.errors import EffectInDoubt, OrderNotReplicable
from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import MissingInCrm, NotSupported
from crm.object_records import TaskData
from crm.records import AppointmentChanges, AppointmentData

AROUND = timedelta(days=1)


def run(context: Context, args: Args) -> StepResult:
    known = context.known.get("appointment_id")
    if context.known.get("task_id"):
        return _task_updated(context, args, int(context.known["task_id"]))
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
                    note="The appointment was deleted in the CRM, so it was left so. Tick “Create a "
                    "deleted appointment again” in the settings of bookings if it is to return, then resend.",
                )
    try:
        appointment_id = context.crm.create_appointment(_appointment(context, args))
    except NotSupported as error:
        if not args["task"]:
            raise OrderNotReplicable(
                "This account has no appointments over REST. Choose “Create a task instead” in the settings "
                "of bookings, or let the connection use XML-RPC, then resend.",
                detail=error.detail,
                setting="bookings",
            ) from error
        task_id = context.crm.create_task(_task(context, args))
        return StepResult(
            result="created",
            external={"task_id": task_id},
            note="A task, as the account has no appointments.",
        )
    note = _completed(context, args, appointment_id)
    return StepResult(result="created", external={"appointment_id": appointment_id}, note=note)


def _appointment(context: Context, args: Args) -> AppointmentData:
    return AppointmentData(
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


def _task(context: Context, args: Args) -> TaskData:
    """What stands for an appointment; it is due when that begins."""
    done = args["completed_at"]
    return TaskData(
        contact_id=context.contact_id,
        title=args["title"],
        description=args["description"],
        due_at=datetime.fromisoformat(args["starts_at"]),
        completed_at=datetime.fromisoformat(done) if done else None,
        user_id=args["user_id"] or None,
        type="Appointment",
        priority=args["priority"] or None,
        fields=args["fields"],
    )


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for the marker around the time that was sent. An update or deletion is simply made once more."""
    known = context.known.get("appointment_id") or context.known.get("task_id")
    if known or args["deleted"]:
        return None if not known else run(context, args)
    if args["task"]:
        for task in context.crm.list_tasks(context.contact_id):
            if _ends_with(task.description, args["marker"]):
                return StepResult(
                    result="created", external={"task_id": task.id}, note="Found after a lost reply."
                )
    starts_at = datetime.fromisoformat(args["starts_at"])
    try:
        around = context.crm.find_appointments(context.contact_id, starts_at - AROUND, starts_at + AROUND)
    except NotSupported:
        return None  # no appointment can be there
    for found in around:
        if _ends_with(found.description, args["marker"]):
            note = f"Found after a lost reply. {_completed(context, args, found.id)}".strip()
            return StepResult(result="created", external={"appointment_id": found.id}, note=note)
    if not context.crm.sees_all_appointments():
        raise EffectInDoubt(context.step)
    return None


def _ends_with(description: str, marker: str) -> bool:
    return description.rstrip().rpartition("\n")[2].strip() == marker


def _task_updated(context: Context, args: Args, task_id: int) -> StepResult:
    """No task is deleted: a cancelled one is done."""
    if args["deleted"]:
        task = TaskData(completed_at=context.now or datetime.now(UTC))
    else:
        task = replace(_task(context, args), contact_id=None)
    context.crm.update_task(task_id, task)
    return StepResult(result="updated", external={"task_id": task_id})


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
    again_after=("skipped",),
    asks=("find_appointments", "list_tasks", "sees_all_appointments"),
    about="Appointment “{title}”",
    setting="bookings",
    title=("Bring the appointment “{title}” up to date", "Bring the appointment up to date"),
    results={"created": "Made", "updated": "Brought up to date"},
    look_for="Look at the contact's appointments for one whose notes end with “{marker}”.",
)
