"""Tags: the table ContactGroup, and ContactService for who has them."""

from __future__ import annotations

from collections.abc import Sequence

from crm.errors import NotSupported
from crm.records import CategoryRecord, TagRecord
from crm.values import Struct, Value, ignored, record_id, struct, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import boolean

TABLE = "ContactGroup"
CATEGORIES = "ContactGroupCategory"
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

    def create_tag(self, name: str, category_id: int = 0) -> int:
        """Create a tag; return its id. Repeat: not safe: look it up first."""
        values: dict[str, Param] = {"GroupName": name}
        if category_id:
            values["GroupCategoryId"] = category_id
        return self._wire.write("create_tag", "DataService.add", [TABLE, values], record_id)

    def rename_tag(self, tag_id: int, name: str) -> None:
        """Give the tag another name. Repeat: safe."""
        params: list[Param] = [TABLE, tag_id, {"GroupName": name}]
        self._wire.write("rename_tag", "DataService.update", params, ignored)

    def delete_tag(self, tag_id: int) -> None:
        """Raise NotSupported: the table can be added to and edited, nothing more (its access rights)."""
        raise NotSupported(
            "XML-RPC cannot delete a tag. Delete it in the CRM, or choose REST or automatic as the "
            "connection's protocol.",
            setting="credentials",
            label="no-tag-deletion",
        )

    def list_contact_tags(self, contact_id: int) -> list[int]:
        """Return the ids of the contact's tags, lowest first: Contact.Groups, with commas between."""

        def parse(value: Value) -> list[int]:
            return tag_ids(struct(value))

        params: list[Param] = [contact_id, ["Groups"]]
        return self._wire.read("list_contact_tags", "ContactService.load", params, parse)

    def find_tag_categories(self, name: str) -> list[CategoryRecord]:
        """Return the categories whose name equals `name` exactly, lowest id first."""
        return self._categories("find_tag_categories", CATEGORIES, "CategoryName", name)

    def create_tag_category(self, name: str) -> int:
        """Create a category; return its id. Repeat: not safe: look it up first."""
        params: list[Param] = [CATEGORIES, {"CategoryName": name}]
        return self._wire.write("create_tag_category", "DataService.add", params, record_id)


def tag_ids(row: Struct) -> list[int]:
    """Return the ids in a row's column Groups, which has commas between, lowest first."""
    return sorted(record_id(word) for word in text(row, "Groups").split(",") if word.strip())


def _record(row: Struct) -> TagRecord:
    return TagRecord(id=record_id(row.get("Id")), name=text(row, "GroupName"))


def _by_id(tags: list[TagRecord]) -> list[TagRecord]:
    return sorted(tags, key=lambda tag: tag.id)
