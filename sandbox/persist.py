"""Carry the CRM's content over a restart: a file, written anew whenever something changed.

A kill loses at most the last second, as a restore of a real CRM would; tests that need more use `--effects`.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from threading import Event, Thread

from sandbox.account import Account

SECONDS = 1.0


class Keeper:
    """Loads the file at the start, if it is there, and keeps it up to date until `close`."""

    def __init__(self, account: Account, path: Path) -> None:
        self._account = account
        self._path = path
        self._stop = Event()
        self._written: bytes = b""
        if path.exists():
            account.restore(*pickle.loads(path.read_bytes()))  # noqa: S301 - our own file
        self._thread = Thread(target=self._work, name="keeper", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(SECONDS):
            self._write()

    def _write(self) -> None:
        content = self._account.frozen()
        if content == self._written:
            return
        draft = self._path.with_suffix(".new")
        draft.write_bytes(content)
        draft.replace(self._path)
        self._written = content

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._write()
