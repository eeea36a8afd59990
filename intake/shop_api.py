"""What is asked of a shop's own API, and how it may fail.

```
ShopError                 message (for the merchant), detail (for us)
├─ ShopUnavailable        it did not answer, is busy or broken: later may succeed   retry_after_seconds
├─ ShopRefused            a person must change something: credentials, rights, the address
└─ ShopAnswerUnusable     it answered what cannot be read: later may succeed, a person should look
   └─ AnswerTooLarge      less at once may do
```
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from intake.models.sources import Source


class ShopError(Exception):
    """A question to the shop failed; `message` names the cure. Neither text holds a secret."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class ShopUnavailable(ShopError):
    def __init__(self, message: str, detail: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(message, detail)
        self.retry_after_seconds = retry_after_seconds


class ShopRefused(ShopError):
    """Asking again by itself cannot help."""


class ShopAnswerUnusable(ShopError):
    pass


class AnswerTooLarge(ShopAnswerUnusable):
    """A smaller page or a shorter window may do."""


def smaller_page(size: int, err: AnswerTooLarge, least: int = 1) -> int:
    """A fifth of a page whose answer was too large. Raises: `err` where it can be no smaller."""
    if size <= least:
        raise err
    return max(size // 5, least)


class FeedKind(StrEnum):
    WINDOW = "window"  # what changed between two moments
    LIST = "list"  # all there is, every time; only what differs from the last time is stored
    OPEN = "open"  # what is known but not finished yet, read again one by one


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """One thing that is read from a shop regularly.

    `every` is the time between two rounds, None: the source's own interval. A window begins `overlap` before
    the end of the one before, because a shop's clock and its index may lag; it is at most `window` long, and
    ends `lag` before now. `open_ids` tells what of a source is open.
    """

    name: str
    title: str
    kind: FeedKind = FeedKind.WINDOW
    every: timedelta | None = None
    overlap: timedelta = timedelta(minutes=10)
    window: timedelta = timedelta(days=1)
    lag: timedelta = timedelta(0)
    catches_up: bool = True  # part of “fetch the last days”
    open_ids: Callable[[Source, datetime], Iterable[str]] = lambda source, now: ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """A field of the source that the shop's API asks for, in the shop's words."""

    field: str  # shop_url, api_user or api_secret
    label: str
    help: str
    required: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Polled:
    """One thing that a shop's API gave: an event of that name, unless `key` gave the same before."""

    key: str
    name: str
    body: bytes


class Shop(ABC):
    """One shop's API. Every method may raise ShopError; nothing is sent twice by itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def check(self) -> str:
        """Ask something cheap with the credentials; a sentence that says what answered."""

    @abstractmethod
    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterable[Sequence[Polled]]:
        """What the feed holds, page by page, each asked for when it is wanted. A window includes both ends;
        a list has none.
        """

    @abstractmethod
    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        """What has these ids, as it is now, at most 50 at once; what the shop surely does not have is left
        out.
        """

    def read_in_parts(self, refresh_ids: Sequence[str]) -> list[Polled]:
        """The same; where the answer would be too large, each half is asked for by itself."""
        try:
            return list(self.read(refresh_ids))
        except AnswerTooLarge:
            half = len(refresh_ids) // 2
            if not half:
                raise
        return [
            *self.read_in_parts(refresh_ids[:half]),
            *self.read_in_parts(refresh_ids[half:]),
        ]
