"""Drift: what was right when it was set and no longer is, found by a test every night.

Each enabled connection has its own minute between midnight and six, UTC, so that not all ask at once. The
calls go through the gate like all others, missing tags are not created, and no pause begins or ends by it:
a key that is refused at night is told, and holds back the first order that meets it.
"""

from __future__ import annotations

import logging
import zlib
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from mappings.checks.check import connection_check
from mappings.checks.drift_notice import drift_marked, drift_tell
from mappings.checks.findings import CheckOutcome, CredentialVerdict, mapped_names
from mappings.checks.merchant_mode import mode_store
from mappings.encrypted import DecryptionFailed
from mappings.models import Connection

logger = logging.getLogger(__name__)

NIGHT_SECONDS = 6 * 3600
MOST_AT_ONCE = 20


def drift_moment(connection_id: int, now: datetime) -> datetime:
    """When the connection's turn is on the day of `now`: the same time every night."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=zlib.crc32(str(connection_id).encode()) % NIGHT_SECONDS)


def drift_due(now: datetime, *, limit: int = MOST_AT_ONCE) -> list[int]:
    """The connections whose turn has come today and that nobody has tested since; ids, lowest first."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Connection.objects.filter(
        Q(drift_checked_at=None) | Q(drift_checked_at__lt=midnight), enabled=True, paused_at=None
    ).exclude(bound_app="")
    due: list[int] = []
    times = rows.order_by("pk").values_list("pk", "tested_at", "drift_checked_at")
    for connection_id, tested_at, checked_at in times.iterator():
        moment = drift_moment(connection_id, now)
        seen_at = max((at for at in (tested_at, checked_at) if at is not None), default=None)
        if moment <= now and (seen_at is None or seen_at < moment):
            due.append(connection_id)
        if len(due) == limit:
            break
    return due


def drift_check(connection_id: int, now: datetime) -> CheckOutcome | None:
    """Test one connection and tell what broke since it was last tested; None if it had its turn today.

    Repeat: safe, also from several machines at once: the first to write `drift_checked_at` does it. A night
    without an answer changes nothing; the next one asks again.
    """
    connection = Connection.objects.filter(pk=connection_id, enabled=True, paused_at=None).first()
    if connection is None:
        return None
    free = Q(drift_checked_at=None) | Q(drift_checked_at__lt=drift_moment(connection.pk, now))
    if not Connection.objects.filter(free, pk=connection.pk).update(drift_checked_at=now):
        return None
    try:
        outcome = connection_check(connection, mapped_names(connection), gated=True, creates=False)
    except DecryptionFailed:
        logger.warning("The nightly test of connection %s could not read its key.", connection_id)
        return None
    if outcome.verdict != CredentialVerdict.UNREACHABLE:
        _keep(connection, outcome, now)
    return outcome


def _keep(connection: Connection, outcome: CheckOutcome, now: datetime) -> None:
    """Keep the findings, unless a person tested it meanwhile and so knows better.

    `tested_at` stays: a worker's pause must not mistake this for a test with new credentials.
    """
    row = Connection.objects.filter(pk=connection.pk, tested_at=connection.tested_at)
    kept = drift_marked(connection.test_result, outcome, now)
    if not row.update(test_result=kept):
        return
    connection.test_result = kept
    if outcome.merchant_mode:
        mode_store(connection, outcome.merchant_mode, now)
    drift_tell(connection, now)
