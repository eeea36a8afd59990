"""The list of calls that reached the sandbox. Arguments and headers are not kept, so no key can show."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from sandbox.clock import utc_now


@dataclass
class Call:
    """`state` is received, applied, answered or dropped; `applied` stays true after the last two."""

    number: int
    path: str
    started: str
    method: str = ""
    state: str = "received"
    applied: bool = False
    misbehaviour: str | None = None

    def mark_applied(self) -> None:
        self.applied = True
        if self.state == "received":
            self.state = "applied"


class CallLog:
    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = Lock()

    def begin(self, path: str) -> Call:
        with self._lock:
            call = Call(len(self._calls) + 1, path, utc_now().isoformat())
            self._calls.append(call)
            return call

    @property
    def count(self) -> int:
        return len(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls = []

    def since(self, number: int) -> list[Call]:
        with self._lock:
            return self._calls[number:]
