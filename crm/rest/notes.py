"""Notes on a contact."""

from __future__ import annotations

from crm.errors import ConfigurationError
from crm.rest.service import Service, created
from crm.values import Struct, record_id, text

LIST = "GET /v2/contacts/{contact_id}/notes"
CREATE = "POST /v2/contacts/{contact_id}/notes"
USERS = "GET /v2/users"
USERS_PER_PAGE = 100
ACTIVE = "ACTIVE"


class NoteCalls(Service):
    _note_author: int

    def add_note(self, contact_id: int, title: str, text: str) -> int:
        """Put a note on the contact; return its id. Repeat: not safe: look with `find_notes` first.

        The API wants a user as its author and does not say which one a key stands for: it is the active user
        with the lowest id, read once per object before anything is written.
        Raises: MissingInCrm if the contact is gone; ConfigurationError if the account has no active user.
        Docs:   the vendor's OpenAPI file, createNote.
        """
        body = {"user_id": str(self._author()), "title": title, "text": text}
        return self._wire.call("add_note", CREATE, created, at=(contact_id,), body=body)

    def find_notes(self, contact_id: int, title: str) -> list[int]:
        """Return the ids of the contact's notes whose title equals `title` exactly, lowest first.

        Raises: MissingInCrm if the contact is gone.
        """
        return sorted(
            self._named(
                "find_notes",
                LIST,
                "notes",
                "title",
                title,
                lambda row: record_id(row.get("id")),
                at=(contact_id,),
            )
        )

    def _author(self) -> int:
        def parse(row: Struct) -> int | None:
            return record_id(row.get("id")) if text(row, "status").strip().upper() == ACTIVE else None

        if not self._note_author:
            active = self._pages("add_note", USERS, "users", parse, page_rows=USERS_PER_PAGE)
            if not active:
                raise ConfigurationError(
                    "The CRM account has no active user, and over REST a note needs one as its author. "
                    "Invite a user in the CRM, or choose XML-RPC or automatic as the connection's protocol.",
                    setting="credentials",
                    label="no-active-user",
                )
            self._note_author = min(active)
        return self._note_author
