"""ContactService: two contacts that are one, and two that know each other."""

from __future__ import annotations

from sandbox.access import tag_ids
from sandbox.account import Work
from sandbox.problems import invalid_parameter
from sandbox.records import change_stamped, existing
from sandbox.services.registry import method
from sandbox.store import Store
from sandbox.values import Row

MOVED = (
    "Job",
    "Invoice",
    "Payment",
    "CreditCard",
    "Referral",
    "RecurringOrder",
    "ContactAction",
    "Campaignee",
)
NOT_MERGED = frozenset({"Id", "DateCreated", "LastUpdated", "CreatedBy", "LastUpdatedBy"})


@method("ContactService.merge", "int int")
def merge(work: Work, contact_id: int, duplicate_id: int) -> bool:
    """Move what belongs to the duplicate to the first contact, which survives."""
    store = work.store
    kept, gone = (existing(store, "Contact", key) for key in (contact_id, duplicate_id))
    if contact_id == duplicate_id:
        raise invalid_parameter("A contact cannot be merged with itself")
    for table in MOVED:
        for key in store.find(table, "ContactId", duplicate_id):
            store.change(table, key, {"ContactId": contact_id})
    tags = tag_ids(store, contact_id)
    for key in store.find("ContactGroupAssign", "ContactId", duplicate_id):
        if store.row("ContactGroupAssign", key)["GroupId"] in tags:
            store.remove("ContactGroupAssign", key)
        else:
            store.change("ContactGroupAssign", key, {"ContactId": contact_id})
    for column in ("ContactId", "LinkedContactId"):
        for key in store.find("ContactLink", column, duplicate_id):
            store.change("ContactLink", key, {column: contact_id})
            row = store.row("ContactLink", key)
            if row["ContactId"] == row["LinkedContactId"]:
                store.remove("ContactLink", key)
    if work.options.merge_fills_blanks:
        blanks: Row = {
            name: value
            for name, value in gone.items()
            if name not in NOT_MERGED and kept.get(name) in (None, "") and value is not None
        }
        change_stamped(store, "Contact", contact_id, blanks)
    store.remove("Contact", duplicate_id)
    work.note("contact.merged", {"contact": contact_id, "duplicate": duplicate_id})
    return True


@method("ContactService.linkContacts", "int int int")
def link_contacts(work: Work, first_id: int, second_id: int, link_type_id: int) -> bool:
    """Link two contacts in both directions; false if they are linked so already."""
    _check_link(work.store, first_id, second_id, link_type_id)
    if _link(work.store, first_id, second_id, link_type_id) is not None:
        return False
    row: Row = {"ContactId": first_id, "LinkedContactId": second_id, "LinkTypeId": link_type_id}
    work.store.insert("ContactLink", row)
    work.note("contact.linked", {"contact": first_id, "other": second_id, "link_type": link_type_id})
    return True


@method("ContactService.unlinkContacts", "int int int")
def unlink_contacts(work: Work, first_id: int, second_id: int, link_type_id: int) -> bool:
    _check_link(work.store, first_id, second_id, link_type_id)
    key = _link(work.store, first_id, second_id, link_type_id)
    if key is None:
        return False
    work.store.remove("ContactLink", key)
    work.note("contact.unlinked", {"contact": first_id, "other": second_id, "link_type": link_type_id})
    return True


@method("ContactService.listLinkedContacts", "int")
def list_linked_contacts(work: Work, contact_id: int) -> list[Row]:
    """Both ends see the link. The member names are assumed: none were published."""
    existing(work.store, "Contact", contact_id)
    linked = []
    for row in work.store.rows("ContactLink"):
        ends = [row["ContactId"], row["LinkedContactId"]]
        if contact_id in ends:
            ends.remove(contact_id)
            linked.append({"LinkedContactId": ends[0], "LinkTypeId": row["LinkTypeId"]})
    return linked


def _check_link(store: Store, first_id: int, second_id: int, link_type_id: int) -> None:
    existing(store, "Contact", first_id)
    existing(store, "Contact", second_id)
    if first_id == second_id:
        raise invalid_parameter("A contact cannot be linked with itself")
    existing(store, "LinkedContactType", link_type_id)


def _link(store: Store, first_id: int, second_id: int, link_type_id: int) -> int | None:
    for key in store.keys("ContactLink"):
        row = store.row("ContactLink", key)
        ends = {row["ContactId"], row["LinkedContactId"]}
        if ends == {first_id, second_id} and row["LinkTypeId"] == link_type_id:
            return key
    return None
