"""What we last wrote on which contact, so that a returning buyer with nothing changed costs no call.

A contact that turns out to be gone or merged is forgotten, and the upsert finds or makes its successor.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from cascade.journal import fingerprint
from cascade.models import ContactLink, JournalEntry, Replication

# Bounds how long a value that somebody emptied or mistyped in the CRM stays so.
TRUSTED_FOR = timedelta(days=30)


def contact_unchanged(replication: Replication, entry: JournalEntry) -> int | None:
    """The contact that holds these values already, or None."""
    link = (
        _links(replication)
        .filter(fingerprint=fingerprint(entry.args), written_at__gt=timezone.now() - TRUSTED_FOR)
        .first()
    )
    return link.contact_id if link else None


def contact_remember(replication: Replication, entry: JournalEntry) -> None:
    """Keep what a done contact step wrote, unless another order has written since. Repeat: safe."""
    if entry.state != JournalEntry.State.DONE or entry.result not in ("created", "updated"):
        return
    assert entry.done_at is not None
    if _links(replication).filter(written_at__gte=entry.done_at).exists():
        return
    ContactLink.objects.update_or_create(
        connection_id=replication.connection_id,
        contact_key=replication.contact_key,
        defaults={
            "contact_id": entry.external["contact_id"],
            "fingerprint": fingerprint(entry.args),
            "written_at": entry.done_at,
        },
    )


def contact_forget(replication: Replication) -> bool:
    """Forget the contact; whether there was one to forget. Repeat: safe."""
    return bool(_links(replication).delete()[0])


def _links(replication: Replication) -> QuerySet[ContactLink]:
    return ContactLink.objects.filter(
        connection_id=replication.connection_id, contact_key=replication.contact_key
    )
