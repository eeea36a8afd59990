"""Notes on a contact: the table ContactAction, which tasks and appointments share."""

from __future__ import annotations

from datetime import UTC, datetime

from crm.values import Struct, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service

TABLE = "ContactAction"
COLUMNS = ("Id", "ActionDescription", "ObjectType")
NOTE = "Note"
OTHERS = frozenset({"task", "appointment"})


class NoteCalls(Service):
    def add_note(self, contact_id: int, title: str, text: str) -> int:
        """Put a note on the contact, done now; return its id. Repeat: not safe: look with `find_notes` first.

        Docs: DataService.add on ContactAction; without a CompletionDate it would stand among what is to do.
        """
        values: dict[str, Param] = {
            "ContactId": contact_id,
            "ObjectType": NOTE,
            "ActionDescription": title,
            "CreationNotes": text,
            "CompletionDate": datetime.now(UTC),
        }
        return self._wire.write("add_note", "DataService.add", [TABLE, values], record_id)

    def find_notes(self, contact_id: int, title: str) -> list[int]:
        """Return the ids of the contact's notes whose title equals `title` exactly, lowest first.

        Under which ObjectType the CRM keeps a note made over REST is not documented: only what is surely
        something else is left out, so that no note is overlooked.
        """

        def parse(row: Struct) -> int | None:
            is_other = text(row, "ObjectType").strip().casefold() in OTHERS
            return None if is_other else record_id(row.get("Id"))

        where = {"ContactId": contact_id}
        return sorted(
            self._query_exact("find_notes", TABLE, "ActionDescription", title, COLUMNS, parse, where=where)
        )
