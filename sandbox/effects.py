"""What really happened in this CRM, in order: the list that tests count duplicates in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.clock import utc_now
from sandbox.values import json_default


@dataclass(frozen=True)
class Effect:
    number: int
    kind: str
    call: int
    method: str
    at: str
    ids: dict[str, int]
    values: dict[str, Any]


class EffectLog:
    """Append-only; with a file, every effect is on disk before its call is answered."""

    def __init__(self, path: Path | None = None) -> None:
        self._effects: list[Effect] = []
        self._file: BinaryIO | None = path.open("ab") if path else None

    def append(
        self, call: int, method: str, drafts: list[tuple[str, dict[str, int], dict[str, Any]]]
    ) -> None:
        if not drafts:
            return
        at = utc_now().isoformat()
        fresh = [
            Effect(len(self._effects) + offset, kind, call, method, at, ids, values)
            for offset, (kind, ids, values) in enumerate(drafts, start=1)
        ]
        self._effects += fresh
        self._write([asdict(effect) for effect in fresh])

    def clear(self) -> None:
        """Forget the list; the file keeps its lines and gets one that says so."""
        self._effects = []
        self._write([{"kind": "sandbox.reset", "at": utc_now().isoformat()}])

    def restore(self, effects: list[Effect]) -> None:
        """Go on from an earlier process's list; the file has these already."""
        self._effects = list(effects)

    def since(self, number: int) -> list[Effect]:
        return self._effects[number:]

    def _write(self, entries: list[dict[str, Any]]) -> None:
        if self._file is None:
            return
        for entry in entries:
            self._file.write(json.dumps(entry, default=json_default).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
