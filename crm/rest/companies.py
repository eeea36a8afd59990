"""Companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.list_records import FieldObject
from crm.object_records import CompanyData, CompanyRecord
from crm.records import Address
from crm.rest.addresses import BILLING, address_in, addresses
from crm.rest.body import Param
from crm.rest.objects import CUSTOM, ObjectCalls, field_texts, given_members
from crm.rest.service import created, safe_value
from crm.rest.values import inner, moment, optional_id
from crm.values import Struct, ignored, record_id, struct, text

LIST = "GET /v2/companies"
ONE = "/v2/companies/{company_id}"
NAMES = {
    "name": "company_name",
    "website": "website",
    "notes": "notes",
    "first_name": "first_name",
    "last_name": "last_name",
    "owner_id": "owner_id",
}
FOUND = (
    *("id", "company_name", "email_address", "phone_number", "website", "first_name", "last_name"),
    *("owner_id", "address", "create_time", "update_time"),
)
PAGE_ROWS = 500


class CompanyCalls(ObjectCalls):
    def find_companies(self, name: str) -> list[CompanyRecord]:
        """Return the companies called so, case ignored, or those that begin with its first word."""
        words = name.split()
        if not words:
            return []
        whole = safe_value(name.strip(), wildcard=False)
        begins = safe_value(words[0], wildcard=True).rstrip("*")
        filters = [f"company_name=={whole}"] if whole else []
        for asked in (*filters, *([f"name=={begins}*"] if begins else [])):
            query = {"filter": asked, "fields": ",".join(FOUND)}
            found = self._pages(
                "find_companies", LIST, "companies", _company, query=query, page_rows=PAGE_ROWS
            )
            if found:
                return sorted(found, key=lambda company: company.id)
        return []

    def create_company(self, company: CompanyData) -> int:
        """Create a company; return its id. Repeat: not safe: look with `find_companies` first."""
        body = {name: value for name, value in _members(company).items() if value != ""}
        if given := addresses([], {BILLING: company.address} if company.address != Address() else {}):
            body["address"] = given[0]
        body |= self._custom("create_company", FieldObject.COMPANY, company.fields)
        return self._wire.call("create_company", "POST /v2/companies", created, body=body)

    def update_company(self, company_id: int, company: CompanyData) -> None:
        """Write what is given over the company, reading first what is laid over. Repeat: safe."""
        body = _members(company)
        if company.address != Address():
            query = {"fields": "address"}
            there = self._wire.call("update_company", f"GET {ONE}", struct, at=(company_id,), query=query)
            has = {**inner(there, "address"), "field": BILLING}
            body["address"] = addresses([has], {BILLING: company.address})[0]
        body |= self._custom("update_company", FieldObject.COMPANY, company.fields, ONE, (company_id,))
        self._write_over("update_company", ONE, (company_id,), body)

    def read_company(self, company_id: int, fields: Sequence[str] = ()) -> CompanyRecord:
        """Return one company whole. Raises MissingInCrm if it, or a custom field, is gone."""
        known = self._known("read_company", FieldObject.COMPANY, fields)
        query = {"fields": ",".join((*FOUND, "notes", *((CUSTOM,) if fields else ())))}
        row = self._wire.call("read_company", f"GET {ONE}", struct, at=(company_id,), query=query)
        return replace(_company(row), fields=field_texts(row, known))

    def apply_company_tag(self, company_id: int, tag_id: int) -> None:
        """Tag the company. Repeat: safe."""
        route = f"POST {ONE}/tags/{{tag_id}}"
        self._wire.call("apply_company_tag", route, ignored, at=(company_id, tag_id))

    def list_company_tags(self, company_id: int) -> list[int]:
        """Return the ids of the company's tags, lowest first."""

        def parse(row: Struct) -> int:
            return record_id(inner(row, "tag").get("id"))

        return sorted(self._pages("list_company_tags", f"GET {ONE}/tags", "tags", parse, at=(company_id,)))


def _members(company: CompanyData) -> dict[str, Param]:
    body = given_members(company, NAMES)
    if company.email is not None:
        body["email_address"] = {"email": company.email, "field": "EMAIL1"}
    if company.phone is not None:
        body["phone_number"] = {"number": company.phone, "field": "PHONE1"}
    return body


def _company(row: Struct) -> CompanyRecord:
    return CompanyRecord(
        id=record_id(row.get("id")),
        name=text(row, "company_name"),
        email=text(inner(row, "email_address"), "email"),
        phone=text(inner(row, "phone_number"), "number"),
        website=text(row, "website"),
        notes=text(row, "notes"),
        first_name=text(row, "first_name"),
        last_name=text(row, "last_name"),
        owner_id=optional_id(row.get("owner_id")) or 0,
        address=address_in(inner(row, "address")),
        created_at=moment(row, "create_time"),
        updated_at=moment(row, "update_time"),
    )
