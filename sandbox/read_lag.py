"""Reads that lag behind a write: for a while, a read shows the rows as they were before it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import utc_now
from sandbox.options import Options
from sandbox.store import Store


@dataclass
class _Write:
    before: bytes
    at: datetime
    reads: int = 0


class ReadLag:
    """What is known of the last writes. Only reads lag: a write finds everything as it is."""

    def __init__(self) -> None:
        self._writes: list[_Write] = []

    def before(self, store: Store, options: Options) -> bytes:
        """The rows ahead of a call that may turn out to write; nothing where no read lags."""
        return pickle.dumps(store) if options.read_lag_reads or options.read_lag_seconds else b""

    def written(self, before: bytes) -> None:
        if before:
            self._writes.append(_Write(before, utc_now()))

    def shown(self, options: Options) -> Store | None:
        """What a read shows, if not the rows as they are: those ahead of the first write it does not see."""
        seen_from = utc_now() - timedelta(seconds=options.read_lag_seconds)
        self._writes = [
            write
            for write in self._writes
            if write.reads < options.read_lag_reads or (options.read_lag_seconds and write.at > seen_from)
        ]
        for write in self._writes:
            write.reads += 1
        if not self._writes:
            return None
        shown: Store = pickle.loads(self._writes[0].before)  # noqa: S301  written by this process
        shown.begin()
        return shown
