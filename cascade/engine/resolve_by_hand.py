"""A person resolves what nothing in the CRM can show: a goal or action set whose reply was lost."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from cascade.engine.create import ResendRefused, replication_resend
from cascade.models import JournalEntry, Replication
from cascade.steps import STEPS

State = JournalEntry.State


def may_be_resolved(entry: JournalEntry) -> bool:
    """Whether only a person can tell what became of the step."""
    return entry.state == State.UNCERTAIN and entry.kind in STEPS and STEPS[entry.kind].once


def step_resolve_by_hand(
    replication: Replication, entry_id: int, *, happened: bool, user: AbstractBaseUser
) -> Replication:
    """Take a person's word for a step in doubt, then let the order go on: as done, or to be sent once more.

    Repeat: safe, the second finds nothing in doubt. Raises: ResendRefused, with a sentence for the person.
    """
    entries = JournalEntry.objects.filter(
        connection_id=replication.connection_id,
        subject_key=replication.subject_key,
        replication__kind=replication.kind,
    )
    with transaction.atomic():
        entry = entries.select_for_update(of=("self",)).filter(pk=entry_id).first()
        if entry is None or not may_be_resolved(entry):
            raise ResendRefused("This step is no longer in doubt. Look at its newest state.")
        who = user.get_username()
        if happened:
            entry.state, entry.result, entry.done_at = State.DONE, "created", timezone.now()
            entry.note = f"{who} saw in the CRM that it happened."[:500]
        else:
            entry.state, entry.note = State.PLANNED, f"{who} asked for it to be sent again."[:500]
        entry.save(update_fields=["state", "result", "done_at", "note"])
        return replication_resend(replication, user=user)
