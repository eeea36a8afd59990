"""Misbehaviour to order: rules armed over the control surface, each taken by the calls it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

NUMBER, INTEGER, TEXT, FLAG, MAPPING = (int, float), int, str, bool, dict
Fields = dict[str, Any]

KINDS: dict[str, Fields] = {
    "drop_before": {},
    "drop_after": {},
    "drop_late": {"seconds": NUMBER},
    "delay": {"seconds": NUMBER},
    "hold": {"seconds": NUMBER},
    "fault": {"code": INTEGER, "text": TEXT},
    "http": {"status": INTEGER, "headers": MAPPING, "body": TEXT, "after_effect": FLAG},
    "empty": {},
    "truncated": {"complete_http": FLAG},
    "garbage": {"after_effect": FLAG},
    "invalid_key": {},
}
REQUIRED = {
    "drop_late": {"seconds"},
    "delay": {"seconds"},
    "hold": {"seconds"},
    "fault": {"code", "text"},
    "http": {"status"},
}
COMMON: Fields = {"method": TEXT, "do": TEXT, "call": INTEGER, "times": INTEGER}


@dataclass
class Rule:
    """Fires on the `call`-th matching call since it was armed and the `times - 1` after it; 0 is always."""

    do: str
    method: str = "*"
    call: int = 1
    times: int = 1
    detail: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def counts(self, method: str) -> bool:
        """Count a call if it matches, and say whether the rule is due on it."""
        if self.method not in ("*", method):
            return False
        self.seen += 1
        return self.seen >= self.call and (self.times == 0 or self.fired < self.times)


def read_rule(given: Any) -> Rule:
    """Build a rule from JSON; a ValueError names what is wrong with it."""
    if not isinstance(given, dict):
        raise ValueError("a rule is an object")
    kind = given.get("do")
    if kind not in KINDS:
        raise ValueError(f"do is one of: {', '.join(KINDS)}")
    known = COMMON | KINDS[kind]
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{kind} has no {name!r}; it takes: {', '.join(known)}")
        if not isinstance(value, known[name]) or (isinstance(value, bool) and known[name] is not FLAG):
            raise ValueError(f"{name} has the wrong type")
    missing = REQUIRED.get(kind, set()) - given.keys()
    if missing:
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    rule = Rule(kind, **{name: given[name] for name in ("method", "call", "times") if name in given})
    if rule.call < 1 or rule.times < 0:
        raise ValueError("call counts from 1, times from 0 (always)")
    rule.detail = {name: given[name] for name in KINDS[kind] if name in given}
    return rule


class FaultBook:
    """The armed rules. All of them count a call, the first that is due takes it.

    Two rules due on the same call: the later one stays due and takes the next matching call.
    """

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = Lock()

    def arm(self, given: Any) -> int:
        rules = [read_rule(one) for one in (given if isinstance(given, list) else [given])]
        with self._lock:
            self._rules += rules
        return len(rules)

    def clear(self) -> None:
        with self._lock:
            self._rules = []

    def take(self, method: str) -> Rule | None:
        with self._lock:
            due = [rule for rule in self._rules if rule.counts(method)]
            if not due:
                return None
            due[0].fired += 1
            return due[0]

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {name: value for name, value in vars(rule).items() if name != "detail"}
                for rule in self._rules
            ]
