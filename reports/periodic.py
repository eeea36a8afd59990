"""What the scheduler does for reports: begins the runs that are due, and goes on with those under way."""

from __future__ import annotations

from django.utils import timezone

from background.periodic import Duty, register
from reports.models import DataSet
from reports.reading.reader import run_work, runs_due
from reports.services import schedule_work, schedules_due, versions_prune

MOST_PRUNED = 10_000

SCHEDULES = Duty(
    name="report schedules",
    due=lambda now, most: schedules_due(now, limit=most),
    work=schedule_work,
    every=5.0,
)
RUNS = Duty(
    name="reports",
    due=lambda now, most: runs_due(now, limit=most),
    work=run_work,
    threads=2,
    stops=True,
)


PRUNING = Duty(
    name="report history",
    due=lambda now, most: DataSet.objects.filter(shown_run__gt=0).values_list("id", flat=True)[:MOST_PRUNED],
    work=lambda data_set_id: versions_prune(DataSet.objects.get(pk=data_set_id), timezone.now()),
    most=MOST_PRUNED,
    every=3600.0,
)


def connect() -> None:
    for duty in (SCHEDULES, RUNS, PRUNING):
        register(duty)
