"""Companies: the table Company, whose ids share the counter of contacts, and which is tagged like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.object_records import CompanyData, CompanyRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.columns import ADDRESS1, address_columns, address_in
from crm.xmlrpc.encode import Param
from crm.xmlrpc.objects import ObjectCalls, given_columns
from crm.xmlrpc.service import safe_pattern
from crm.xmlrpc.tags import tag_ids
from crm.xmlrpc.values import boolean, moment, optional_id

TABLE = "Company"
NAMES = {
    "name": "Company",
    "email": "Email",
    "phone": "Phone1",
    "website": "Website",
    "notes": "ContactNotes",
    "first_name": "FirstName",
    "last_name": "LastName",
    "owner_id": "OwnerID",
}
FOUND = (
    *("Id", "Company", "Email", "Phone1", "Website", "FirstName", "LastName", "OwnerID"),
    *("DateCreated", "LastUpdated", *ADDRESS1[:-1]),
)


class CompanyCalls(ObjectCalls):
    def find_companies(self, name: str) -> list[CompanyRecord]:
        """Return the companies called so, case ignored, or those that begin with its first word."""
        words = name.split()
        if not words:
            return []
        for pattern in (safe_pattern(name.strip()), f"{safe_pattern(words[0])}%"):
            where = {"Company": pattern}
            if found := self._query("find_companies", TABLE, where, FOUND, self._company):
                return found
        return []

    def create_company(self, company: CompanyData) -> int:
        """Create a company; return its id. Repeat: not safe: look with `find_companies` first."""
        return self._add("create_company", TABLE, _columns(company))

    def update_company(self, company_id: int, company: CompanyData) -> None:
        """Write what is given over the company. Repeat: safe."""
        self._update("update_company", TABLE, company_id, _columns(company))

    def read_company(self, company_id: int, fields: Sequence[str] = ()) -> CompanyRecord:
        """Return one company whole. Raises MissingInCrm if it, or a custom field, is gone."""

        def parse(row: Struct) -> CompanyRecord:
            told = {name: text(row, name) for name in fields}
            return replace(self._company(row), notes=text(row, "ContactNotes"), fields=told)

        columns = (*FOUND, "ContactNotes", *fields)
        return self._load("read_company", TABLE, company_id, columns, parse)

    def apply_company_tag(self, company_id: int, tag_id: int) -> None:
        """Tag the company, by the call that tags contacts (a Keap engineer's scripts). Repeat: safe."""
        self._wire.write("apply_company_tag", "ContactService.addToGroup", [company_id, tag_id], boolean)

    def list_company_tags(self, company_id: int) -> list[int]:
        """Return the ids of the company's tags, lowest first."""
        return self._load("list_company_tags", TABLE, company_id, ("Groups",), tag_ids)

    def _company(self, row: Struct) -> CompanyRecord:
        return CompanyRecord(
            id=record_id(row.get("Id")),
            name=text(row, "Company"),
            email=text(row, "Email"),
            phone=text(row, "Phone1"),
            website=text(row, "Website"),
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            owner_id=optional_id(row, "OwnerID") or 0,
            address=address_in(row, ADDRESS1),
            created_at=moment(row, "DateCreated", self._wire.zone),
            updated_at=moment(row, "LastUpdated", self._wire.zone),
        )


def _columns(company: CompanyData) -> dict[str, Param]:
    return {**given_columns(company, NAMES), **address_columns(company.address, ADDRESS1)}
