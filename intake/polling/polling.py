"""Ask a shop what is due: what events told of, the feeds, the days that a person wants once more.

One worker at a time asks a shop. Nothing read is lost and nothing is acknowledged to anybody: a page is
stored before the next is asked for, and a window counts as read once all of it is stored. Where the shop
fails, it is left alone for a while that doubles, or as long as it says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F, Min, Q
from django.utils import timezone

from background.lease import Lease, LeaseLost, lease_take
from intake.models.polling import FeedState, Poller, Reading
from intake.models.sources import Source
from intake.platform import Platform
from intake.polling.catchups import catchup_fail, catchup_open, catchup_part
from intake.polling.feeds import PollSession, feed_rounds, feeds_due, feeds_of
from intake.polling.readings import readings_fail, readings_work
from intake.registry import platform_get, platforms
from intake.shop_api import ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from mappings.access.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
CATCHUP_SECONDS = 60.0  # then other shops are served first; the rest stays due
FIRST_WAIT_SECONDS = 30.0
MAX_WAIT_SECONDS = 900.0
CHECKS_AT_ONCE = 2  # of a web process: a person waits for the answer, and a shop may take its time
_checks = threading.BoundedSemaphore(CHECKS_AT_ONCE)
REFUSED_WAIT = timedelta(hours=1)  # until a person saves the source, which asks at once
Stop = Callable[[], bool]


def sources_due(now: datetime, limit: int) -> list[int]:
    """Shops that are to be asked now and that nobody asks."""
    asked = [platform.name for platform in platforms().values() if platform.credentials]
    due = Q(poller=None) | (
        Q(poller__due_at__lte=now)
        & (Q(poller__not_before=None) | Q(poller__not_before__lte=now))
        & (Q(poller__lease_until=None) | Q(poller__lease_until__lte=now))
    )
    rows = Source.objects.filter(due, enabled=True, platform__in=asked)
    return list(rows.order_by("poller__due_at").values_list("pk", flat=True)[:limit])


def shop_check(source: Source) -> str:
    """Ask the shop something cheap; a sentence that says what answered. Raises: ShopError."""
    platform = platform_get(source.platform)
    if platform is None or not platform.may_ask(source):
        raise ShopRefused("Enter the credentials of the shop's API first.")
    if not _checks.acquire(blocking=False):
        raise ShopUnavailable("Other shops are being tested at this moment. Press again in a minute.")
    try:
        with platform.reach(source) as shop:
            return shop.check()
    finally:
        _checks.release()


def shop_poll(source_id: int, *, feeds: bool = True, stop: Stop = lambda: False) -> None:
    """Ask a shop what is due, unless somebody does. Never raises for what is wrong with the shop.

    Without `feeds` only single ids are asked for. Repeat: safe, also at the same time.
    """
    source = Source.objects.select_related("connection").filter(pk=source_id, enabled=True).first()
    platform = platform_get(source.platform) if source else None
    if source is None or platform is None:
        return
    lease = shop_lease_take(source, DATABASE_CLOCK.now()) if platform.may_ask(source) else None
    if lease is None:
        _schedule_next(source, platform)
        return
    try:
        with lease, platform.reach(source) as shop:
            session = PollSession(source, shop, lease)
            readings_work(session)
            if feeds:
                _feeds_work(session, stop)
        Poller.objects.filter(source=source).update(
            failures=0,
            problem="",
            problem_since=None,
            needs_person=False,
            not_before=None,
            answered_at=timezone.now(),
        )
    except LeaseLost:
        logger.warning("Another worker asks shop %s now.", source.pk)
    except ShopError as err:
        _failed(source, err)
    except Exception as err:
        logger.exception("Asking shop %s failed", source.pk)
        problem = f"An error inside Cascader ({type(err).__name__}). It is tried again; please report it."
        _failed(source, ShopAnswerUnusable(problem))
    finally:
        _schedule_next(source, platform)
        with suppress(LeaseLost):
            lease.release()


def shop_lease_take(source: Source, now: datetime) -> Lease | None:
    """The lease of a shop that nobody holds and that is to be asked now; else None.

    So answers are stored in the order they were given in.
    """
    poller, _ = Poller.objects.get_or_create(source=source)
    rested = Poller.objects.filter(Q(not_before=None) | Q(not_before__lte=now), pk=poller.pk)
    return lease_take(rested, now, LEASE_SECONDS, held=Poller.objects.filter(pk=poller.pk))


def _feeds_work(session: PollSession, stop: Stop) -> None:
    """What is new comes before the days of a catch-up, and single ids between the parts of both."""
    deadline = time.monotonic() + CATCHUP_SECONDS
    while not stop():
        for feed in (due := feeds_due(session.source, timezone.now())):
            for _ in feed_rounds(session, feed, timezone.now()):
                readings_work(session)
                if stop():
                    return
        catchup = catchup_open(session.source)
        if not due and (catchup is None or time.monotonic() > deadline):
            return
        if catchup is not None:
            catchup_part(session, catchup)
            readings_work(session)


def _failed(source: Source, err: ShopError) -> None:
    """Leave the shop alone for a while, and say why. What only a person can cure ends what waits for it."""
    now = timezone.now()
    poller = Poller.objects.get(source=source)
    refused = isinstance(err, ShopRefused)
    logger.info("Shop %s: %s (%s)", source.pk, err.message, err.detail)
    if refused:
        readings_fail(source, err.message)
        catchup_fail(source, err.message)
    doubled = min(FIRST_WAIT_SECONDS * 2 ** min(poller.failures, 10), MAX_WAIT_SECONDS)
    asked = err.retry_after_seconds if isinstance(err, ShopUnavailable) else None
    wait = timedelta(seconds=doubled if asked is None else max(asked, 1.0))
    Poller.objects.filter(pk=poller.pk).update(
        failures=F("failures") + 1,
        problem=err.message[:500],
        problem_since=poller.problem_since or now,
        needs_person=refused,
        not_before=now + (REFUSED_WAIT if refused else wait),
    )


def _schedule_next(source: Source, platform: Platform) -> None:
    """Say when there is something to ask next.

    What waits is looked for last: whoever stored it a moment ago may have been waiting for this row.
    """
    poller, _ = Poller.objects.get_or_create(source=source)
    rows = Poller.objects.filter(pk=poller.pk)
    if not platform.may_ask(source):
        rows.update(due_at=None)
        return
    names = [feed.name for feed in feeds_of(source)]
    states = FeedState.objects.filter(source=source, feed__in=names)
    next_at = states.aggregate(next=Min("due_at"))["next"]
    rows.update(due_at=next_at or (timezone.now() if names else None))
    open_states = [Reading.State.WAITING, Reading.State.RUNNING]
    readings = Reading.objects.filter(source=source, state__in=open_states)
    if readings.exists() or catchup_open(source) is not None:
        rows.update(due_at=timezone.now())
