"""Opportunities, and how they went through the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from crm.list_records import FieldObject
from crm.object_records import OpportunityData, OpportunityRecord, StageMove
from crm.rest.objects import CUSTOM, ObjectCalls, field_texts, given_members
from crm.rest.service import created
from crm.rest.values import inner, moment, optional_id
from crm.values import Struct, amount, record_id, struct, text

LIST = "GET /v2/opportunities"
STAGES = "GET /v2/opportunities/stages"
MOVES = "GET /v2/opportunities/stageMoves"
ONE = "/v2/opportunities/{opportunity_id}"
NAMES = {
    "contact_id": "contact_id",
    "title": "opportunity_title",
    "stage_id": "stage_id",
    "user_id": "user_id",
    "affiliate_id": "affiliate_id",
    "closes_at": "estimated_close_time",
    "next_action_at": "next_action_time",
    "next_action_notes": "next_action_notes",
    "revenue_low": "projected_revenue_low",
    "revenue_high": "projected_revenue_high",
    "notes": "opportunity_notes",
}
PAGE_ROWS = 200


class OpportunityCalls(ObjectCalls):
    def create_opportunity(self, opportunity: OpportunityData) -> int:
        """Create an opportunity; return its id. Repeat: not safe: look with `list_opportunities` first.

        Docs: contact, title and stage are required; of the optional members none is known to be refused.
        """
        body = {name: value for name, value in given_members(opportunity, NAMES).items() if value != ""}
        body |= self._custom("create_opportunity", FieldObject.OPPORTUNITY, opportunity.fields)
        return self._wire.call("create_opportunity", "POST /v2/opportunities", created, body=body)

    def update_opportunity(self, opportunity_id: int, opportunity: OpportunityData) -> None:
        """Write what is given over the opportunity; its custom fields are read first. Repeat: safe."""
        operation, at = "update_opportunity", (opportunity_id,)
        body = given_members(opportunity, NAMES)
        body |= self._custom(operation, FieldObject.OPPORTUNITY, opportunity.fields, ONE, at)
        self._write_over(operation, ONE, at, body)

    def list_opportunities(self, contact_id: int) -> list[OpportunityRecord]:
        """Return the contact's opportunities, lowest id first."""

        def parse(row: Struct) -> OpportunityRecord | None:
            record = _opportunity(row)
            return record if record.contact_id == contact_id else None

        query = {"filter": f"contact_id=={contact_id}"}
        found = self._pages(
            "list_opportunities", LIST, "opportunities", parse, query=query, page_rows=PAGE_ROWS
        )
        return sorted(found, key=lambda record: record.id)

    def read_opportunity(self, opportunity_id: int, fields: Sequence[str] = ()) -> OpportunityRecord:
        """Return one opportunity. Raises MissingInCrm if it, or a custom field, is gone."""
        known = self._known("read_opportunity", FieldObject.OPPORTUNITY, fields)
        query = {"fields": CUSTOM} if fields else None
        row = self._wire.call("read_opportunity", f"GET {ONE}", struct, at=(opportunity_id,), query=query)
        return replace(_opportunity(row), fields=field_texts(row, known))

    def list_stage_moves(self, opportunity_id: int) -> list[StageMove]:
        """Return how the opportunity went through the stages, lowest id first."""

        def parse(row: Struct) -> StageMove | None:
            if optional_id(row.get("opportunity_id")) != opportunity_id:
                return None
            return StageMove(
                id=record_id(row.get("id")),
                from_stage_id=optional_id(row.get("move_from_stage_id")) or 0,
                to_stage_id=optional_id(row.get("move_to_stage_id")) or 0,
                moved_at=moment(row, "move_time"),
            )

        query = {"filter": f"opportunity_id=={opportunity_id}"}
        found = self._pages("list_stage_moves", MOVES, "stage_moves", parse, query=query)
        return sorted(found, key=lambda move: move.id)


def _opportunity(row: Struct) -> OpportunityRecord:
    return OpportunityRecord(
        id=record_id(row.get("id")),
        contact_id=optional_id(inner(row, "contact").get("id")) or 0,
        title=text(row, "opportunity_title"),
        stage_id=optional_id(inner(row, "stage").get("id")) or 0,
        user_id=optional_id(inner(row, "user").get("id")) or 0,
        affiliate_id=optional_id(row.get("affiliate_id")) or 0,
        closes_at=moment(row, "estimated_close_time"),
        next_action_at=moment(row, "next_action_time"),
        next_action_notes=text(row, "next_action_notes"),
        revenue_low=_revenue(row, "projected_revenue_low"),
        revenue_high=_revenue(row, "projected_revenue_high"),
        notes=text(row, "opportunity_notes"),
        created_at=moment(row, "created_time"),
        updated_at=moment(row, "last_updated_time"),
    )


def _revenue(row: Struct, name: str) -> Decimal | None:
    value = row.get(name)
    return None if value is None else amount(value)
