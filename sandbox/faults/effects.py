"""How each kind of armed misbehaviour is played, for any protocol that can describe its operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Protocol

from sandbox.faults.rules import Rule
from sandbox.problems import EpochOver, NoAnswer
from sandbox.reply import Reply

BACKGROUND_PAGE = b"<html><head><title>Error</title></head><body><h1>Service Unavailable</h1></body></html>"


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
        return PLAYS[rule.do](operation, rule) if rule else operation.apply()
    except NoAnswer:
        return None


def _drop_after(operation: Operation, rule: Rule) -> None:
    operation.apply()


def _drop_late(operation: Operation, rule: Rule) -> None:
    def apply_later() -> None:
        if not operation.epoch.wait(rule.detail["seconds"]):
            play(operation, None)

    Thread(target=apply_later, daemon=True).start()


def _delay(operation: Operation, rule: Rule) -> Reply:
    operation.epoch.wait(rule.detail["seconds"])
    return operation.apply()


def _hold(operation: Operation, rule: Rule) -> Reply:
    reply = operation.apply()
    if operation.epoch.wait(rule.detail["seconds"]):
        raise EpochOver
    return reply


def _http(operation: Operation, rule: Rule) -> Reply:
    if rule.detail.get("after_effect"):
        operation.apply()
    headers = {str(name).lower(): str(value) for name, value in rule.detail.get("headers", {}).items()}
    content_type = headers.pop("content-type", "text/html")
    return Reply(rule.detail["status"], rule.detail.get("body", "").encode(), content_type, headers)


def _truncated(operation: Operation, rule: Rule) -> Reply:
    reply = operation.apply()
    half = len(reply.body) // 2
    if rule.detail.get("complete_http"):
        return replace(reply, body=reply.body[:half])
    return replace(reply, cut_at=half)


def _garbage(operation: Operation, rule: Rule) -> Reply:
    if rule.detail.get("after_effect"):
        operation.apply()
    return Reply(200, BACKGROUND_PAGE, "text/html")


PLAYS: dict[str, Callable[[Operation, Rule], Reply | None]] = {
    "drop_before": lambda operation, rule: None,
    "drop_after": _drop_after,
    "drop_late": _drop_late,
    "delay": _delay,
    "hold": _hold,
    "fault": lambda operation, rule: operation.fault(rule.detail["code"], rule.detail["text"]),
    "http": _http,
    "empty": lambda operation, rule: replace(operation.apply(), body=b""),
    "truncated": _truncated,
    "garbage": _garbage,
    "invalid_key": lambda operation, rule: operation.refuse_key(),
}
