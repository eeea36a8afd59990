"""Errors of replications become notices: one per cause, with how many orders it concerns, until it is gone.

A cause is the class of the error with the setting that cures it, or the outage of a protocol. A worker tells
an error as it happens (`replication_notice_note`); every minute the notices are counted anew from the rows
(`replication_notices_check`), so that a note lost to a crash is made up for and what was cured disappears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from cascade.models import Replication
from mappings.access.breaker import NAMES, outages_felt
from mappings.checks.connection_notices import pause_tell
from mappings.models import Notice, Outage
from mappings.notices.notices import ORDERS, NoticeDraft, notice_tell, notices_reconcile

OUTAGE = f"{ORDERS}outage:"
LONG_RETRYING = 3  # failures after which people hear of an order that is still being tried
REASON_CHARACTERS = 300

CURES = {
    "configuration": "Correct the setting, then resend.",
    "permanent": "Correct the order in the shop, or resend it once its cause is gone.",
    "unknown": "Look in the CRM whether it is there; then resend, or answer what its page asks.",
    "transient": "All retries are used up: resend once the CRM can be reached again.",
    "quota": "The CRM's quota was used up for too long: resend when it is free again.",
    "internal": "An error on our side: give support its trace id, then resend.",
    "": "See in the log what is missing, correct it, then resend: nothing is sent twice.",
}
PATIENCE = "Nothing needs to be done: it is tried again by itself."

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
    is_open, in_error = replication.state in Replication.OPEN, replication.level == Replication.Level.ERROR
    failing = is_open and replication.failures >= LONG_RETRYING
    if not failing and not (in_error and (is_open or replication.state in ENDED)):
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
    outages = list(outages_felt().select_related("connection"))
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
    # What has waited for the quota for over an hour: begun and refused, or not even begun. A backfill is
    # meant to wait behind fresh orders.
    long_ago = now - HELD_TOLD_AFTER
    refused = Q(state__in=TRYING, held_since__lte=long_ago)
    not_begun = Q(state=State.WAITING, connection__throttled_until__gt=now, created_at__lte=long_ago)
    rows = Replication.objects.filter(
        refused | not_begun, lane=Replication.Lane.FRESH, connection__paused_at=None
    )
    since = Min(Coalesce("held_since", "created_at"))
    held = [{**group, "error_class": "quota"} for group in _grouped(rows, held=Count("pk"), since=since)]
    known = Notice.objects.filter(cause__startswith=ORDERS, resolved_at=None, connection__isnull=False)
    drafts = [*_of_outages(outages, now), *_of_groups([*ended, *trying, *held], now)]
    notices_reconcile(known, drafts, now)


# -- one error ------------------------------------------------------------------------------------------


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
        mode = outage.connection.protocol
        holds_all = mode == outage.protocol or (mode, outage.protocol) == ("rest", "rest_v2")
        number = everything if holds_all else stopped
        if number:
            yield outage_draft(outage, number, now)


# -- in words -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationNotice:
    """One cause of trouble at one connection. `incomplete` ones are in the CRM, but something is missing.
    `held` ones are kept from being tried by the quota."""

    connection_id: int
    cause: str
    error_class: str = ""
    stopped: int = 0
    incomplete: int = 0
    trying: int = 0
    held: int = 0
    since: datetime
    last_seen_at: datetime
    reason: str = ""

    def draft(self) -> NoticeDraft:
        parts = (
            (self.stopped, "could not be replicated"),
            (self.incomplete, "arrived incomplete"),
            (self.trying, f"failed {LONG_RETRYING} times or more and will be tried again"),
            (self.held, "wait for the CRM to take calls again"),
        )
        (first, words), *more = [(number, words) for number, words in parts if number]
        noun = "order" if first == 1 else "orders"
        what = ", ".join([f"{first:,} {noun} {words}", *(f"{number:,} {words}" for number, words in more)])
        ended = bool(self.stopped or self.incomplete)
        reason = self.reason[:REASON_CHARACTERS]
        latest = f"The latest: “{reason}” " if reason else ""
        cure = CURES.get(self.error_class, CURES[""]) if ended else PATIENCE
        shown = {"connection": str(self.connection_id), "state": "attention" if ended else "retrying"}
        return NoticeDraft(
            connection_id=self.connection_id,
            cause=self.cause,
            sentence=f"{what} since {self.since:%Y-%m-%d %H:%M} UTC. {latest}{cure}",
            level=Notice.Level.ERROR if ended else Notice.Level.WARNING,
            path=log_path(shown | ({"error": self.error_class} if self.error_class else {})),
            since=self.since,
            last_seen_at=self.last_seen_at,
        )


def outage_draft(outage: Outage, waiting: int, now: datetime) -> NoticeDraft:
    """A protocol that does not answer while orders wait for it."""
    name, since = NAMES.get(outage.protocol, outage.protocol), f"{outage.since:%Y-%m-%d %H:%M} UTC"
    orders = "1 order waits and is sent by itself"
    if waiting != 1:
        orders = f"{waiting:,} orders wait and are sent by themselves"
    return NoticeDraft(
        connection_id=outage.connection_id,
        cause=f"{OUTAGE}{outage.protocol}",
        sentence=f"The CRM has not answered over {name} since {since}. {orders} once it answers; it is tried "
        "every half minute. Nothing needs to be done.",
        level=Notice.Level.ERROR,
        path=log_path({"connection": str(outage.connection_id)}),
        since=outage.since,
        last_seen_at=now,
    )


def log_path(filters: dict[str, str]) -> str:
    """The log, narrowed by its filters; empty where no log is installed."""
    try:
        return f"{reverse('logs_ui:list')}?{urlencode(filters)}"
    except NoReverseMatch:
        return ""
