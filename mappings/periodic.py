"""What the scheduler does for connections: reads their lists, tests them, tells people, works on uploads."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.utils import timezone

from background.periodic import Duty, register
from background.wakeup import wake
from mappings.batch.claim import batches_due
from mappings.batch.work import batch_work
from mappings.checks.connection_notices import notices_check, pauses_check
from mappings.checks.credential_probes import paused_probe
from mappings.checks.drift import drift_check, drift_due
from mappings.directory.schedule import directories_due
from mappings.directory_reader import directory_refresh
from mappings.notices.mails import notices_mail

Check = Callable[[datetime], object]
HOUR_SECONDS = 3600.0
WORK_BATCH = "mappings.tasks.work_batch"

CHECKS: list[Check] = []  # what upper layers look at every minute, before people are told


def notices_duty(checks: Sequence[Check]) -> Duty:
    """Each minute look for what needs a person, then mail; each hour look at all of it anew."""
    checked_at = float("-inf")

    def tell(now: datetime) -> None:
        nonlocal checked_at
        began = time.monotonic()
        if began - checked_at < HOUR_SECONDS:
            notices_mail(now)
        else:
            notices_check(now)
            checked_at = began

    return Duty(
        name="notices",
        due=lambda now, most: (*checks, paused_probe, pauses_check, tell),
        work=lambda check: check(timezone.now()),
        every=60.0,
    )


DIRECTORIES = Duty(
    name="lists", due=lambda now, most: directories_due(now, limit=most), work=directory_refresh, stops=True
)
DRIFT = Duty(
    name="drift",
    due=lambda now, most: drift_due(now, limit=most),
    work=lambda connection_id: drift_check(connection_id, timezone.now()),
    every=60.0,
)
UPLOADS = Duty(
    name="uploads",
    due=lambda now, most: batches_due(now),
    work=batch_work,
    most=1,
    wake=partial(wake, WORK_BATCH),
)


def connect() -> None:
    for duty in (DIRECTORIES, notices_duty(CHECKS), DRIFT, UPLOADS):
        register(duty)
