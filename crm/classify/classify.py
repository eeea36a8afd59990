"""Turn what is known of a failed call into the error that says what happens next.

The knowledge is in the table (`crm/classify/table.py`); this is only how it is read: rows in order, the first
that matches wins; faults arrive with HTTP 200, so their rows come before those of the status. What no row
knows is unclear: a failed read is transient, a failed write has an unknown outcome. Doubt never resends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm.errors import CrmError, OutcomeUnknown, TransientError

MAX_DETAIL = 500
_BRACKET = re.compile(r"\s*\[(\w+)\]")

WAITS = "It is tried again automatically; nothing needs to be done."
LOOKS_FIRST = (
    "Whether the change arrived is not known, so it is looked up before anything is sent again; "
    "nothing needs to be done."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What is known of a call that did not end well, whatever its protocol."""

    writes: bool = False
    is_fault: bool = False
    is_refusal: bool = False  # a REST reply in which the CRM itself says in JSON why it did nothing
    fault_code: int | None = None
    text: str = ""  # the fault's text, or the beginning of a body that is no fault
    http_status: int | None = None
    problem: str = ""  # a word of the transport: "timeout", "no-connection", …
    explanation: str = ""
    retry_after_seconds: float | None = None

    @property
    def bracket(self) -> str:
        """The name in brackets a fault's text begins with, such as `RecordNotFound`."""
        found = _BRACKET.match(self.text) if self.is_fault else None
        return found.group(1) if found else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One recognised way to fail.

    `names` match a fault's bracketed name, or, where it has none, `codes` its code; `text` is searched in a
    fault's text (in any body with `any_body`); `statuses` and `problems` match exactly; a `refusal` row
    matches refusals alone, and its `text` is searched in their words; an `outside` row matches what did not
    come from the CRM itself: a gateway's or firewall's answer. Every condition a row has must hold.
    `message` says what happened; the cure follows from the class unless `cure` says it.
    """

    label: str
    source: str
    message: str
    error: type[CrmError]
    on_write: type[CrmError] | None = None
    cure: str = ""
    setting: str = ""
    names: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    text: str = ""
    any_body: bool = False
    refusal: bool = False
    outside: bool = False
    statuses: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()

    def matches(self, failure: Failure) -> bool:
        if (self.names or self.codes) and not self._matches_fault(failure):
            return False
        if self.refusal and not failure.is_refusal:
            return False
        if self.outside and (failure.is_fault or failure.is_refusal):
            return False
        if self.text and not (failure.is_fault or self.any_body or self.refusal):
            return False
        if self.text and re.search(self.text, failure.text, re.IGNORECASE) is None:
            return False
        if self.statuses and failure.http_status not in self.statuses:
            return False
        return not self.problems or failure.problem in self.problems

    def _matches_fault(self, failure: Failure) -> bool:
        if not failure.is_fault:
            return False
        if failure.bracket:
            return failure.bracket in self.names
        return failure.fault_code in self.codes

    def to_error(self, failure: Failure) -> CrmError:
        error = self.on_write if failure.writes and self.on_write else self.error
        wait = {"retry_after_seconds": failure.retry_after_seconds}
        return error(
            f"{self.message} {self.cure or _cure(error)}".strip(),
            detail=_detail(failure),
            setting=self.setting,
            label=self.label,
            **(wait if issubclass(error, TransientError) else {}),
        )


def classify(failure: Failure, rows: tuple[Row, ...]) -> CrmError:
    """Return the error of the first row that matches; the last row of a table matches everything."""
    return next(row for row in rows if row.matches(failure)).to_error(failure)


def _cure(error: type[CrmError]) -> str:
    if issubclass(error, OutcomeUnknown):
        return LOOKS_FIRST
    return WAITS if issubclass(error, TransientError) else ""


def _detail(failure: Failure) -> str:
    parts = [
        f"fault {failure.fault_code}" if failure.is_fault else "",
        f"HTTP {failure.http_status}" if failure.http_status else "",
        f"{failure.problem} ({failure.explanation})" if failure.problem else "",
        failure.text,
    ]
    return ": ".join(part for part in parts if part)[:MAX_DETAIL]
