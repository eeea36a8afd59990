"""Orders that should have come: numbers that were left out, and orders that no delivery told of.

A shop that numbers its orders one by one gives a lost order away. A number counts as left out once later
orders have been here for an hour, because deliveries overtake each other. A leap of more than a thousand is
taken for a change of numbering.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, When, Window
from django.db.models.functions import Coalesce, Lag

from carts.models.orders import Order
from carts.platforms.shop_platform import ShopPlatform
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.platform import Platform
from intake.registry import platform_get
from intake.watch.notices import source_path
from intake.watch.words import counted
from mappings.models import Notice
from mappings.notices.notices import NoticeDraft

LOOKED_BACK = timedelta(days=30)
PATIENCE = timedelta(hours=1)
LONGEST_GAP = 1000
MOST_GAPS = 100
MOST_IN_ALL = 5000  # over all sources: an alarm counts no further
ASKED_DAYS = 7
NUMBERS_SHOWN = 10  # in a notice
CAUSE = "gaps:"
_Channel = InboundEvent.Channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Numbers left out, both ends included; placed between the orders around it."""

    first: int
    last: int
    after: datetime

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaps:
    """The latest first; `orders` is how many numbers are known in the days looked at.

    Where more numbers are missing than known, the shop does not count one by one, and nothing is missing.
    """

    gaps: tuple[Gap, ...] = ()
    orders: int = 0

    @property
    def missing(self) -> int:
        return sum(gap.count for gap in self.gaps)

    @property
    def tell_nothing(self) -> bool:
        return self.missing > self.orders

    @property
    def is_cut(self) -> bool:
        return len(self.gaps) > MOST_GAPS

    @property
    def earliest(self) -> datetime | None:
        return min((gap.after for gap in self.gaps), default=None)

    @property
    def numbers(self) -> str:
        shown = ", ".join(str(gap) for gap in self.gaps[:MOST_GAPS])
        return f"{shown} …" if self.is_cut else shown


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundByAsking:
    """Of the orders of the last days, those that no delivery told of first."""

    found: int
    orders: int

    @property
    def percent(self) -> int:
        return round(100 * self.found / self.orders) if self.orders else 0


def is_counting(platform: Platform | None) -> bool:
    """Whether a number that is left out is an order that never came."""
    return isinstance(platform, ShopPlatform) and platform.numbers_in_sequence


def gaps_of(source: Source, now: datetime) -> Gaps:
    """The gaps of one source, one more than are shown. Units: one query."""
    return _grouped(_gap_rows(Order.objects.filter(source=source), now)[: MOST_GAPS + 1]).get(
        source.pk, Gaps()
    )


def gaps_all(sources: Collection[int], now: datetime) -> dict[int, Gaps]:
    """The gaps of these sources, by their ids. Units: one query, at most `MOST_IN_ALL` rows."""
    return _grouped(_gap_rows(Order.objects.filter(source__in=sources), now)[:MOST_IN_ALL])


def _gap_rows(orders: QuerySet[Order], now: datetime) -> QuerySet[Order, Any]:
    """Rows of source, number before and behind the gap, time before it, numbers known.

    Only orders since the source is there: of those before, the shop told some and others not. Our own test
    events have numbers of their own.
    """
    settled = Case(When(created_at__lte=now - PATIENCE, then=F("sequence")))
    known = orders.filter(
        sequence__isnull=False,
        placed_at__gte=now - LOOKED_BACK,
        placed_at__gt=Coalesce("source__start_date", "source__created_at"),
    )
    with_the_one_before = (
        known.exclude(found_by=_Channel.TEST)
        .order_by()
        .annotate(
            before=_one_by_one(Lag("sequence")),
            after=_one_by_one(Lag("placed_at")),
            settled=Window(Max(settled), partition_by="source_id"),
            orders=Window(Count("pk"), partition_by="source_id"),
        )
    )
    gaps = with_the_one_before.filter(
        sequence__gt=F("before") + 1,
        sequence__lte=F("before") + 1 + LONGEST_GAP,
        settled__gte=F("sequence"),
    )
    columns = ("source_id", "before", "sequence", "after", "orders")
    return gaps.order_by("source_id", "-sequence").values_list(*columns)


def _one_by_one(expression: Lag) -> Window:
    return Window(expression, partition_by="source_id", order_by=["sequence", "id"])


def _grouped(rows: Iterable[tuple[int, int, int, datetime, int]]) -> dict[int, Gaps]:
    told: dict[int, list[Gap]] = {}
    orders: dict[int, int] = {}
    for source_id, before, sequence, after, number in rows:
        told.setdefault(source_id, []).append(Gap(first=before + 1, last=sequence - 1, after=after))
        orders[source_id] = number
    return {pk: Gaps(gaps=tuple(gaps), orders=orders[pk]) for pk, gaps in told.items()}


def found_by_asking(source: Source, now: datetime) -> FoundByAsking:
    """Orders placed and first seen in the last days. Units: one query."""
    since = now - timedelta(days=ASKED_DAYS)
    counted = Order.objects.filter(source=source, placed_at__gte=since, created_at__gte=since).aggregate(
        orders=Count("pk"), found=Count("pk", filter=Q(found_by=_Channel.POLL))
    )
    return FoundByAsking(found=counted["found"], orders=counted["orders"])


def gaps_watch(watched: dict[int, Source], now: datetime) -> Iterator[NoticeDraft]:
    """Units: one query, if a shop counts."""
    counting = [pk for pk, source in watched.items() if is_counting(platform_get(source.platform))]
    for source_id, gaps in gaps_all(counting, now).items() if counting else ():
        if gaps.tell_nothing:
            continue
        yield NoticeDraft(
            connection_id=watched[source_id].connection_id,
            cause=f"{CAUSE}{source_id}",
            level=Notice.Level.WARNING,
            sentence=gaps_sentence(watched[source_id], gaps),
            path=source_path(source_id),
            since=gaps.earliest,
        )


def gaps_sentence(source: Source, gaps: Gaps) -> str:
    shown = ", ".join(str(gap) for gap in gaps.gaps[:NUMBERS_SHOWN])
    rest = " …" if len(gaps.gaps) > NUMBERS_SHOWN else ""
    return (
        f"{counted(gaps.missing, 'order')} of the shop {source.name} never came, by the numbers: "
        f"{shown}{rest}. Fetch those days on the source's page, or look in the shop: an order deleted there "
        "leaves a gap too."
    )
