"""What we last wrote on which contact, so that a returning buyer with nothing changed costs no call.

A contact that turns out to be gone or merged is forgotten, and the upsert finds or makes its successor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from background.rows import rows_insert
from cascade.engine.journal import fingerprint
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.plan import Plan
from crm.emails import email_key

# Bounds how long a value that somebody emptied or mistyped in the CRM stays so.
TRUSTED_FOR = timedelta(days=30)


def contact_unchanged(replication: Replication, entry: JournalEntry | None) -> int | None:
    """The contact that holds these values already, or None."""
    return None if entry is None else contact_holding(replication, entry.args)


def contact_holding(replication: Replication, args: Mapping[str, Any]) -> int | None:
    """The contact to which these very arguments were written before, and not too long ago."""
    if not getattr(replication, "has_link", True):
        return None
    since = timezone.now() - TRUSTED_FOR
    link = _links(replication).filter(fingerprint=fingerprint(args), written_at__gt=since).first()
    return link.contact_id if link else None


def contact_remember(replication: Replication, entry: JournalEntry | None) -> None:
    """Keep what a done contact step wrote, unless another order has written since. Repeat: safe."""
    if entry is None or entry.state != JournalEntry.State.DONE or entry.result not in ("created", "updated"):
        return
    assert entry.done_at is not None
    rows_insert(
        ContactLink,
        ("connection", "contact_key", "contact_id", "fingerprint", "written_at"),
        [
            (
                replication.connection_id,
                replication.contact_key,
                entry.external["contact_id"],
                fingerprint(entry.args),
                entry.done_at,
            )
        ],
        otherwise="""ON CONFLICT (connection_id, contact_key) DO UPDATE SET contact_id = excluded.contact_id,
            fingerprint = excluded.fingerprint, written_at = excluded.written_at
            WHERE cascade_contactlink.written_at < excluded.written_at""",
    )


def contact_leave(replication: Replication, plan: Plan, entries: Iterable[JournalEntry]) -> None:
    """Forget which contact had the address that the subject has no more: it may be about to get the new one.

    What was written before journals told the address gets it here, from the arguments that are about to go.
    `entries` are all of the subject. Repeat: safe. Must run before the plan is in the journal.
    """
    step = next((step for step in plan.steps if step.name == "contact"), None)
    if step is None:
        return
    for entry in entries:
        if entry.step != "contact":
            continue
        left, contact_id = email_key(entry.args["email"]), entry.external.get("contact_id")
        if contact_id and left != email_key(step.args["email"]):
            links = ContactLink.objects.filter(connection_id=replication.connection_id, contact_key=left)
            links.filter(contact_id=contact_id).delete()
            if entry.state == JournalEntry.State.DONE and "email" not in entry.external:
                entry.external = {**entry.external, "email": entry.args["email"]}
                entry.save(update_fields=["external"])


def contact_forget(replication: Replication) -> bool:
    """Forget the contact; whether there was one to forget. Repeat: safe."""
    return bool(_links(replication).delete()[0])


def _links(replication: Replication) -> QuerySet[ContactLink]:
    return ContactLink.objects.filter(
        connection_id=replication.connection_id, contact_key=replication.contact_key
    )
