"""The last days of a shop read once more, because a person asked for it: in parts, with progress."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from intake.models.polling import Catchup
from intake.models.sources import Source
from intake.polling.feeds import PollSession, window_read
from intake.polling.readings import poller_wake
from intake.registry import platform_get
from intake.shop_api import Feed, FeedKind

MOST_DAYS = 366
State = Catchup.State
OPEN = (State.WAITING, State.RUNNING)


class CatchupRefused(Exception):
    """Why nothing was started, in a sentence for the person who asked."""


def catchup_start(source: Source, days: int, user: AbstractBaseUser | None) -> Catchup:
    """Read the last days of the shop once more; what is known already changes nothing.

    Raises: CatchupRefused if the shop cannot be asked, the days are too many, or one is under way.
    """
    now = timezone.now()
    feeds = _feeds(source)
    if not feeds:
        raise CatchupRefused("This shop cannot be asked: enter the credentials of its API first.")
    if not source.enabled:
        raise CatchupRefused("The source is switched off; switch it on first.")
    if not 1 <= days <= MOST_DAYS:
        raise CatchupRefused(f"Choose between 1 and {MOST_DAYS} days.")
    since = now - timedelta(days=days)
    parts = sum(_parts_of(feed, since, now) for feed in feeds)
    who = user.pk if user is not None else None
    try:
        with transaction.atomic():
            catchup = Catchup.objects.create(
                source=source, since=since, until=now, parts=parts, asked_by_id=who
            )
            poller_wake(source)
    except IntegrityError as err:
        raise CatchupRefused("The last days of this shop are being read already; wait for the end.") from err
    return catchup


def catchup_cancel(catchup: Catchup) -> bool:
    """Stop it after the part that is being read; whether it was under way. What was read stays."""
    return _end(catchup, State.CANCELLED)


def catchup_open(source: Source) -> Catchup | None:
    return Catchup.objects.filter(source=source, state__in=OPEN).first()


def catchup_part(session: PollSession, catchup: Catchup) -> None:
    """Read the next part of it, and end it with the last one."""
    Catchup.objects.filter(pk=catchup.pk, state=State.WAITING).update(state=State.RUNNING)
    part, number = None, catchup.parts_done  # the windows of the first feed, then those of the next
    for feed in _feeds(session.source):
        parts = _parts_of(feed, catchup.since, catchup.until)
        if 0 <= number < parts:
            since = catchup.since + number * feed.window
            part = feed, since - feed.overlap, min(since + feed.window, catchup.until)
        number -= parts
    if part is not None:
        count = window_read(session, *part)
        catchup.parts_done += 1
        catchup.seen += count.seen
        catchup.found += count.found
        catchup.save(update_fields=["parts_done", "seen", "found"])
    if part is None or catchup.parts_done >= catchup.parts:
        _end(catchup, State.DONE)


def catchup_fail(source: Source, problem: str) -> None:
    """End the one that is under way, because asking again by itself cannot help."""
    catchup = catchup_open(source)
    if catchup is not None:
        _end(catchup, State.FAILED, problem)


def _end(catchup: Catchup, state: str, problem: str = "") -> bool:
    under_way = Catchup.objects.filter(pk=catchup.pk, state__in=OPEN)
    return bool(under_way.update(state=state, problem=problem[:500], finished_at=timezone.now()))


def _feeds(source: Source) -> list[Feed]:
    platform = platform_get(source.platform)
    if platform is None or not platform.may_ask(source):
        return []
    return [feed for feed in platform.feeds if feed.kind == FeedKind.WINDOW and feed.catches_up]


def _parts_of(feed: Feed, since: datetime, until: datetime) -> int:
    return ceil((until - since) / feed.window)
