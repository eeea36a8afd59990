"""What the log pages read: always within the person's merchants, always bounded, one query each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce

from django.db.models import Count, QuerySet
from django.db.models.functions import Left, Length
from django.utils import timezone

from cascade.engine.kinds import KINDS
from cascade.models import Attempt, JournalEntry, Replication
from intake.models import InboundEvent, Source
from logs_ui.log.filters import LogFilters
from logs_ui.log.search import subjects_find
from logs_ui.log.subjects import with_subjects
from mappings.access.breaker import outages_felt
from mappings.models import ApiCall, Connection, Outage
from mappings.selectors import Person, connections_of, sees_all

PAGE_ROWS = 50
MAX_CHOICES = 200
MAX_STEPS = 500
MAX_ATTEMPTS = 50
MAX_SIBLINGS = 20
CALL_ROWS = 200
PREVIEW_CHARACTERS = 1000
SUMMARY_ROWS = 10_000
PARKED_ROWS = 1000
MAX_OUTAGES = 3 * MAX_CHOICES
SUMMARY_PERIOD = timedelta(hours=24)

_ROW_FIELDS = (
    *("id", "state", "level", "reason", "error_class", "setting", "kind", "subject_key", "contact_key"),
    *("created_at", "finished_at", "not_before", "attempts", "without_automation"),
    *("connection", "source", "order", "cart", "affiliate"),
)
_RELATED_FIELDS = (
    *("connection__name", "connection__paused_at", "connection__paused_reason", "connection__merchant"),
    *("connection__protocol", "connection__throttled_until", "connection__merchant__name", "source__name"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """Where a page begins: rows older than `before`, or newer than `after`; neither is the newest page."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Rows newest first; `older` and `newer` are the ids to go on from, `cut` if a search found too much."""

    rows: list[Replication]
    older: int | None = None
    newer: int | None = None
    cut: bool = False


def replications_of(user: Person) -> QuerySet[Replication]:
    """Every replication the person may see."""
    return Replication.objects.filter(connection__in=connections_of(user).values("pk"))


def listed_replications(user: Person, connections: Sequence[Connection]) -> QuerySet[Replication]:
    """The same rows, for reading newest first: given as plain ids, an index is walked from its end.

    `connections` are the person's `connection_choices`, which may be cut.
    """
    if sees_all(user):
        return Replication.objects.all()
    if len(connections) < MAX_CHOICES:
        return Replication.objects.filter(connection__in=[row.pk for row in connections])
    return replications_of(user)


def connection_choices(user: Person) -> list[Connection]:
    connections = connections_of(user).only(
        *("name", "enabled", "paused_at", "paused_reason", "throttled_until", "part_payments"),
        *("merchant", "merchant__name"),
    )
    return list(connections[:MAX_CHOICES])


def source_choices(user: Person) -> list[Source]:
    sources = Source.objects.filter(connection__in=connections_of(user).values("pk"))
    return list(sources.only("name").order_by("name", "pk")[:MAX_CHOICES])


def replication_page(
    user: Person, listed: QuerySet[Replication], filters: LogFilters, cursor: Cursor
) -> Page:
    """One page of the log. A search adds one query, and one that finds nothing a second."""
    rows, cut = filters.apply(listed), False
    if filters.search_text:
        found = subjects_find(connections_of(user), filters.search_text)
        rows, cut = rows.filter(found.condition), found.more
    rows = with_subjects(rows, *_RELATED_FIELDS, own=_ROW_FIELDS)
    if cursor.after is not None:
        newer = list(rows.filter(id__gt=cursor.after).order_by("id")[: PAGE_ROWS + 1])
        page = newer[PAGE_ROWS - 1 :: -1]
        return Page(
            rows=page,
            older=page[-1].pk if page else None,
            newer=page[0].pk if len(newer) > PAGE_ROWS else None,
            cut=cut,
        )
    if cursor.before is not None:
        rows = rows.filter(id__lt=cursor.before)
    found_rows = list(rows.order_by("-id")[: PAGE_ROWS + 1])
    page = found_rows[:PAGE_ROWS]
    return Page(
        rows=page,
        older=page[-1].pk if len(found_rows) > PAGE_ROWS else None,
        newer=page[0].pk if cursor.before is not None and page else None,
        cut=cut,
    )


def parked_deliveries(user: Person) -> int:
    """How many deliveries of the person's shops could not be taken in, as far as `PARKED_ROWS`."""
    shops = Source.objects.filter(connection__in=connections_of(user).values("pk"))
    parked = InboundEvent.objects.filter(state=InboundEvent.State.PARKED, source__in=shops.values("pk"))
    return parked.order_by()[:PARKED_ROWS].count()


