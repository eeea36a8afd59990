"""Opportunities: the table Lead; how they went through the stages: StageMove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from crm.object_records import OpportunityData, OpportunityRecord, StageMove
from crm.values import Struct, amount, record_id, text
from crm.xmlrpc.objects import ObjectCalls, given_columns
from crm.xmlrpc.values import moment, optional_id

TABLE = "Lead"
NAMES = {
    "contact_id": "ContactID",
    "title": "OpportunityTitle",
    "stage_id": "StageID",
    "user_id": "UserID",
    "affiliate_id": "AffiliateId",
    "closes_at": "EstimatedCloseDate",
    "next_action_at": "NextActionDate",
    "next_action_notes": "NextActionNotes",
    "revenue_low": "ProjectedRevenueLow",
    "revenue_high": "ProjectedRevenueHigh",
    "notes": "OpportunityNotes",
}
COLUMNS = ("Id", *NAMES.values(), "DateCreated", "LastUpdated")
MOVES = "StageMove"
MOVE_COLUMNS = ("Id", "OpportunityId", "MoveFromStage", "MoveToStage", "MoveDate")


class OpportunityCalls(ObjectCalls):
    def create_opportunity(self, opportunity: OpportunityData) -> int:
        """Create an opportunity; return its id. Repeat: not safe: look with `list_opportunities` first."""
        return self._add("create_opportunity", TABLE, given_columns(opportunity, NAMES))

    def update_opportunity(self, opportunity_id: int, opportunity: OpportunityData) -> None:
        """Write what is given over the opportunity. Repeat: safe."""
        self._update("update_opportunity", TABLE, opportunity_id, given_columns(opportunity, NAMES))

    def list_opportunities(self, contact_id: int) -> list[OpportunityRecord]:
        """Return the contact's opportunities, lowest id first."""

        def parse(row: Struct) -> OpportunityRecord | None:
            return self._opportunity(row) if optional_id(row, "ContactID") == contact_id else None

        return self._query("list_opportunities", TABLE, {"ContactID": contact_id}, COLUMNS, parse)

    def read_opportunity(self, opportunity_id: int, fields: Sequence[str] = ()) -> OpportunityRecord:
        """Return one opportunity. Raises MissingInCrm if it, or a custom field, is gone."""

        def parse(row: Struct) -> OpportunityRecord:
            return replace(self._opportunity(row), fields={name: text(row, name) for name in fields})

        return self._load("read_opportunity", TABLE, opportunity_id, (*COLUMNS, *fields), parse)

    def list_stage_moves(self, opportunity_id: int) -> list[StageMove]:
        """Return how the opportunity went through the stages, lowest id first."""

        def parse(row: Struct) -> StageMove | None:
            if optional_id(row, "OpportunityId") != opportunity_id:
                return None
            return StageMove(
                id=record_id(row.get("Id")),
                from_stage_id=optional_id(row, "MoveFromStage") or 0,
                to_stage_id=optional_id(row, "MoveToStage") or 0,
                moved_at=moment(row, "MoveDate", self._wire.zone),
            )

        where = {"OpportunityId": opportunity_id}
        return self._query("list_stage_moves", MOVES, where, MOVE_COLUMNS, parse)

    def _opportunity(self, row: Struct) -> OpportunityRecord:
        zone = self._wire.zone
        return OpportunityRecord(
            id=record_id(row.get("Id")),
            contact_id=optional_id(row, "ContactID") or 0,
            title=text(row, "OpportunityTitle"),
            stage_id=optional_id(row, "StageID") or 0,
            user_id=optional_id(row, "UserID") or 0,
            affiliate_id=optional_id(row, "AffiliateId") or 0,
            closes_at=moment(row, "EstimatedCloseDate", zone),
            next_action_at=moment(row, "NextActionDate", zone),
            next_action_notes=text(row, "NextActionNotes"),
            revenue_low=_revenue(row, "ProjectedRevenueLow"),
            revenue_high=_revenue(row, "ProjectedRevenueHigh"),
            notes=text(row, "OpportunityNotes"),
            created_at=moment(row, "DateCreated", zone),
            updated_at=moment(row, "LastUpdated", zone),
        )


def _revenue(row: Struct, column: str) -> Decimal | None:
    value = row.get(column)
    return None if value in (None, "") else amount(value)
