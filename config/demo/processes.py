"""Child processes that live and die together: started, restarted when dead, and never left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child, before it becomes the command (Linux): end when the supervisor ends, even by SIGKILL."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One supervised process; `log` collects what it says."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started_at = time.monotonic()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps its children running until `stop`, which leaves none of them behind. Main thread only."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.stopping = threading.Event()

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Restart whoever died, at most once a second each, until told to stop."""
        while not self.stopping.wait(0.2):
            for child in self.children:
                if not child.is_alive() and time.monotonic() - child.started_at > 1:
                    child.start()

    def stop(self, grace_seconds: float = 8.0) -> None:
        """Ask every child's whole group to end, then make it."""
        self.stopping.set()
        for child in reversed(self.children):
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline and any(child.is_alive() for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            self._signal(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _signal(self, child: Child, number: signal.Signals) -> None:
        if child.process is None:
            return
        try:
            os.killpg(child.process.pid, number)
        except ProcessLookupError:
            return
