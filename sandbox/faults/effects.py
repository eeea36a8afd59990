"""How each kind of armed misbehaviour is played, for any protocol that can describe its operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any, Protocol

from sandbox.faults.rules import Rule
from sandbox.problems import EpochOver, NoAnswer
from sandbox.reply import Reply

BACKGROUND_PAGE = "<html><head><title>Error</title></head><body><h1>Service Unavailable</h1></body></html>"


class Operation(Protocol):
    """One call, ready to be applied. A returned None means: close the connection without a byte."""

    epoch: Event

    def apply(self) -> Reply:
        """Take effect and give the reply. Raises NoAnswer (EpochOver after a reset) where there is none."""

    def fault(self, code: int, text: str) -> Reply:
        """Refuse without effect, in the words of the protocol."""

    def refuse_key(self) -> Reply:
        """Refuse the credential, in the words of the protocol."""


def play(operation: Operation, rule: Rule | None) -> Reply | None:
    """Apply an operation as the rule says, or plainly without one."""
    try:
        return PLAYS[rule.do](operation, **rule.detail) if rule else operation.apply()
    except NoAnswer:
        return None


def _drop_after(operation: Operation) -> None:
    operation.apply()


def _drop_late(operation: Operation, seconds: float) -> None:
    def apply_later() -> None:
        if not operation.epoch.wait(seconds):
            play(operation, None)

    Thread(target=apply_later, daemon=True).start()


def _delay(operation: Operation, seconds: float) -> Reply:
    operation.epoch.wait(seconds)
    return operation.apply()


def _hold(operation: Operation, seconds: float) -> Reply:
    reply = operation.apply()
    if operation.epoch.wait(seconds):
        raise EpochOver
    return reply


def _http(
    operation: Operation, status: int, headers: Any = None, body: str = "", after_effect: bool = False
) -> Reply:
    if after_effect:
        operation.apply()
    named = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    return Reply(status, body.encode(), named.pop("content-type", "text/html"), named)


def _truncated(operation: Operation, complete_http: bool = False) -> Reply:
    reply = operation.apply()
    half = len(reply.body) // 2
    return replace(reply, body=reply.body[:half]) if complete_http else replace(reply, cut_at=half)


PLAYS: dict[str, Callable[..., Reply | None]] = {
    "drop_before": lambda operation: None,
    "drop_after": _drop_after,
    "drop_late": _drop_late,
    "delay": _delay,
    "hold": _hold,
    "fault": lambda operation, code, text: operation.fault(code, text),
    "http": _http,
    "empty": lambda operation: replace(operation.apply(), body=b""),
    "truncated": _truncated,
    "garbage": lambda operation, **detail: _http(operation, 200, body=BACKGROUND_PAGE, **detail),
    "invalid_key": lambda operation: operation.refuse_key(),
}
