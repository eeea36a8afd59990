"""Lead sources: the table LeadSource."""

from __future__ import annotations

from crm.records import LeadSourceRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service

TABLE = "LeadSource"
COLUMNS = ("Id", "Name")
ACTIVE = "Active"  # Status is the word Active or Inactive (vendor field-access file, 2013)


class LeadSourceCalls(Service):
    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        """Return the lead sources whose name equals `name` exactly, lowest id first."""

        def parse(row: Struct) -> LeadSourceRecord:
            return LeadSourceRecord(id=record_id(row.get("Id")), name=text(row, "Name"))

        found = self._query_exact("find_lead_sources", TABLE, "Name", name, COLUMNS, parse)
        return sorted(found, key=lambda source: source.id)

    def create_lead_source(self, name: str) -> int:
        """Create an active lead source; return its id. Repeat: not safe: look it up first."""
        params: list[Param] = [TABLE, {"Name": name, "Status": ACTIVE}]
        return self._wire.write("create_lead_source", "DataService.add", params, record_id)
