"""Contacts: ContactService, and APIEmailService for who may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.errors import PermanentError
from crm.records import ContactData, ContactRecord, DuplicateCheck
from crm.values import Struct, Value, ignored, integer, record_id, rows, struct, text
from crm.xmlrpc.columns import ADDRESS1, ADDRESS2, PHONES, address_in, contact_columns
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import boolean, moment, optional_id

EMAIL_COLUMNS = ("Email", "EmailAddress2", "EmailAddress3")
NOT_MARKETABLE = 0  # getOptStatus; 1 is a single, 2 a confirmed opt-in
COLUMNS = ("Id", *EMAIL_COLUMNS, "FirstName", "LastName", "Company", "LeadSourceId", "OwnerID")
PHONE_COLUMNS = tuple(f"Phone{number}" for number in range(1, PHONES + 1))
WHOLE = (
    *("DateCreated", "Title", "Website", "TimeZone", "ContactType"),
    *(*PHONE_COLUMNS, *ADDRESS1[:-1], *ADDRESS2[:-1]),
)


class ContactCalls(Service):
    def upsert_contact(self, data: ContactData, check: DuplicateCheck) -> int:
        """Add the contact, or update the one the check finds; return the contact's id.

        Repeat: not always safe: with the company check the Company text never matches the formal company
                record, so each repeat adds a contact. Probe by e-mail.
        Raises: PermanentError without an e-mail, before anything is sent.
        Docs:   ContactService.addWithDupCheck.
        """
        if not data.email.strip():
            raise PermanentError(
                "Without an e-mail address a contact cannot be told from another. "
                "Add the address to the order in the shop, then send it again.",
                label="no-email",
            )
        params: list[Param] = [contact_columns(data), check.value]
        return self._wire.write("upsert_contact", "ContactService.addWithDupCheck", params, record_id)

    def create_contact(self, data: ContactData) -> int:
        """Add a contact, whoever has the address already. Repeat: not safe. Docs: ContactService.add."""
        return self._wire.write("create_contact", "ContactService.add", [contact_columns(data)], record_id)

    def update_contact(self, contact_id: int, data: ContactData) -> None:
        """Write the non-blank values; send nothing if there are none. Repeat: safe."""
        if values := contact_columns(data):
            self._wire.write("update_contact", "ContactService.update", [contact_id, values], ignored)

    def find_contacts_by_email(self, email: str) -> list[ContactRecord]:
        """Return the contacts that carry the address in any e-mail column, lowest id first.

        Docs: ContactService.findByEmail compares Email, EmailAddress2 and EmailAddress3. Whether `%` is a
              wildcard there is not documented, so with one the addresses are compared here too.
        """
        wanted = email.strip()
        if not wanted:
            return []
        params: list[Param] = [wanted, list(COLUMNS)]

        def parse(value: Value) -> list[ContactRecord]:
            found = [
                row
                for row in rows(value)
                if "%" not in wanted
                or any(text(row, column).strip().casefold() == wanted.casefold() for column in EMAIL_COLUMNS)
            ]
            return [_record(row) for row in found]

        method = "ContactService.findByEmail"
        found = self._wire.read("find_contacts_by_email", method, params, parse)
        return sorted(found, key=lambda contact: contact.id)

    def read_contact(self, contact_id: int, fields: Sequence[str] = ()) -> ContactRecord:
        """Return one contact. Raises MissingInCrm if it, or a custom field, is gone."""

        def parse(value: Value) -> ContactRecord:
            row = struct(value)
            return replace(
                _record(row),
                created_at=moment(row, "DateCreated", self._wire.zone),
                phones=tuple(text(row, column) for column in PHONE_COLUMNS),
                address1=address_in(row, ADDRESS1),
                address2=address_in(row, ADDRESS2),
                title=text(row, "Title"),
                website=text(row, "Website"),
                time_zone=text(row, "TimeZone"),
                contact_type=text(row, "ContactType"),
                fields={name: text(row, name) for name in fields},
            )

        params: list[Param] = [contact_id, [*COLUMNS, *WHOLE, *fields]]
        return self._wire.read("read_contact", "ContactService.load", params, parse)

    def opt_in(self, email: str, reason: str) -> bool:
        """Make the address marketable; return whether it is. Repeat: safe.

        Docs: APIEmailService.optIn works the first time only and says no for an address that is marketable
              already (recorded traffic); so after a no, getOptStatus tells which of the two it was.
        """
        address = email.strip()
        if self._wire.write("opt_in", "APIEmailService.optIn", [address, reason], boolean):
            return True
        return self._wire.read("opt_in", "APIEmailService.getOptStatus", [address], integer) > NOT_MARKETABLE


def _record(row: Struct) -> ContactRecord:
    return ContactRecord(
        id=record_id(row.get("Id")),
        email=text(row, "Email"),
        email2=text(row, "EmailAddress2"),
        email3=text(row, "EmailAddress3"),
        first_name=text(row, "FirstName"),
        last_name=text(row, "LastName"),
        company=text(row, "Company"),
        lead_source_id=optional_id(row, "LeadSourceId") or 0,
        owner_id=optional_id(row, "OwnerID") or 0,
    )
