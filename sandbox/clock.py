"""The two clocks: UTC for the sandbox's own records, US Eastern without a zone for the CRM's columns."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CRM_ZONE = ZoneInfo("America/New_York")


def utc_now() -> datetime:
    return datetime.now(UTC)


def crm_now() -> datetime:
    """Now as the CRM writes it: local to New York, whole seconds, no zone."""
    return datetime.now(CRM_ZONE).replace(tzinfo=None, microsecond=0)
