"""ContactService: people and their tags."""

from __future__ import annotations

from datetime import timedelta

from sandbox.access import project, readable, table_for
from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.problems import invalid_parameter, record_not_found
from sandbox.records import add_record, existing, update_record
from sandbox.services.registry import method
from sandbox.store import Store, Upsert
from sandbox.table_index import folded
from sandbox.values import Row, Stored, Wire

DUPLICATE_CHECKS = {
    "Email": (),
    "EmailAndName": ("FirstName", "LastName"),
    "EmailAndNameAndCompany": ("FirstName", "LastName"),
}
SAME_CALL = timedelta(minutes=5)
EMAIL_COLUMNS = ("Email", "EmailAddress2", "EmailAddress3")


@method("ContactService.add", "struct")
def add(work: Work, data: dict[str, Wire]) -> int:
    return add_record(work, "Contact", data)


@method("ContactService.addWithDupCheck", "struct string")
def add_with_dup_check(work: Work, data: dict[str, Wire], check: str) -> int:
    """Update the duplicate with the lowest id, or add. Only Email is compared, not the further addresses."""
    before = work.store.upserts.get(_upsert_key(data, check))
    if work.options.repeated_upsert == "fault" and before is not None and crm_now() - before.at < SAME_CALL:
        before.repeats += 1
        if before.repeats == 1:
            raise invalid_parameter("Duplicate call to addWithDupCheck detected")
        return before.contact_id
    key = duplicate_of(work, data, check)
    key = add_record(work, "Contact", data) if key is None else update_record(work, "Contact", key, data)
    work.store.upserts[_upsert_key(data, check)] = Upsert(crm_now(), key)
    return key


def _upsert_key(data: dict[str, Wire], check: str) -> str:
    return f"{check} {sorted((name, str(value)) for name, value in data.items())}"


def duplicate_of(work: Work, data: dict[str, Wire], check: str) -> int | None:
    """The contact that these values would make twice."""
    if check not in DUPLICATE_CHECKS:
        raise invalid_parameter(f"Unknown duplicate check type: {check}")
    email = str(data.get("Email") or "")
    for key in work.store.find("Contact", "Email", email) if email else []:
        if _is_duplicate(work, work.store.row("Contact", key), data, check):
            return key
    return None


def _is_duplicate(work: Work, row: Row, data: dict[str, Wire], check: str) -> bool:
    """A company is compared with the contact's Company record; its Company text is not looked at."""
    blanks_match = work.options.blank_names_match
    if not all(_same(row[name], data.get(name), blanks_match) for name in DUPLICATE_CHECKS[check]):
        return False
    if check != "EmailAndNameAndCompany":
        return True
    given_id = data.get("CompanyID") or data.get("AccountId")
    if given_id:
        return str(row["CompanyID"]) == str(given_id)
    company = work.store.get("Company", row["CompanyID"]) if isinstance(row["CompanyID"], int) else None
    return _same(company["Company"] if company else None, data.get("Company"), blanks_match)


def _same(stored: Stored, given: Wire | None, blanks_match: bool) -> bool:
    if not stored and not given:
        return blanks_match
    return folded(stored) == folded(str(given or ""))


@method("ContactService.load", "int array")
def load(work: Work, contact_id: int, fields: list[Wire]) -> dict[str, Stored]:
    table = table_for("Contact", "r")
    names = readable(work, table, fields)
    if work.store.get("Contact", contact_id) is None:
        raise record_not_found()
    return project(work.store, table, contact_id, names)


@method("ContactService.update", "int struct")
def update(work: Work, contact_id: int, data: dict[str, Wire]) -> int:
    return update_record(work, "Contact", contact_id, data)


@method("ContactService.findByEmail", "string array")
def find_by_email(work: Work, email: str, fields: list[Wire]) -> list[dict[str, Stored]]:
    table = table_for("Contact", "r")
    names = readable(work, table, fields)
    keys = {key for column in EMAIL_COLUMNS for key in work.store.find("Contact", column, email)}
    return [project(work.store, table, key, names) for key in sorted(keys)]


@method("ContactService.addToGroup", "int int")
def add_to_group(work: Work, contact_id: int, tag_id: int) -> bool:
    tagged = _tagged(work.store, contact_id)
    existing(work.store, "ContactGroup", tag_id)
    if _assignment(work.store, contact_id, tag_id) is not None:
        return work.options.add_to_group_again
    row: Row = {"ContactId": contact_id, "GroupId": tag_id, "DateCreated": crm_now()}
    work.store.insert("ContactGroupAssign", row)
    work.note(f"{tagged}.tagged", {tagged: contact_id, "tag": tag_id})
    return True


@method("ContactService.removeFromGroup", "int int")
def remove_from_group(work: Work, contact_id: int, tag_id: int) -> bool:
    tagged = _tagged(work.store, contact_id)
    existing(work.store, "ContactGroup", tag_id)
    assigned = _assignment(work.store, contact_id, tag_id)
    if assigned is None:
        return False
    work.store.remove("ContactGroupAssign", assigned)
    work.note(f"{tagged}.untagged", {tagged: contact_id, "tag": tag_id})
    return True


def _tagged(store: Store, key: int) -> str:
    """What is tagged: a company is by the same calls, as its id is from the same counter."""
    if store.get("Company", key) is not None:
        return "company"
    existing(store, "Contact", key)
    return "contact"


def _assignment(store: Store, contact_id: int, tag_id: int) -> int | None:
    for key in store.find("ContactGroupAssign", "ContactId", contact_id):
        if store.row("ContactGroupAssign", key)["GroupId"] == tag_id:
            return key
    return None
