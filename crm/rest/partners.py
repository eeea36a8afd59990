"""Lead sources and referral partners."""

from __future__ import annotations

from crm.errors import MissingInCrm
from crm.records import AffiliateRecord, CategoryRecord, LeadSourceRecord
from crm.rest.body import Param
from crm.rest.service import Service, created
from crm.rest.values import optional_id
from crm.values import Struct, record_id, struct, text

LEAD_SOURCES = "GET /v2/leadSources"
LEAD_SOURCE_CATEGORIES = "GET /v2/leadSourceCategories"
AFFILIATES = "GET /v2/affiliates"
ACTIVE, INACTIVE = "ACTIVE", "INACTIVE"


class PartnerCalls(Service):
    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        """Return the lead sources whose name equals `name` exactly, lowest id first."""

        def parse(row: Struct) -> LeadSourceRecord:
            return LeadSourceRecord(id=record_id(row.get("id")), name=text(row, "name"))

        found = self._named("find_lead_sources", LEAD_SOURCES, "lead_sources", "name", name, parse)
        return sorted(found, key=lambda source: source.id)

    def create_lead_source(self, name: str, category_id: int = 0) -> int:
        """Create an active lead source; return its id. Repeat: not safe: look it up first."""
        body = {"name": name, "status": ACTIVE}
        if category_id:
            body["lead_source_category_id"] = str(category_id)
        return self._wire.call("create_lead_source", "POST /v2/leadSources", created, body=body)

    def find_lead_source_categories(self, name: str) -> list[CategoryRecord]:
        """Return the categories whose name equals `name` exactly, lowest id first."""
        operation, member = "find_lead_source_categories", "lead_source_categories"
        return self._categories(operation, LEAD_SOURCE_CATEGORIES, member, name)

    def create_lead_source_category(self, name: str) -> int:
        """Create a category; return its id. Repeat: not safe: look it up first."""
        route = "POST /v2/leadSourceCategories"
        return self._wire.call("create_lead_source_category", route, created, body={"name": name})

    def find_affiliates(self, code: str) -> list[AffiliateRecord]:
        """Return the referral partners of that code (case ignored, as in the CRM), lowest id first."""
        found = self._named(
            "find_affiliates",
            AFFILIATES,
            "affiliates",
            "code",
            code,
            affiliate,
            wildcard=False,
            alike=str.casefold,
        )
        return sorted(found, key=lambda partner: partner.id)

    def affiliate_exists(self, affiliate_id: int) -> bool:
        """Return whether the account has a referral partner of that id."""
        try:
            self._wire.call("affiliate_exists", f"{AFFILIATES}/{{id}}", struct, at=(affiliate_id,))
        except MissingInCrm:
            return False
        return True

    def create_affiliate(self, contact_id: int, code: str, name: str) -> int:
        """Make the contact an active referral partner; return the partner's id.

        Repeat: not safe: look the code up first.
        Docs:   the vendor's OpenAPI file: a code begins with a letter and has four signs or more, no blanks.
        """
        body: dict[str, Param] = {"contact_id": str(contact_id), "code": code, "status": ACTIVE}
        if name.strip():
            body["name"] = name
        return self._wire.call("create_affiliate", "POST /v2/affiliates", created, body=body)


def affiliate(row: Struct) -> AffiliateRecord:
    return AffiliateRecord(
        id=record_id(row.get("id")),
        code=text(row, "code"),
        name=text(row, "name"),
        contact_id=optional_id(row.get("contact_id")),
        active=text(row, "status") != INACTIVE,
    )
