"""Everything that the sandbox's CRM account holds, and the one way to change it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

from sandbox.calls import Call, CallLog
from sandbox.clock import CLOCK
from sandbox.credentials import CredentialBook
from sandbox.effects import Effect, EffectLog
from sandbox.faults.brownout import BrownoutCalendar
from sandbox.faults.rules import FaultBook
from sandbox.limits.meter import Meter
from sandbox.limits.quota import NO_LIMITS, VENDOR_LIMITS
from sandbox.oauth import OAuthServer
from sandbox.options import Options
from sandbox.platforms import PlatformReplies
from sandbox.problems import EpochOver
from sandbox.read_lag import ReadLag
from sandbox.store import Store

Answer = TypeVar("Answer")


@dataclass
class Work:
    """What one call may use while it runs: the rows, the options, and a place to note its effects."""

    store: Store
    options: Options
    app: str
    effects: list[tuple[str, dict[str, int], dict[str, Any]]] = field(default_factory=list)

    def note(self, kind: str, ids: dict[str, int], values: dict[str, Any] | None = None) -> None:
        self.effects.append((kind, ids, values or {}))


class Account:
    """`epoch` is set when a reset ends it: a call that waited across a reset must change nothing.

    A reset keeps `keys` and the OAuth `clients` (name to secret); those that control calls added go.
    """

    def __init__(
        self,
        keys: frozenset[str],
        app: str,
        effects_file: Path | None = None,
        clients: Mapping[str, str] | None = None,
        *,
        has_quota: bool = True,
    ) -> None:
        self._has_quota = has_quota
        self.keys = keys
        self.clients = dict(clients or {})
        self.app = app
        self.calls = CallLog()
        self.faults = FaultBook()
        self.platforms = PlatformReplies()
        self.effects = EffectLog(effects_file)
        self.epoch = Event()
        self._lock = Lock()
        self._renew()

    def _renew(self) -> None:
        self.store = Store()
        self.options = Options()
        self.platforms.clear()
        self._lag = ReadLag()
        self.meter = Meter(VENDOR_LIMITS if self._has_quota else NO_LIMITS)
        self.brownouts = BrownoutCalendar()
        self.credentials = CredentialBook(self.keys, self.app)
        self.oauth = OAuthServer(self.credentials, self.app, self.clients)
        CLOCK.real()

    def run(self, epoch: Event, call: Call, action: Callable[[Work], Answer], app: str = "") -> Answer:
        """Run `action` alone in the world: all of it takes effect, or, if it raises, none.

        One that changes nothing is a read, which may be made to lag behind the last writes.

        `app` is the one it is to see itself in, where a key of another app is played.
        """
        with self._lock:
            if epoch is not self.epoch:
                raise EpochOver
            work = Work(self.store, self.options, app or self.app)
            before = self._lag.before(self.store, self.options)
            self.store.begin()
            try:
                answer = action(work)
            except BaseException:
                self.store.roll_back()
                raise
            if self.store.is_changed or work.effects:
                self._lag.written(before)
            elif (shown := self._lag.shown(self.options)) is not None:
                late = action(Work(shown, self.options, work.app))
                answer = answer if shown.is_changed else late
            self.effects.append(call.number, call.method, work.effects)
            call.mark_applied()
            return answer

    def look(self, action: Callable[[Work], Answer]) -> Answer:
        """Run something for the control surface, which leaves no effect and no call."""
        with self._lock:
            self.store.begin()
            try:
                return action(Work(self.store, self.options, self.app))
            except BaseException:
                self.store.roll_back()
                raise

    def frozen(self) -> bytes:
        """The rows and effects as they are now, for `restore`."""
        with self._lock:
            return pickle.dumps((self.store, self.effects.since(0)))

    def restore(self, store: Store, effects: list[Effect]) -> None:
        with self._lock:
            self.store = store
            self.effects.restore(effects)

    def reset(self) -> None:
        with self._lock:
            self.epoch.set()
            self.epoch = Event()
            self.faults.clear()
            self.calls.clear()
            self.effects.clear()
            self._renew()
