"""What a person did, where no form of the admin writes it down: in the history of the connection."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry

from mappings.models import Connection
from mappings.selectors import Person


def deed_note(user: Person, connection: Connection, sentence: str) -> None:
    LogEntry.objects.log_actions(user.pk or 0, [connection], CHANGE, sentence, single_object=True)
