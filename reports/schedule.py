"""When a data set is read again: a cron expression in the merchant's zone, and how much that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

DAILY = "0 5 * * *"
SOONEST_FULL = timedelta(hours=23)
SOONEST_CHANGES = timedelta(minutes=15)
LOOKED_AT = 30  # runs ahead


class CronRefused(Exception):
    """The expression cannot be read, or asks for more than the CRM's vendor allows; says what to do."""


def cron_check(cron: str, zone: ZoneInfo, now: datetime, *, changes_only: bool) -> None:
    """Raises CronRefused. `changes_only`: the query asks for what changed since the last run."""
    times = cron_times(cron, zone, now, LOOKED_AT)
    least = SOONEST_CHANGES if changes_only else SOONEST_FULL
    if any(later - earlier < least for earlier, later in pairwise(times)):
        raise CronRefused(
            "What changed since the last run may be read every 15 minutes at most."
            if changes_only
            else "A full reading may run once a day at most. Ask for 'LastUpdated':'~>=~LastSuccessfulRun' "
            "to read what changed more often."
        )


def cron_next(cron: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The first time after now. Raises CronRefused."""
    return cron_times(cron, zone, now, 1)[0]


def cron_times(cron: str, zone: ZoneInfo, now: datetime, number: int) -> list[datetime]:
    if len(cron.split()) != 5:
        raise CronRefused(
            "A schedule has five parts: minute, hour, day, month, weekday. 0 5 * * * is daily at 05:00."
        )
    try:
        times = CronSim(cron, now.astimezone(zone))
        found = [next(times).astimezone(UTC) for _ in range(number)]
    except (CronSimError, StopIteration) as err:
        raise CronRefused(f"The schedule cannot be read or never comes: {str(err) or cron}.") from err
    return found


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one run will take: `rows` as counted or known, None where nothing tells."""

    rows: int | None
    calls: int | None
    seconds: float | None


def forecast(rows: int | None, rows_per_page: int, pace_seconds: float) -> Forecast:
    if rows is None:
        return Forecast(None, None, None)
    calls = rows // max(rows_per_page, 1) + 4  # the counts before and after, what was created, the last page
    return Forecast(rows, calls, calls * max(pace_seconds, 0.3))
