"""Tags: the table ContactGroup, and ContactService for who has them."""

from __future__ import annotations

from collections.abc import Sequence

from crm.records import TagRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import boolean

TABLE = "ContactGroup"
COLUMNS = ("Id", "GroupName")


class TagCalls(Service):
    def apply_tags(self, contact_id: int, tag_ids: Sequence[int]) -> dict[int, bool]:
        """Tag the contact with the first of the tags, all one call can; say whether it changed.

        Repeat: safe. What the CRM answers for a tag already there is not documented: both are taken.
        Docs:   ContactService.addToGroup.
        """
        method = "ContactService.addToGroup"
        return {
            tag_id: self._wire.write("apply_tags", method, [contact_id, tag_id], boolean)
            for tag_id in tag_ids[:1]
        }

    def remove_tag(self, contact_id: int, tag_id: int) -> bool:
        """Untag the contact; return whether it changed, as far as the CRM says. Repeat: safe."""
        method = "ContactService.removeFromGroup"
        return self._wire.write("remove_tag", method, [contact_id, tag_id], boolean)

    def find_tags(self, name: str) -> list[TagRecord]:
        """Return the tags whose name equals `name` exactly, lowest id first."""
        return _by_id(self._query_exact("find_tags", TABLE, "GroupName", name, COLUMNS, _record))

    def load_tags(self, tag_ids: Sequence[int]) -> list[TagRecord]:
        """Return those of the given tags that exist, lowest id first."""
        return _by_id(self._query_ids("load_tags", TABLE, tag_ids, COLUMNS, _record))

    def create_tag(self, name: str) -> int:
        """Create a tag; return its id. Repeat: not safe: look it up first."""
        return self._wire.write("create_tag", "DataService.add", [TABLE, {"GroupName": name}], record_id)


def _record(row: Struct) -> TagRecord:
    return TagRecord(id=record_id(row.get("Id")), name=text(row, "GroupName"))


def _by_id(tags: list[TagRecord]) -> list[TagRecord]:
    return sorted(tags, key=lambda tag: tag.id)
