"""From rows to what the API answers; the fields are described in `serializers`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request
from rest_framework.reverse import reverse

from cascade.engine.kinds import KINDS, api_ids
from cascade.models import Attempt, JournalEntry, Replication
from logs_ui.log import display
from logs_ui.log.presenters import decisions, setting_address
from logs_ui.log.subjects import subject_of

CRM_IDS = ("contact_id", "order_id", "invoice_id")
ATTEMPT_FIELDS = ("number", "outcome", "error_class", "message", "started_at", "finished_at")


def replication_values(row: Replication, request: Request) -> dict[str, Any]:
    subject = subject_of(row)
    kind = KINDS.get(row.kind)
    own_id = kind.api_id.name if kind and kind.api_id else ""
    email = subject.email if "@" in subject.email else ""
    setting = setting_address(row, row.setting)[1] if row.setting else ""
    return {
        "id": row.pk,
        "kind": row.kind,
        **{name: row.subject_key.partition("/")[2] if name == own_id else "" for name in api_ids()},
        "email": email,
        "state": row.state,
        "level": row.level,
        "reason": row.reason,
        "error_class": row.error_class,
        "setting_url": request.build_absolute_uri(setting) if setting else None,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "next_try_at": row.not_before if row.state == Replication.State.RETRYING else None,
        "url": reverse("logs_ui:detail", args=[row.pk], request=request),
    }


def detail_values(
    row: Replication, entries: Iterable[JournalEntry], attempts: Iterable[Attempt], request: Request
) -> dict[str, Any]:
    entries = list(entries)
    # What the journal's done steps know; an order's job id is its order id.
    ids: dict[str, int | None] = dict.fromkeys(CRM_IDS)
    for entry in entries:
        if entry.state == JournalEntry.State.DONE:
            external = {"order_id": entry.external.get("job_id"), **entry.external}
            ids.update({name: external[name] for name in CRM_IDS if isinstance(external.get(name), int)})
    return {
        **replication_values(row, request),
        "crm": ids,
        "decisions": [{"level": item.level, "text": item.text} for item in decisions(row.plan)],
        "steps": [
            {
                "name": entry.step,
                "kind": entry.kind,
                "title": display.step_title(entry.kind, entry.args),
                "state": entry.state,
                "result": entry.result,
                "note": entry.note,
                "external": entry.external,
                "done_at": entry.done_at,
            }
            for entry in entries
        ],
        "attempt_log": [{name: getattr(attempt, name) for name in ATTEMPT_FIELDS} for attempt in attempts],
    }
