"""Lead sources: the table LeadSource."""

from __future__ import annotations

from crm.records import CategoryRecord, LeadSourceRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service

TABLE = "LeadSource"
CATEGORIES = "LeadSourceCategory"
COLUMNS = ("Id", "Name")
ACTIVE = "Active"  # Status is the word Active or Inactive (vendor field-access file, 2013)


class LeadSourceCalls(Service):
    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        """Return the lead sources whose name equals `name` exactly, lowest id first."""

        def parse(row: Struct) -> LeadSourceRecord:
            return LeadSourceRecord(id=record_id(row.get("Id")), name=text(row, "Name"))

        found = self._query_exact("find_lead_sources", TABLE, "Name", name, COLUMNS, parse)
        return sorted(found, key=lambda source: source.id)

    def create_lead_source(self, name: str, category_id: int = 0) -> int:
        """Create an active lead source; return its id. Repeat: not safe: look it up first."""
        values: dict[str, Param] = {"Name": name, "Status": ACTIVE}
        if category_id:
            values["LeadSourceCategoryId"] = category_id
        params: list[Param] = [TABLE, values]
        return self._wire.write("create_lead_source", "DataService.add", params, record_id)

    def find_lead_source_categories(self, name: str) -> list[CategoryRecord]:
        """Return the categories whose name equals `name` exactly, lowest id first."""
        return self._categories("find_lead_source_categories", CATEGORIES, "Name", name)

    def create_lead_source_category(self, name: str) -> int:
        """Create a category; return its id. Repeat: not safe: look it up first."""
        params: list[Param] = [CATEGORIES, {"Name": name}]
        return self._wire.write("create_lead_source_category", "DataService.add", params, record_id)
