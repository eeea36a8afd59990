"""Saved searches that the CRM finds too slow: the waits of the product's description, kept for each search.

Slow is tried again after 5, 10, 30, 60 and 300 seconds; blocked every 20 minutes, ten times. The hold belongs
to the search of the account, so that other data sets on it do not feed the block. A page that came ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.errors import HeldBack, TransientError
from mappings.models import Connection
from reports.models import SearchHold

SLOW, BLOCKED = "search-slow", "search-blocked"
SLOW_SECONDS = (5, 10, 30, 60, 300)
BLOCKED_SECONDS = 20 * 60
MOST_BLOCKED = 10


def search_check(connection: Connection, search_id: int, now: datetime) -> None:
    """Raises HeldBack while the search is left alone."""
    hold = SearchHold.objects.filter(connection=connection, search_id=search_id, not_before__gt=now).first()
    if hold is not None and hold.not_before is not None:
        raise HeldBack(
            "The CRM found this saved search too slow, and it is left alone for a while. The report goes on "
            "by itself.",
            label="search-held",
            retry_after_seconds=(hold.not_before - now).total_seconds(),
        )


def search_came(connection: Connection, search_id: int) -> None:
    """A page came: what was counted is forgotten. Repeat: safe."""
    SearchHold.objects.filter(connection=connection, search_id=search_id).delete()


def search_refused(
    connection: Connection, search_id: int, error: TransientError, now: datetime
) -> float | None:
    """Note that the CRM refused the search; the seconds to wait, None if it is given up."""
    hold, _ = SearchHold.objects.get_or_create(connection=connection, search_id=search_id)
    if error.label == SLOW:
        hold.slow += 1
        wait = SLOW_SECONDS[hold.slow - 1] if hold.slow <= len(SLOW_SECONDS) else None
    else:
        hold.blocked += 1
        wait = BLOCKED_SECONDS if hold.blocked <= MOST_BLOCKED else None
    if wait is None:
        hold.delete()
        return None
    hold.not_before = now + timedelta(seconds=wait)
    hold.save()
    return float(wait)
