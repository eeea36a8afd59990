"""Referral partners: the table Affiliate."""

from __future__ import annotations

from crm.records import AffiliateRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import optional_id

TABLE = "Affiliate"
COLUMNS = ("Id", "AffCode", "AffName", "ContactId", "Status")
ACTIVE, INACTIVE = 1, "0"  # Status (vendor field-access file, 2013)


class AffiliateCalls(Service):
    def find_affiliates(self, code: str) -> list[AffiliateRecord]:
        """Return the referral partners of that code (case ignored, as in the CRM), lowest id first."""
        found = self._query_exact(
            "find_affiliates", TABLE, "AffCode", code, COLUMNS, affiliate, alike=str.casefold
        )
        return sorted(found, key=lambda partner: partner.id)

    def affiliate_exists(self, affiliate_id: int) -> bool:
        """Return whether the account has a referral partner of that id."""
        return bool(self._query_ids("affiliate_exists", TABLE, [affiliate_id], COLUMNS, affiliate))

    def create_affiliate(self, contact_id: int, code: str, name: str) -> int:
        """Make the contact an active referral partner; return the partner's id.

        Repeat: not safe: look the code up first.
        Docs:   DataService.add on Affiliate; AffCode is unique.
        """
        values: dict[str, Param] = {
            "ContactId": contact_id,
            "AffCode": code,
            "AffName": name,
            "Status": ACTIVE,
        }
        return self._wire.write("create_affiliate", "DataService.add", [TABLE, values], record_id)


def affiliate(row: Struct) -> AffiliateRecord:
    return AffiliateRecord(
        id=record_id(row.get("Id")),
        code=text(row, "AffCode"),
        name=text(row, "AffName"),
        contact_id=optional_id(row, "ContactId"),
        active=text(row, "Status").strip() != INACTIVE,
    )
