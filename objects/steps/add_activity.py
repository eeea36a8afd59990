"""Put a task or a note on the contact, and keep it as it is told; its last line says whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.steps.base import Args, Context, Step, StepResult
from crm.object_records import NoteData, TaskData
from objects.steps.one_object import CrmType, bring_up, look_again


def _contact_id(context: Context) -> int:
    """0 for a task of nobody."""
    return int(context.external.get("contact_id") or 0)


def _tasks(context: Context, args: Args) -> list[Any]:
    contact_id = _contact_id(context)
    return context.crm.list_tasks(contact_id) if contact_id else context.crm.find_tasks(args["title"])


def _task_made(context: Context, values: Mapping[str, Any]) -> int:
    return context.crm.create_task(TaskData(contact_id=_contact_id(context) or None, **values))


TASK = CrmType(
    word="task",
    id_name="activity_id",
    text="description",
    remakes=True,
    candidates=_tasks,
    create=_task_made,
    update=lambda context, crm_id, values: context.crm.update_task(crm_id, TaskData(**values)),
    read=lambda context, crm_id, fields: context.crm.read_task(crm_id, fields),
)
NOTE = CrmType(
    word="note",
    id_name="activity_id",
    text="text",
    fixed=("created_at",),  # over REST no date can be written
    remakes=True,
    candidates=lambda context, args: context.crm.list_notes(context.contact_id),
    create=lambda context, values: context.crm.create_note(context.contact_id, NoteData(**values)),
    update=lambda context, crm_id, values: context.crm.update_note(
        context.contact_id, crm_id, NoteData(**values)
    ),
    read=lambda context, crm_id, fields: context.crm.read_note(context.contact_id, crm_id, fields),
)
TYPES = {"task": TASK, "note": NOTE}


def run(context: Context, args: Args) -> StepResult:
    return bring_up(context, args, TYPES[args["type"]])


def probe(context: Context, args: Args) -> StepResult | None:
    return look_again(context, args, TYPES[args["type"]])


STEP = Step(
    name="add_activity",
    run=run,
    probe=probe,
    exclusive=True,
    asks=("list_tasks", "find_tasks", "read_task", "list_notes", "read_note"),
    about="“{title}”",
    title=("Put the {type} “{title}” on the contact", "Put the activity on the contact"),
    results={"created": "Made", "updated": "Brought up to date", "unchanged": "As it is to be"},
)
