"""Contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.errors import CrmRejected, PermanentError
from crm.list_records import FieldObject
from crm.records import ContactData, ContactRecord, DuplicateCheck
from crm.rest.addresses import BILLING, SHIPPING, address_in
from crm.rest.body import Param
from crm.rest.contact_body import (
    EMAIL_FIELD,
    EMAIL_FIELDS,
    PHONES,
    carries,
    company_name,
    contact_body,
    email_in,
    needed,
    optional_number,
)
from crm.rest.objects import ObjectCalls, field_texts
from crm.rest.service import created, safe_value
from crm.rest.values import boolean, listed, moment
from crm.values import Struct, Value, ignored, record_id, struct, text

LIST = "GET /v2/contacts"
ONE = "GET /v2/contacts/{contact_id}"
UPDATE = "PATCH /v2/contacts/{contact_id}"
CHECKED = ("id", "given_name", "family_name", "company", "email_addresses")
FOUND = (*CHECKED, "leadsource_id", "owner_id")
WHOLE = (
    *("create_time", "prefix", "website", "time_zone", "contact_type"),
    *("phone_numbers", "addresses"),
)
# In an address an apostrophe or an equals sign is ordinary: to leave them out would find half the contacts.
EMAIL_SIGNS = '*;,<>()"\\'
DEFAULT_REASON = "API Opt In"  # what the CRM itself puts for a blank one (vendor docs, optIn)


class ContactCalls(ObjectCalls):
    def upsert_contact(self, data: ContactData, check: DuplicateCheck) -> int:
        """Add the contact, or write over the one the check finds what changes; return the contact's id.

        Looked up first, because a list given to the API may replace the merchant's. Should somebody else add
        the contact in between, the API's own check finds it.

        Repeat: not always safe: probe by e-mail.
        Raises: PermanentError without an e-mail, before anything is sent.
        Docs:   the vendor's OpenAPI file, createContact, updateContact.
        """
        if not data.email.strip():
            raise PermanentError(
                "Without an e-mail address a contact cannot be told from another. "
                "Add the address to the order in the shop, then send it again.",
                label="no-email",
            )
        contents = self._contents("upsert_contact", FieldObject.CONTACT, data.fields)
        members = dict.fromkeys((*FOUND, "prefix", *needed(data)))
        candidates = self._with_email("upsert_contact", data.email.strip(), tuple(members))
        matching = [row for row in candidates if _is_same(row, data, check)]
        if not matching:
            return self._wire.call(
                "upsert_contact",
                "POST /v2/contacts",
                created,
                query={"duplicate_option": check.value, "fields": "id"},
                body=contact_body(data, contents),
            )
        there = min(matching, key=lambda row: record_id(row.get("id")))
        contact_id = record_id(there.get("id"))
        self._patch("upsert_contact", contact_id, contact_body(data, contents, there))
        return contact_id

    def create_contact(self, data: ContactData) -> int:
        """Add a contact, whoever has the address already; without a `duplicate_option` the API looks for
        nobody. Repeat: not safe. Docs: the vendor's OpenAPI file, createContact.
        """
        contents = self._contents("create_contact", FieldObject.CONTACT, data.fields)
        return self._wire.call(
            "create_contact",
            "POST /v2/contacts",
            created,
            query={"fields": "id"},
            body=contact_body(data, contents),
        )

    def update_contact(self, contact_id: int, data: ContactData) -> None:
        """Write the non-blank values that change something; send nothing if there are none. Repeat: safe."""
        contents = self._contents("update_contact", FieldObject.CONTACT, data.fields)
        members = needed(data)
        there = self._contact("update_contact", contact_id, members) if members else None
        self._patch("update_contact", contact_id, contact_body(data, contents, there))

    def find_contacts_by_email(self, email: str) -> list[ContactRecord]:
        """Return the contacts that carry the address in any e-mail column, lowest id first.

        Whether the list's filter looks beyond the first column is not documented.
        """
        wanted = email.strip()
        if not wanted:
            return []
        found = [_record(row) for row in self._with_email("find_contacts_by_email", wanted, FOUND)]
        return sorted(found, key=lambda contact: contact.id)

    def read_contact(self, contact_id: int, fields: Sequence[str] = ()) -> ContactRecord:
        """Return one contact. Raises MissingInCrm if it, or a custom field, is gone."""
        known = self._known("read_contact", FieldObject.CONTACT, fields)
        asked = (*FOUND, *WHOLE, *(("custom_fields",) if fields else ()))
        row = self._contact("read_contact", contact_id, asked)
        phones = {text(each, "field"): text(each, "number") for each in listed(row, "phone_numbers")}
        places = {text(each, "field"): each for each in listed(row, "addresses")}
        return replace(
            _record(row),
            created_at=moment(row, "create_time"),
            phones=tuple(phones.get(f"PHONE{number}", "") for number in range(1, PHONES + 1)),
            address1=address_in(places.get(BILLING, {})),
            address2=address_in(places.get(SHIPPING, {})),
            title=text(row, "prefix"),
            website=text(row, "website"),
            time_zone=text(row, "time_zone"),
            contact_type=text(row, "contact_type"),
            fields=field_texts(row, known),
        )

    def opt_in(self, email: str, reason: str) -> bool:
        """Make the address marketable; return whether it is. Repeat: safe.

        Docs: the vendor's OpenAPI file, updateEmailAddressOptStatus: an address that unsubscribed stays out.
        """
        body: Param = {"reason": reason.strip() or DEFAULT_REASON, "opted_in": True}

        def parse(value: Value) -> bool:
            return boolean(struct(value).get("opted_in"))

        route = "PATCH /v2/emailAddresses/{email}/status"
        try:
            return self._wire.call("opt_in", route, parse, at=(email.strip(),), body=body)
        except CrmRejected:
            return False

    def _with_email(self, operation: str, email: str, members: tuple[str, ...]) -> list[Struct]:
        def parse(row: Struct) -> Struct | None:
            return row if carries(row, email) else None

        value = safe_value(email, signs=EMAIL_SIGNS) or email
        query = {"filter": f"email=={value}", "fields": ",".join(members)}
        return self._pages(operation, LIST, "contacts", parse, query=query)

    def _contact(self, operation: str, contact_id: int, members: tuple[str, ...]) -> Struct:
        query = {"fields": ",".join(members)}
        return self._wire.call(operation, ONE, struct, at=(contact_id,), query=query)

    def _patch(self, operation: str, contact_id: int, body: dict[str, Param]) -> None:
        if body:
            query = {"update_mask": ",".join(body), "fields": "id"}
            self._wire.call(operation, UPDATE, ignored, at=(contact_id,), query=query, body=body)


def _is_same(row: Struct, data: ContactData, check: DuplicateCheck) -> bool:
    """Whether the check finds this contact: first e-mail, names, company; case and outer blanks ignored."""
    if email_in(row, EMAIL_FIELD).casefold() != data.email.strip().casefold():
        return False
    pairs = [(text(row, "given_name"), data.first_name), (text(row, "family_name"), data.last_name)]
    pairs.append((company_name(row), data.company))
    count = {DuplicateCheck.EMAIL: 0, DuplicateCheck.EMAIL_AND_NAME: 2}.get(check, 3)
    return all(has.strip().casefold() == given.strip().casefold() for has, given in pairs[:count])


def _record(row: Struct) -> ContactRecord:
    return ContactRecord(
        id=record_id(row.get("id")),
        email=email_in(row, EMAIL_FIELD),
        email2=email_in(row, EMAIL_FIELDS[1]),
        email3=email_in(row, EMAIL_FIELDS[2]),
        first_name=text(row, "given_name"),
        last_name=text(row, "family_name"),
        company=company_name(row),
        lead_source_id=optional_number(row, "leadsource_id"),
        owner_id=optional_number(row, "owner_id"),
    )
