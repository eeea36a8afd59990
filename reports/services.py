"""What people and the schedule do with data sets: make them, run them, cancel a run, delete them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from mappings.models import Connection
from reports.catalogue.registry import REPORTS
from reports.models import DataSet, RowVersion, Run
from reports.periods import PeriodError
from reports.query.language import QueryError
from reports.reading.asking import arguments_pinned, columns_of, protocol_of, query_of
from reports.schedule import CronRefused, cron_check, cron_next

DELETED_AT_ONCE = 5000

OVERLAP = timedelta(minutes=10)
OVERLAP_AUTUMN = timedelta(minutes=70)  # the hour that comes twice is said but once


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDataSet:
    """What a person asks for; `arguments` are by parameter of the report."""

    connection: Connection
    report: str
    name: str
    slug: str
    arguments: dict[str, Any]
    columns: list[str]
    mode: str = DataSet.Mode.REPLACE
    cron: str = ""


class Refused(Exception):
    """The data set cannot be made so; `field` is what to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def data_set_create(wanted: NewDataSet, user: Any, now: datetime) -> DataSet:
    """Make the data set and begin its first run. Raises: Refused, and nothing is made."""
    connection, report = wanted.connection, REPORTS[wanted.report]
    zone = ZoneInfo(connection.zone_name)
    known = columns_of(connection, report, wanted.arguments)
    try:
        query = query_of(report, wanted.arguments, known)
    except QueryError as err:
        raise Refused("query", str(err)) from err
    if query.since_last_run and wanted.mode == DataSet.Mode.REPLACE:
        raise Refused(
            "mode",
            "A query for what changed since the last run would replace all rows by the changed ones. Choose "
            "Merge, or leave LastSuccessfulRun out.",
        )
    try:
        arguments_pinned(report, wanted.arguments, now, zone)
    except PeriodError as err:
        raise Refused(err.field, str(err)) from err
    odd = [name for name in wanted.columns if known and name not in known]
    if odd:
        raise Refused("fields", f"There is no column {odd[0]} here.")
    following = None
    if wanted.cron:
        try:
            cron_check(wanted.cron, zone, now, changes_only=query.since_last_run)
            following = cron_next(wanted.cron, zone, now)
        except CronRefused as err:
            raise Refused("cron", str(err)) from err
    try:
        with transaction.atomic():
            made = DataSet.objects.create(
                connection=connection,
                slug=wanted.slug,
                name=wanted.name,
                report=wanted.report,
                arguments=wanted.arguments,
                columns=wanted.columns,
                mode=wanted.mode,
                cron=wanted.cron,
                next_run_at=following,
                created_by=user,
            )
            run_start(made, Run.Trigger.PERSON, user)
    except IntegrityError as err:
        raise Refused("slug", "Another data set of this connection has this short name.") from err
    return made


def run_start(data_set: DataSet, trigger: str, user: Any = None) -> Run | None:
    """Begin a run with all it asks for pinned; None where one is under way. Repeat: safe."""
    connection, report = data_set.connection, REPORTS[data_set.report]
    now = timezone.now()
    since = None
    arguments = arguments_pinned(report, data_set.arguments, now, ZoneInfo(connection.zone_name))
    query = query_of(report, arguments, columns_of(connection, report, arguments))
    if query.since_last_run and data_set.began_at is not None:
        since = data_set.began_at - _overlap(data_set.began_at, ZoneInfo(connection.zone_name))
    try:
        with transaction.atomic():
            last = Run.objects.filter(data_set=data_set).aggregate(last=Max("number"))["last"]
            return Run.objects.create(
                data_set=data_set,
                number=(last or 0) + 1,
                triggered_by=trigger,
                triggered_by_user=user,
                protocol=protocol_of(connection, report, now.date()),
                mode=data_set.mode,
                arguments=arguments,
                columns=data_set.columns,
                since=since,
            )
    except IntegrityError:
        return None


def run_cancel(run: Run) -> bool:
    """Have the run end after the page that is being read; whether it was under way. Repeat: safe."""
    rows = Run.objects.filter(pk=run.pk, state__in=(Run.State.WAITING, Run.State.READING))
    return bool(rows.update(cancel_wanted=True, not_before=None))


