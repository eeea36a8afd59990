"""`python -m tests.booking_orders [--most 5]`: every order of a booking's news ends alike.

Four stories have the news of a booking as platforms tell them: under one id, with a new id for each move, in
two events for each move, and with links that come late. Every choice of at most `--most` of a story's events
is folded in every order, with every single repeat; every choice of at most `--taken` is taken in by the
ingest service in every order, and at each point every event that is there is told once more. All orders of
the same events must leave the same booking; a repeat must change nothing. What is replicated is planned from
that booking alone. Prints a table; ends with 1 if an order ended otherwise.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations
from typing import Any

MOST = 5
NOW = datetime(2031, 3, 1, tzinfo=UTC)  # between the news and the booking


def stories(prefix: str = "", email: str = "carrie@example.com") -> dict[str, list[Any]]:
    """The events of each; ids begin with `prefix`, so that stories may be told side by side."""
    from bookings.booking_data import Actor, News
    from tests.bookings.agenda import START, booking_data
    from tests.bookings.agenda import told as news_told

    def told(news: News, minute: int, segment: str, **changes: Any) -> Any:
        links = {name: prefix + changes.pop(name) for name in ("replaces", "replaced_by") if name in changes}
        moved = booking_data(
            email=email, starts_at=START + timedelta(days=minute), ends_at=None, duration_minutes=30
        )
        changes = {"booking": moved, **changes, **links}
        made = news_told(news, minute, prefix + segment, **changes)
        return replace(made, series_id=prefix + made.series_id) if made.series_id else made

    n, owner = News, Actor.OWNER
    return {
        "one id": [
            told(n.REQUESTED, 0, "A"),
            told(n.SCHEDULED, 1, "A"),
            told(n.RESCHEDULED, 2, "A"),
            told(n.REASSIGNED, 3, "A"),
            told(n.RESCHEDULE_REQUESTED, 4, "A", booking=None, reason="I am away"),
            told(n.SCHEDULED, 5, "A"),
            told(n.CANCELED, 6, "A", actor=owner),
            told(n.COMPLETED, 7, "A", booking=None),
            told(n.NO_SHOW, 8, "A", booking=None),
            told(n.NO_SHOW_REVOKED, 9, "A", booking=None),
        ],
        "a new id for each move": [
            told(n.SCHEDULED, 1, "A", series_id="cal"),
            told(n.NO_SHOW_SUSPECTED, 2, "A", booking=None),
            told(n.RESCHEDULED, 3, "B", replaces="A", series_id="cal"),
            told(n.REASSIGNED, 4, "B"),
            told(n.CANCELED, 5, "A", actor=Actor.UNKNOWN),  # of a segment that is replaced by then
            told(n.REQUESTED, 6, "C", series_id="cal"),
            told(n.REJECTED, 7, "C", booking=None),
            told(n.RESCHEDULED, 8, "D", replaces="C"),
            told(n.HOST_ABSENT, 9, "D", booking=None),
        ],
        "two events for each move": [
            told(n.SCHEDULED, 1, "A"),
            told(n.SUPERSEDED, 2, "A", replaced_by="B"),
            told(n.SCHEDULED, 2, "B", replaces="A", actor=owner),
            told(n.SUPERSEDED, 3, "B", replaced_by="C"),
            told(n.SCHEDULED, 3, "C", replaces="B"),
            told(n.NO_SHOW, 4, "C", booking=None),
            told(n.NO_SHOW_REVOKED, 5, "C", booking=None),
            told(n.DETAILS, 6, "B"),
            told(n.CANCELED, 7, "C", actor=Actor.UNKNOWN),
        ],
        "links that come late": [
            told(n.SCHEDULED, 1, "A"),
            told(n.SCHEDULED, 2, "B"),
            told(n.CANCELED, 3, "A"),
            told(n.DETAILS, 4, "B", replaces="A", booking=None),
            told(n.SCHEDULED, 5, "C"),
            told(n.SUPERSEDED, 6, "B", replaced_by="C", booking=None),
            told(n.RESCHEDULE_REQUESTED, 7, "C"),
            told(n.RESCHEDULED, 8, "D", replaces="C"),
        ],
    }


@dataclass
class Walk:
    """Takes events in, in every order: what two orders have in common at their beginning is taken in once."""

    source: Any
    events: Sequence[Any]
    most: int
    chosen: Callable[[Sequence[int]], bool] = lambda path: True
    orders: int = 0
    repeats: int = 0
    ends: dict[frozenset[int], Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def go(self, path: tuple[int, ...] = ()) -> None:
        from django.db import transaction

        for each in range(len(self.events)):
            if each in path or not self.chosen((*path, each)):
                continue
            with transaction.atomic():
                self.take(each)
                self.look((*path, each))
                if len(path) + 1 < self.most:
                    self.go((*path, each))
                transaction.set_rollback(True)

    def take(self, number: int) -> Any:
        from bookings.ingest import event_ingest

        return event_ingest(self.source, self.events[number], now=NOW)

    def look(self, path: tuple[int, ...]) -> None:
        from intake.records import IngestOutcome

        self.orders += 1
        end = bookings_of(self.source)
        known = self.ends.setdefault(frozenset(path), end)
        if end != known:
            self.problems.append(f"{path} ends otherwise than another order: {end} and {known}")
        for each in path:
            self.repeats += 1
            if self.take(each) is not IngestOutcome.REPEATED:
                self.problems.append(f"{each} told once more after {path} is not a repeat")
        if bookings_of(self.source) != end:
            self.problems.append(f"a repeat after {path} changed something")


def bookings_of(source: Any) -> list[tuple[Any, ...]]:
    """What the bookings of the source are, without what only tells how they were heard of."""
    from bookings.models import Booking, Segment

    told = ("shown_id", "state", "actor", "since", "email", "starts_at", "ends_at", "due_at", "data")
    segments: dict[int, list[str]] = {}
    for booking_id, segment_id in Segment.objects.filter(source=source).values_list("booking", "segment_id"):
        segments.setdefault(booking_id, []).append(segment_id)
    rows = Booking.objects.filter(source=source, merged_into=None).values_list("pk", *told)
    return sorted((*row, sorted(segments.get(pk, ()))) for pk, *row in rows)


def folds(events: Sequence[Any], most: int) -> tuple[int, int, int, list[str]]:
    """How many choices, orders and repeats were folded, and which ended otherwise."""
    from bookings.chain import chain_of

    choices = orders = repeats = 0
    problems: list[str] = []
    for size in range(1, most + 1):
        for choice in combinations(range(len(events)), size):
            choices += 1
            wanted = chain_of([events[each] for each in choice])
            for order in permutations(choice):
                orders, repeats = orders + 1, repeats + size
                told = [events[each] for each in order]
                if any(chain_of(each) != wanted for each in (told, *([*told, once] for once in told))):
                    problems.append(f"{order} is folded otherwise than {choice}")
    return choices, orders, repeats, problems


def main(most: int, taken: int) -> int:
    from django.db import transaction

    from tests.factories import ConnectionFactory, SourceFactory

    problems: list[str] = []

    def tell(name: str, how: str, figures: Sequence[int], began: float, found: Sequence[str]) -> None:
        problems.extend(found)
        told = " ".join(f"{figure:9,}" for figure in figures)
        end = "otherwise" if found else "alike"
        print(f"{name:26} {how:9} {told} {time.monotonic() - began:8.0f}  {end}", flush=True)

    print(
        f"{'story':26} {'':9} {'events':>9} {'choices':>9} {'orders':>9} {'repeats':>9} {'seconds':>8}  ends"
    )
    for name, events in stories().items():
        began = time.monotonic()
        *figures, found = folds(events, most)
        tell(name, "folded", [len(events), *figures], began, found)
        began = time.monotonic()
        with transaction.atomic():
            walk = Walk(SourceFactory(connection=ConnectionFactory(), platform="api"), events, taken)
            walk.go()
            transaction.set_rollback(True)
        figures = [len(events), len(walk.ends), walk.orders, walk.repeats]
        tell(name, "taken in", figures, began, walk.problems)
    print("\n".join(problems[:20]))
    return 1 if problems else 0


if __name__ == "__main__":
    import os

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--most", type=int, default=MOST, help="events of a story that are folded")
    parser.add_argument("--taken", type=int, default=MOST, help="those that are taken in")
    asked = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "only for this run")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    connection.settings_dict["TEST"] = {**connection.settings_dict["TEST"], "NAME": None}  # in memory
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        sys.exit(main(asked.most, asked.taken))
    finally:
        teardown_databases(databases, verbosity=0)
