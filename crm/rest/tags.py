"""Tags, and who has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crm.errors import CrmRejected, MissingInCrm, OutcomeUnknown, Throttled, TransientError
from crm.records import CategoryRecord, TagRecord
from crm.rest.body import Param
from crm.rest.service import Service, created
from crm.rest.values import inner
from crm.values import Struct, Value, ignored, record_id, text

LIST = "GET /v2/tags"
ONE = "/v2/tags/{tag_id}"
CATEGORIES = "GET /v2/tags/categories"
CHANGED = "SUCCESS"
UNCHANGED = "DUPLICATE"


class TagCalls(Service):
    _alive: Callable[[str], bool]

    def apply_tags(self, contact_id: int, tag_ids: Sequence[int]) -> dict[int, bool]:
        """Tag the contact: over v1 with all tags in one call; if it does not answer, over v2 with the first.

        Repeat: safe.
        Raises: MissingInCrm if the contact or the first tag is gone; another tag that is gone is left out.
        Docs:   v1 POST /contacts/{id}/tags; what it answers for each tag is not documented for certain, nor
                whether one unknown tag refuses the others: then the first is applied alone.
        """
        tags = list(dict.fromkeys(tag_ids))
        if not tags:
            return {}
        if not self._alive("rest_v1"):
            return self._apply_one(contact_id, tags[0])
        try:
            return self._apply_all(contact_id, tags)
        except (CrmRejected, MissingInCrm):
            if len(tags) == 1:
                raise
            return self._apply_all(contact_id, tags[:1])
        except Throttled:
            raise
        except (TransientError, OutcomeUnknown):
            return self._apply_one(contact_id, tags[0])

    def _apply_all(self, contact_id: int, tags: list[int]) -> dict[int, bool]:
        route = "POST /v1/contacts/{contact_id}/tags"
        words = self._wire.call("apply_tags", route, _words_by_id, at=(contact_id,), body={"tagIds": tags})
        return _applied(words, tags)

    def _apply_one(self, contact_id: int, tag_id: int) -> dict[int, bool]:
        route = "POST /v2/tags/{tag_id}/contacts:applyTags"
        body = {"contact_ids": [str(contact_id)]}
        words = self._wire.call("apply_tags", route, _words_by_id, at=(tag_id,), body=body)
        return _applied({tag_id: words.get(contact_id, "")} if words else {}, [tag_id])

    def remove_tag(self, contact_id: int, tag_id: int) -> bool:
        """Untag the contact; the API does not say whether it had the tag. Repeat: safe."""
        route = "POST /v2/tags/{tag_id}/contacts:removeTags"
        body = {"contact_ids": [str(contact_id)]}
        self._wire.call("remove_tag", route, ignored, at=(tag_id,), body=body)
        return True

    def find_tags(self, name: str) -> list[TagRecord]:
        """Return the tags whose name equals `name` exactly, lowest id first."""
        return _by_id(self._named("find_tags", LIST, "tags", "name", name, _record, wildcard=False))

    def load_tags(self, tag_ids: Sequence[int]) -> list[TagRecord]:
        """Return those of the given tags that exist, lowest id first."""
        return _by_id(self._by_ids("load_tags", LIST, "tags", "tag_ids", tag_ids, _record))

    def create_tag(self, name: str, category_id: int = 0) -> int:
        """Create a tag; return its id. Repeat: not safe: look it up first."""
        body: dict[str, Param] = {"name": name}
        if category_id:
            body["category"] = {"id": str(category_id)}
        return self._wire.call("create_tag", "POST /v2/tags", created, body=body)

    def rename_tag(self, tag_id: int, name: str) -> None:
        """Give the tag another name; the mask keeps its category, which is not sent. Repeat: safe."""
        query = {"update_mask": "name"}
        self._wire.call("rename_tag", f"PATCH {ONE}", ignored, at=(tag_id,), query=query, body={"name": name})

    def delete_tag(self, tag_id: int) -> None:
        """Delete the tag; one that is gone is done. Repeat: safe."""
        try:
            self._wire.call("delete_tag", f"DELETE {ONE}", ignored, at=(tag_id,))
        except MissingInCrm:
            return

    def list_contact_tags(self, contact_id: int) -> list[int]:
        """Return the ids of the contact's tags, lowest first."""

        def parse(row: Struct) -> int:
            return record_id(inner(row, "tag").get("id"))

        route = "GET /v2/contacts/{contact_id}/tags"
        return sorted(self._pages("list_contact_tags", route, "tags", parse, at=(contact_id,)))

    def find_tag_categories(self, name: str) -> list[CategoryRecord]:
        """Return the categories whose name equals `name` exactly, lowest id first."""
        return self._categories("find_tag_categories", CATEGORIES, "tag_categories", name)

    def create_tag_category(self, name: str) -> int:
        """Create a category; return its id. Repeat: not safe: look it up first."""
        route = "POST /v2/tags/categories"
        return self._wire.call("create_tag_category", route, created, body={"name": name})


def _words_by_id(value: Value) -> dict[int, str]:
    """Return what the reply says of each id: in a map, one in `results`, several in a list, or nothing.

    Docs: the vendor's definition of v1 says a list of entries, which its generator writes for a map.
    """
    told = value.get("results", value) if isinstance(value, dict) else value
    maps = told if isinstance(told, list) else [told]
    pairs = [pair for each in maps if isinstance(each, dict) for pair in each.items()]
    return {int(name): str(word).upper() for name, word in pairs if name.isdecimal()}


def _applied(words: dict[int, str], tags: list[int]) -> dict[int, bool]:
    """Return the applied ones; where the reply names none, its status said that all are."""
    if not words:
        return dict.fromkeys(tags, True)
    known = {tag: words.get(tag, "") for tag in tags}
    if known[tags[0]] not in (CHANGED, UNCHANGED):
        raise MissingInCrm(
            "The CRM did not apply the tag; it was perhaps deleted there. "
            "Choose another tag in the mapping, then send it again.",
            detail=f"Tag {tags[0]}: {known[tags[0]][:100] or 'not named in the reply'}",
            setting="tags",
            label="tag-refused",
        )
    return {tag: word == CHANGED for tag, word in known.items() if word in (CHANGED, UNCHANGED)}


def _record(row: Struct) -> TagRecord:
    return TagRecord(id=record_id(row.get("id")), name=text(row, "name"))


def _by_id(tags: list[TagRecord]) -> list[TagRecord]:
    return sorted(tags, key=lambda tag: tag.id)
