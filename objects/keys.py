"""What makes two records of the CRM the same: pure, and shown to whoever asks why."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def name_key(name: str) -> str:
    """A name without letter case and signs: "Smith & Doe, Inc." is "smith doe inc".

    What Unicode calls compatible is one (NFKC); runs of blanks are one blank.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = (sign if sign.isalnum() or unicodedata.category(sign) == "Mn" else " " for sign in folded)
    return " ".join("".join(kept).split())


def day_key(moment: datetime | None, zone: ZoneInfo) -> str:
    """The day at the CRM, blank for no time."""
    return moment.astimezone(zone).date().isoformat() if moment else ""


def minute_key(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") if moment else ""


def object_key(kind: str, values: Mapping[str, object], zone: ZoneInfo) -> tuple[str, ...]:
    """The parts by which one of this kind is found; `values` are the names of `crm.object_records`."""
    at = {
        "opportunity": day_key(_moment(values.get("closes_at")), zone),
        "task": minute_key(_moment(values.get("due_at"))),
        "note": minute_key(_moment(values.get("created_at"))),
    }
    name = name_key(str(values.get("name" if kind == "company" else "title") or ""))
    return (name,) if kind == "company" else (name, at[kind])


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value) if value else None
    return value if isinstance(value, datetime) else None
