"""Notes on a contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.errors import ConfigurationError
from crm.list_records import FieldObject
from crm.object_records import NoteData, NoteRecord
from crm.rest.body import Param
from crm.rest.objects import CUSTOM, ObjectCalls, field_texts, given_members
from crm.rest.service import created
from crm.rest.values import inner, moment, optional_id
from crm.values import Struct, ignored, record_id, struct, text

LIST = "GET /v2/contacts/{contact_id}/notes"
CREATE = "POST /v2/contacts/{contact_id}/notes"
ONE = "/v2/contacts/{contact_id}/notes/{note_id}"
NAMES = {"title": "title", "text": "text", "type": "type", "user_id": "user_id"}
NOTES_PER_PAGE = 200
USERS = "GET /v2/users"
USERS_PER_PAGE = 100
ACTIVE = "ACTIVE"


class NoteCalls(ObjectCalls):
    _note_author: int

    def add_note(self, contact_id: int, title: str, text: str) -> int:
        """Put a note on the contact; return its id. Repeat: not safe: look with `find_notes` first.

        The API wants a user as its author and does not say which one a key stands for: it is the active user
        with the lowest id, read once per object before anything is written.
        Raises: MissingInCrm if the contact is gone; ConfigurationError if the account has no active user.
        Docs:   the vendor's OpenAPI file, createNote.
        """
        body = {"user_id": str(self._author("add_note")), "title": title, "text": text}
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

    def create_note(self, contact_id: int, note: NoteData) -> int:
        """Put a note on the contact; return its id. Repeat: not safe: look with `list_notes` first."""
        operation = "create_note"
        body = {name: value for name, value in given_members(note, NAMES).items() if value != ""}
        body.setdefault("user_id", str(self._author(operation) if note.user_id is None else note.user_id))
        body |= self._custom(operation, FieldObject.ACTIVITY, note.fields)
        return self._wire.call(operation, CREATE, created, at=(contact_id,), body=body)

    def update_note(self, contact_id: int, note_id: int, note: NoteData) -> None:
        """Write what is given over the note; send nothing if that is nothing. Repeat: safe.

        A user and a title are required in every body; the mask keeps what is not given.
        """
        operation, at = "update_note", (contact_id, note_id)
        given = given_members(note, NAMES)
        given |= self._custom(operation, FieldObject.ACTIVITY, note.fields, ONE, at)
        if not given:
            return
        there = _note(self._wire.call(operation, f"GET {ONE}", struct, at=at))
        user = there.user_id or self._author(operation)
        body: dict[str, Param] = {"user_id": str(user), "title": there.title, **given}
        query = {"update_mask": ",".join(given)}
        self._wire.call(operation, f"PATCH {ONE}", ignored, at=at, query=query, body=body)

    def list_notes(self, contact_id: int) -> list[NoteRecord]:
        """Return the contact's notes, lowest id first. Raises MissingInCrm if the contact is gone."""
        found = self._pages("list_notes", LIST, "notes", _note, at=(contact_id,), page_rows=NOTES_PER_PAGE)
        return sorted(found, key=lambda note: note.id)

    def read_note(self, contact_id: int, note_id: int, fields: Sequence[str] = ()) -> NoteRecord:
        """Return one note. Raises MissingInCrm if it, or a custom field, is gone."""
        known = self._known("read_note", FieldObject.ACTIVITY, fields)
        query = {"fields": CUSTOM} if fields else None
        at = (contact_id, note_id)
        row = self._wire.call("read_note", f"GET {ONE}", struct, at=at, query=query)
        return replace(_note(row), fields=field_texts(row, known))

    def _author(self, operation: str) -> int:
        def parse(row: Struct) -> int | None:
            return record_id(row.get("id")) if text(row, "status").strip().upper() == ACTIVE else None

        if not self._note_author:
            active = self._pages(operation, USERS, "users", parse, page_rows=USERS_PER_PAGE)
            if not active:
                raise ConfigurationError(
                    "The CRM account has no active user, and over REST a note needs one as its author. "
                    "Invite a user in the CRM, or choose XML-RPC or automatic as the connection's protocol.",
                    setting="credentials",
                    label="no-active-user",
                )
            self._note_author = min(active)
        return self._note_author


def _note(row: Struct) -> NoteRecord:
    return NoteRecord(
        id=record_id(row.get("id")),
        contact_id=optional_id(row.get("contact_id")) or 0,
        title=text(row, "title"),
        text=text(row, "text"),
        type=text(row, "type"),
        user_id=optional_id(inner(row, "assigned_to_user").get("id")) or 0,
        created_at=moment(row, "create_time"),
    )
