"""Errors of replications become notices: one per cause, with how many orders it concerns, until it is gone.

A cause is the class of the error with the setting that cures it, or the outage of a protocol. A worker tells
an error as it happens (`replication_notice_note`); every minute the notices are counted anew from the rows
(`replication_notices_check`), so that a note lost to a crash is made up for and what was cured disappears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from cascade.models import Replication
from cascade.replication_notice_words import LONG_RETRYING, ReplicationNotice, outage_draft
from mappings.access.breaker import outages_felt
from mappings.checks.connection_notices import pause_tell
from mappings.models import Notice, Outage
from mappings.notices.notices import ORDERS, NoticeDraft, notice_tell, notices_reconcile

State = Replication.State
REMEMBERED = timedelta(days=30)  # older errors stand in the log alone
HELD_TOLD_AFTER = timedelta(hours=1)
NOTE_AGAIN = timedelta(seconds=10)  # how often workers together write one cause down
OF_OUTAGES = ("transient", "unknown", "quota")  # classes of what is tried again while a protocol is gone
STOPPED = (State.FAILED, State.PARKED)
ENDED = (*STOPPED, State.SUCCEEDED)
TRYING = (State.RETRYING, State.RUNNING)


def replication_notice_note(replication: Replication) -> None:
    """Tell the merchant's people of how a run ended, if that was an error. Call it after the ending's commit.

    Nothing is asked after a good ending; else at most four short queries, three once the cause is known.
    Repeat: safe. A call that is lost to a crash is made up for by `replication_notices_check`.
    """
    if not _is_error(replication):
        return
    connection, now = replication.connection, timezone.now()
    if not connection.enabled:
        return
    if connection.paused_at is not None and replication.state in Replication.OPEN:
        pause_tell(connection, now)
        return
    draft = _draft_of(replication, now)
    known = Notice.objects.filter(connection=connection, cause=draft.cause, resolved_at=None).first()
    if known is None:
        notice_tell(connection, draft, now)
    elif (seen_at := draft.last_seen_at or now) - known.last_seen_at >= NOTE_AGAIN:
        Notice.objects.filter(pk=known.pk).update(last_seen_at=seen_at)


def replication_notices_check(now: datetime) -> None:
    """Bring every connection's notices about replications up to date from the rows. Repeat: safe.

    Units: as many queries as there are causes whose notice changes, and six.
    """
    known = Notice.objects.filter(cause__startswith=ORDERS, resolved_at=None, connection__isnull=False)
    notices_reconcile(known, _drafts(now), now)


# -- one error ------------------------------------------------------------------------------------------


def _is_error(replication: Replication) -> bool:
    if replication.state in Replication.OPEN:
        return replication.level == Replication.Level.ERROR or replication.failures >= LONG_RETRYING
    return replication.level == Replication.Level.ERROR and replication.state in ENDED


def _draft_of(replication: Replication, now: datetime) -> NoticeDraft:
    """What a single row says: the next check counts the others."""
    if replication.state in TRYING:
        outage = outages_felt().filter(connection=replication.connection_id).order_by("since").first()
        if outage is not None and replication.error_class in OF_OUTAGES:
            return outage_draft(outage, 1, now)
    return ReplicationNotice(
        connection_id=replication.connection_id,
        cause=_cause(replication.error_class, replication.setting),
        error_class=replication.error_class,
        stopped=int(replication.state in STOPPED),
        incomplete=int(replication.state == State.SUCCEEDED),
        trying=int(replication.state in TRYING),
        since=replication.finished_at or replication.first_failure_at or now,
        last_seen_at=replication.finished_at or now,
        reason=replication.reason,
    ).draft()


def _cause(error_class: str, setting: str) -> str:
    return f"{ORDERS}{error_class or 'other'}:{setting}"


# -- all rows -------------------------------------------------------------------------------------------


def _drafts(now: datetime) -> Iterator[NoticeDraft]:
    outages = list(outages_felt().select_related("connection"))
    yield from _of_outages(outages, now)
    ended = _grouped(
        Replication.objects.filter(
            level=Replication.Level.ERROR, state__in=ENDED, finished_at__gte=now - REMEMBERED
        ),
        stopped=Count("pk", filter=Q(state__in=STOPPED)),
        incomplete=Count("pk", filter=Q(state=State.SUCCEEDED)),
        since=Min("finished_at"),
        last=Max("finished_at"),
    )
    of_outages = Q(connection__in={outage.connection_id for outage in outages}, error_class__in=OF_OUTAGES)
    trying = _grouped(
        Replication.objects.filter(
            state__in=TRYING, failures__gte=LONG_RETRYING, connection__paused_at=None
        ).exclude(of_outages),
        trying=Count("pk"),
        since=Min(Coalesce("first_failure_at", "created_at")),
    )
    yield from _of_groups([*ended, *trying, *_held(now)], now)


def _held(now: datetime) -> list[dict[str, Any]]:
    """What has waited for the quota for over an hour: begun and refused, or not even begun. A backfill is
    meant to wait behind fresh orders."""
    long_ago = now - HELD_TOLD_AFTER
    refused = Q(state__in=TRYING, held_since__lte=long_ago)
    not_begun = Q(state=State.WAITING, connection__throttled_until__gt=now, created_at__lte=long_ago)
    rows = Replication.objects.filter(
        refused | not_begun, lane=Replication.Lane.FRESH, connection__paused_at=None
    )
    since = Min(Coalesce("held_since", "created_at"))
    return [{**group, "error_class": "quota"} for group in _grouped(rows, held=Count("pk"), since=since)]


def _grouped(rows: QuerySet[Replication], **counts: Any) -> list[dict[str, Any]]:
    """Per connection and cause, of connections that are on; `newest` is the row whose reason is quoted."""
    by_cause = (
        rows.filter(connection__enabled=True).order_by().values("connection_id", "error_class", "setting")
    )
    return [dict(group) for group in by_cause.annotate(newest=Max("pk"), **counts)]


def _of_groups(groups: list[dict[str, Any]], now: datetime) -> Iterator[NoticeDraft]:
    """One per cause: what ended in error first, what is still being tried joined to it."""
    newest = Replication.objects.filter(pk__in=[group["newest"] for group in groups])
    reasons = dict(newest.values_list("pk", "reason"))
    found: dict[tuple[int, str], ReplicationNotice] = {}
    for group in groups:
        error_class = group["error_class"]
        key = group["connection_id"], _cause(error_class, group["setting"])
        before = found.get(key)
        if before is not None:
            since = min(before.since, group["since"])
            more = {name: getattr(before, name) + group[name] for name in ("trying", "held") if name in group}
            found[key] = replace(before, **more, since=since, last_seen_at=now)
            continue
        found[key] = ReplicationNotice(
            connection_id=key[0],
            cause=key[1],
            error_class=error_class,
            stopped=group.get("stopped", 0),
            incomplete=group.get("incomplete", 0),
            trying=group.get("trying", 0),
            held=group.get("held", 0),
            since=group["since"],
            last_seen_at=group.get("last", now),
            reason=reasons.get(group["newest"], ""),
        )
    yield from (notice.draft() for notice in found.values())


def _of_outages(outages: list[Outage], now: datetime) -> Iterator[NoticeDraft]:
    """Where nothing else is spoken, all open orders wait; else those that this protocol stopped."""
    rows = Replication.objects.filter(connection__in={outage.connection_id for outage in outages})
    counted = (
        rows.filter(state__in=Replication.OPEN)
        .order_by()
        .values_list("connection_id")
        .annotate(
            all=Count("pk"), stopped=Count("pk", filter=Q(state__in=TRYING, error_class__in=OF_OUTAGES))
        )
    )
    waiting = {pk: (everything, stopped) for pk, everything, stopped in counted}
    for outage in outages:
        everything, stopped = waiting.get(outage.connection_id, (0, 0))
        number = everything if _holds_all(outage) else stopped
        if number:
            yield outage_draft(outage, number, now)


def _holds_all(outage: Outage) -> bool:
    mode = outage.connection.protocol
    return mode == outage.protocol or (mode, outage.protocol) == ("rest", "rest_v2")
