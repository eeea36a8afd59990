"""Whether work of an upper layer waits for a connection's calls: what may wait longer then lets it go first.

An upper layer registers how it is asked when its app is ready.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mappings.models import Connection

_asked: list[Callable[[Connection, datetime], bool]] = []


def waiting_register(asked: Callable[[Connection, datetime], bool]) -> None:
    """Repeat: safe."""
    if asked not in _asked:
        _asked.append(asked)


def work_waits(connection: Connection, now: datetime) -> bool:
    """Whether anything is due now that counts over the same account."""
    return any(asked(connection, now) for asked in _asked)