def outages_seen(user: Person) -> list[Outage]:
    """The open outages that the person's connections feel, the longest first."""
    outages = outages_felt().filter(connection__in=connections_of(user).values("pk"))
    fields = (
        *("protocol", "since", "connection", "connection__name", "connection__protocol"),
        *("connection__credential_kind", "connection__merchant", "connection__merchant__name"),
    )
    rows = outages.select_related("connection__merchant").only(*fields)
    return list(rows.order_by("since", "pk")[:MAX_OUTAGES])


def outages_over(replication: Replication) -> list[Outage]:
    """The open outages that a replication waiting for its turn may wait for; else nothing is asked."""
    if replication.state != Replication.State.WAITING:
        return []
    return list(outages_felt().filter(connection=replication.connection_id))


def waiting_counts(connection_ids: Iterable[int]) -> Counter[tuple[int, str]]:
    """How many replications wait or are tried again, per (connection, state); `SUMMARY_ROWS` at most."""
    states = (Replication.State.WAITING, Replication.State.RETRYING)
    rows = Replication.objects.filter(connection__in=list(connection_ids), state__in=states)
    some = rows.order_by().values("pk")[:SUMMARY_ROWS]
    counted = Replication.objects.filter(pk__in=some).order_by().values_list("connection", "state")
    return Counter({(pk, state): number for pk, state, number in counted.annotate(number=Count("pk"))})


def recent_counts(listed: QuerySet[Replication]) -> Counter[tuple[str, str]]:
    """How many of the last 24 hours' replications stand in each (state, level); of the newest 10,000."""
    newest = listed.order_by("-id").values("pk")[:SUMMARY_ROWS]
    rows = (
        Replication.objects.filter(pk__in=newest, created_at__gte=timezone.now() - SUMMARY_PERIOD)
        .order_by()
        .values_list("state", "level")
        .annotate(number=Count("pk"))
    )
    return Counter({(state, level): number for state, level, number in rows})


# -- one replication ------------------------------------------------------------------------------------


def replication_detail(user: Person) -> QuerySet[Replication]:
    rows = replications_of(user).select_related("connection__merchant", "source", "triggered_by_user")
    rows = rows.defer("connection__api_key", "source__token", "source__basic_password")
    return reduce(lambda found, kind: kind.joined(found), KINDS.values(), rows)


def journal_of(replication: Replication) -> list[JournalEntry]:
    """The effects of this subject at the CRM, whichever replication made them."""
    entries = JournalEntry.objects.filter(
        connection=replication.connection_id,
        subject_key=replication.subject_key,
        replication__kind=replication.kind,
    )
    return list(entries.order_by("position", "id")[:MAX_STEPS])


def attempts_of(replication: Replication) -> list[Attempt]:
    """The last attempts, the newest first."""
    return list(Attempt.objects.filter(replication=replication.pk).order_by("-number")[:MAX_ATTEMPTS])


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPage:
    """Calls in the order they were made; `older` is the id to go on from."""

    rows: Sequence[ApiCall]
    older: int | None = None


def calls_of(replication: Replication, before: int | None = None) -> CallPage:
    """The last calls with the beginnings of their bodies (`request_start`, `request_length`, …)."""
    rows = ApiCall.objects.filter(connection=replication.connection_id, trace_id=replication.trace_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(
        rows.defer("request", "response")
        .annotate(
            request_start=Left("request", PREVIEW_CHARACTERS),
            request_length=Length("request"),
            response_start=Left("response", PREVIEW_CHARACTERS),
            response_length=Length("response"),
        )
        .order_by("-id")[: CALL_ROWS + 1]
    )
    shown = found[CALL_ROWS - 1 :: -1]
    return CallPage(rows=shown, older=shown[0].pk if len(found) > CALL_ROWS else None)


def call_of(replication: Replication) -> QuerySet[ApiCall]:
    return ApiCall.objects.filter(connection=replication.connection_id, trace_id=replication.trace_id)


def siblings_of(replication: Replication) -> list[Replication]:
    """Other replications of the same subject, the newest first."""
    rows = Replication.objects.filter(
        connection=replication.connection_id,
        subject_key=replication.subject_key,
        kind=replication.kind,
    ).exclude(pk=replication.pk)
    fields = ("kind", "state", "level", "reason", "created_at", "finished_at", "triggered_by")
    return list(rows.only(*fields).order_by("-id")[:MAX_SIBLINGS])