def schedules_due(now: datetime, limit: int = 20) -> list[int]:
    due = DataSet.objects.filter(next_run_at__lte=now, connection__enabled=True).exclude(cron="")
    return list(due.order_by("next_run_at").values_list("id", flat=True)[:limit])


def schedule_work(data_set_id: int, now: datetime | None = None) -> Run | None:
    """Begin the run that is due, one however many were missed; None where one is still under way.

    Repeat: safe, from any number of schedulers at once.
    """
    now = now or timezone.now()
    data_set = DataSet.objects.select_related("connection__merchant").get(pk=data_set_id)
    if data_set.next_run_at is None or data_set.next_run_at > now:
        return None
    try:
        following: datetime | None = cron_next(data_set.cron, ZoneInfo(data_set.connection.zone_name), now)
    except CronRefused:
        following = None
    with transaction.atomic():
        mine = DataSet.objects.filter(pk=data_set.pk, next_run_at=data_set.next_run_at)
        if mine.update(next_run_at=following) != 1:
            return None
        return run_start(data_set, Run.Trigger.SCHEDULE)


def data_set_schedule(data_set: DataSet, cron: str, now: datetime) -> None:
    """Set or, with a blank one, end the schedule. Raises: CronRefused."""
    connection, report = data_set.connection, REPORTS[data_set.report]
    zone = ZoneInfo(connection.zone_name)
    following = None
    if cron:
        query = query_of(report, data_set.arguments, columns_of(connection, report, data_set.arguments))
        cron_check(cron, zone, now, changes_only=query.since_last_run)
        following = cron_next(cron, zone, now)
    data_set.cron, data_set.next_run_at = cron, following
    data_set.save(update_fields=["cron", "next_run_at"])


def data_set_delete(data_set: DataSet) -> None:
    """Remove the data set with its runs and rows, the rows some at a time. Repeat: safe."""
    Run.objects.filter(data_set=data_set, state__in=Run.OPEN).update(cancel_wanted=True)
    versions = RowVersion.objects.filter(data_set=data_set)
    while some := list(versions.values_list("id", flat=True)[:DELETED_AT_ONCE]):
        RowVersion.objects.filter(id__in=some).delete()
    data_set.delete()


def versions_prune(data_set: DataSet, now: datetime) -> int:
    """Remove what was replaced, and tombstones, of runs that ended longer ago than is kept; how many.

    What remains says from which change number on the changes are whole. Repeat: safe.
    """
    before = now - timedelta(days=data_set.keep_days)
    ended = Run.objects.filter(data_set=data_set, ended_at__lt=before).aggregate(last=Max("number"))["last"]
    if ended is None:
        return 0
    old = RowVersion.objects.filter(data_set=data_set, born__lte=data_set.shown_run).filter(
        Q(replaced__lte=min(ended, data_set.shown_run)) | Q(gone=True, born__lte=ended, replaced=None)
    )
    removed = 0
    while some := list(old.order_by("id").values_list("id", "gone")[:DELETED_AT_ONCE]):
        tombstones = [id for id, gone in some if gone]
        with transaction.atomic():
            if tombstones:
                DataSet.objects.filter(pk=data_set.pk, pruned_to__lt=tombstones[-1]).update(
                    pruned_to=tombstones[-1]
                )
            RowVersion.objects.filter(id__in=[id for id, _ in some]).delete()
        removed += len(some)
    kept = Run.objects.filter(data_set=data_set).exclude(number=data_set.shown_run)
    kept.filter(ended_at__lt=before).exclude(state__in=Run.OPEN).delete()
    return removed


def _overlap(began: datetime, zone: ZoneInfo) -> timedelta:
    local = began.astimezone(zone)
    twice = any(
        (local - timedelta(minutes=minutes)).replace(fold=0).utcoffset()
        != (local - timedelta(minutes=minutes)).replace(fold=1).utcoffset()
        for minutes in (0, 10, 70)
    )
    return OVERLAP_AUTUMN if twice else OVERLAP
