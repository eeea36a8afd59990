"""The feeds of a shop: what is read of it regularly, window by window, list by list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from background.lease import Lease
from intake.models.polling import FeedState
from intake.models.sources import Source
from intake.polling.pages import PageCount, page_store
from intake.registry import platform_get
from intake.shop_api import Feed, FeedKind, Shop

FIRST_LOOK_BACK = timedelta(days=366)  # at most, where the start date of a shop lies before its connection
READ_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class PollSession:
    """One shop that is being read, by the worker that holds its lease."""

    source: Source
    shop: Shop
    lease: Lease


def feeds_of(source: Source) -> tuple[Feed, ...]:
    """What is read regularly of this shop: nothing where its owner set “never”."""
    platform = platform_get(source.platform)
    if platform is None or not source.poll_minutes or not platform.may_ask(source):
        return ()
    return platform.feeds


def feeds_due(source: Source, now: datetime) -> list[Feed]:
    """The feeds whose next round is due, in the platform's order. Rows that are missing are made."""
    feeds = feeds_of(source)
    known = {state.feed: state.due_at for state in FeedState.objects.filter(source=source)}
    for feed in feeds:
        if feed.name not in known:
            FeedState.objects.get_or_create(source=source, feed=feed.name, defaults={"due_at": now})
    return [feed for feed in feeds if known.get(feed.name, now) <= now]


def feed_rounds(session: PollSession, feed: Feed, now: datetime) -> Iterator[PageCount]:
    """Read a feed up to now, a piece at a time, and set its next round. Other work may come between.

    What was read stays read: a round that breaks off is taken up where it was.
    """
    state = FeedState.objects.get(source=session.source, feed=feed.name)
    total = PageCount()
    for piece in _pieces(session, feed, state, now):
        total.add(piece)
        yield piece
    state.due_at = now + (feed.every or timedelta(minutes=session.source.poll_minutes))
    state.finished_at, state.found = now, total.found
    state.save(update_fields=["due_at", "finished_at", "found"])


def window_read(session: PollSession, feed: Feed, since: datetime, until: datetime) -> PageCount:
    """Read what a feed has between two moments."""
    return _stored(session, feed.name, since, until)


def _pieces(session: PollSession, feed: Feed, state: FeedState, now: datetime) -> Iterator[PageCount]:
    match feed.kind:
        case FeedKind.WINDOW:
            end = now - feed.lag
            # The shop's start date, or when it was connected: what is from before is fetched on request.
            first = session.source.start_date or session.source.created_at
            since = state.read_until or max(first, end - FIRST_LOOK_BACK)
            while since < end:
                until = min(since + feed.window, end)
                yield window_read(session, feed, since - feed.overlap, until)
                state.read_until = since = until
                state.save(update_fields=["read_until"])
        case FeedKind.LIST:
            yield _stored(session, feed.name, None, None)
        case FeedKind.OPEN:
            # What is not finished, read again by its id: some shops tell nobody that an order was paid.
            ids = iter(feed.open_ids(session.source, now))
            while batch := list(islice(ids, READ_AT_ONCE)):
                session.lease.renew()
                yield page_store(session.source, session.shop.read_in_parts(batch), session.lease)


def _stored(session: PollSession, feed: str, since: datetime | None, until: datetime | None) -> PageCount:
    total = PageCount()
    session.lease.renew()
    for page in session.shop.pages(feed, since, until):
        total.add(page_store(session.source, page, session.lease))
    return total
