"""What an observer is told of every request: right before it leaves, and after it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request about to be sent. `operation` is the contract's word, `method` the wire's."""

    operation: str
    method: str
    protocol: str
    writes: bool
    request: str  # redacted, bounded


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOutcome:
    """How one request ended; `error` is empty when it ended well."""

    call: Call
    started_at: datetime
    duration_ms: int
    http_status: int | None = None
    response: str = ""  # redacted, bounded
    error_class: str = ""
    error: str = ""
    label: str = ""  # the row of the error table that recognised the failure
    app_name: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)  # x-keap-* and Retry-After, lower case


class CallObserver(Protocol):
    """Called for every request: right before its first byte leaves (may raise `NotSent` to stop it), and
    once after it ended, well or not."""

    def sending(self, call: Call) -> None: ...

    def finished(self, outcome: CallOutcome) -> None: ...
