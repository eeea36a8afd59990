"""Run what may have ended the process with nothing beside it.

Else other work would end with it as often, and be parked with it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """One process: many may be in it together, or one alone. Who waits to be alone lets nobody else in."""

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        self._changed = threading.Condition()
        self._here = threading.local()
        self._inside = self._waiting = 0
        self._taken = False

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        """Be in it while the block runs; what a thread does within its own block is part of it."""
        if getattr(self._here, "already", False):
            yield
            return
        with self._changed:
            self._waiting += alone
            try:
                self._changed.wait_for(
                    lambda: not self._taken and not (self._inside if alone else self._waiting)
                )
            finally:
                self._waiting -= alone
            self._inside += 1
            self._taken = alone
        self._here.already = True
        try:
            yield
        finally:
            self._here.already = False
            with self._changed:
                self._inside -= 1
                self._taken = False
                self._changed.notify_all()


room = Room()
os.register_at_fork(after_in_child=room.empty)
