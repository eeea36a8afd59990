"""From rows to what the API answers; the fields are described in `serializers`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request
from rest_framework.reverse import reverse

from cascade.engine.kinds import KINDS, api_ids
from cascade.models import Attempt, JournalEntry, Replication
from logs_ui.log import display
from logs_ui.log.presenters import connection_url, decisions
from logs_ui.log.subjects import subject_of

CRM_IDS = ("contact_id", "order_id", "invoice_id")


def replication_values(row: Replication, request: Request) -> dict[str, Any]:
    subject = subject_of(row)
    kind = KINDS.get(row.kind)
    own_id = kind.api_id.name if kind and kind.api_id else ""
    email = subject.email if "@" in subject.email else ""
    return {
        "id": row.pk,
        "kind": row.kind,
        **{name: row.subject_key.partition("/")[2] if name == own_id else "" for name in api_ids()},
        "email": email,
        "state": row.state,
        "level": row.level,
        "reason": row.reason,
        "error_class": row.error_class,
        "setting_url": _setting_url(row, request),
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
    return {
        **replication_values(row, request),
        "crm": _crm_ids(entries),
        "decisions": [{"level": item.level, "text": item.text} for item in decisions(row.plan)],
        "steps": [_step(entry) for entry in entries],
        "attempt_log": [_attempt(attempt) for attempt in attempts],
    }


def _crm_ids(entries: Iterable[JournalEntry]) -> dict[str, int | None]:
    """What the journal's done steps know; an order's job id is its order id."""
    found: dict[str, int | None] = dict.fromkeys(CRM_IDS)
    for entry in entries:
        if entry.state != JournalEntry.State.DONE:
            continue
        external = {"order_id": entry.external.get("job_id"), **entry.external}
        found.update({name: external[name] for name in CRM_IDS if isinstance(external.get(name), int)})
    return found


def _step(entry: JournalEntry) -> dict[str, Any]:
    return {
        "name": entry.step,
        "kind": entry.kind,
        "title": display.step_title(entry.kind, entry.args),
        "state": entry.state,
        "result": entry.result,
        "note": entry.note,
        "external": entry.external,
        "done_at": entry.done_at,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    names = ("number", "outcome", "error_class", "message", "started_at", "finished_at")
    return {name: getattr(attempt, name) for name in names}


def _setting_url(row: Replication, request: Request) -> str | None:
    page = connection_url(row.connection_id)
    if not row.setting or not page:
        return None
    return request.build_absolute_uri(f"{page}#{display.setting_place(row.setting)[1]}")
