"""What a run really asks of the CRM's contract, written down as the preview shows it.

The recorder stands around the real adapter, at the one place where a run connects.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from cascade.engine import replicate
from cascade.engine.dry_run import CONTACT_ID, INVOICE_ID, ORDER_ID, OTHER_ID, PlannedCall, call_shown
from cascade.engine.kinds import KINDS
from cascade.models import Replication
from cascade.services import replication_calls, replication_preview, replication_work
from crm.contract import Crm
from mappings.access.open import Account
from mappings.models import Connection

Shown = tuple[str, dict[str, Any]]
MADE = {
    "create_lead_source": OTHER_ID, "create_affiliate": OTHER_ID, "add_note": OTHER_ID,
    "upsert_contact": CONTACT_ID,
}  # fmt: skip


class Recorder:
    """A connection's adapter, with each call written down once `on` is set: before that, names are read."""

    def __init__(self, crm: Crm, *, takes_along: bool) -> None:
        self.crm, self.takes_along, self.on = crm, takes_along, False
        self.calls: list[Shown] = []
        self._ids: dict[int, int] = {}  # of what came up in this run: by the names that the preview gives

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method, bound = getattr(self.crm, operation), signature(getattr(Crm, operation))

        def call(*args: Any, **kwargs: Any) -> Any:
            if not self.on:
                return method(*args, **kwargs)
            values = bound.bind(self, *args, **kwargs).arguments
            del values["self"]
            shown = call_shown(operation, values, takes_along=self.takes_along)
            self.calls.append((operation, _renamed(shown, self._ids)))
            answer = method(*args, **kwargs)
            self._note(operation, answer)
            return answer

        return call

    def _note(self, operation: str, answer: Any) -> None:
        if operation in MADE:
            self._ids[answer] = MADE[operation]
        elif operation in ("create_order", "place_order", "read_invoice"):
            self._ids.setdefault(answer.ref.invoice_id, INVOICE_ID)
            if answer.ref.order_id:
                self._ids.setdefault(answer.ref.order_id, ORDER_ID)


def _renamed(value: Any, ids: dict[int, int]) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, ids) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and value in ids:
        return call_shown("", {"id": ids[value]})["id"]
    return value


def executed(row: Replication, monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """Run the replication until it ends; the calls of its steps."""
    found: list[Recorder] = []
    takes_along = row.connection.protocol != Connection.Protocol.XMLRPC

    def opened(*args: Any, **kwargs: Any) -> Account:
        account = real(*args, **kwargs)
        found.append(Recorder(account.crm, takes_along=takes_along))
        account.crm = found[-1]
        return account

    def watch(moment: str) -> None:
        if moment == "planned":
            found[-1].on = True

    real = replicate.open_crm
    with monkeypatch.context() as patched:
        patched.setattr(replicate, "open_crm", opened)
        for _ in range(20):
            Replication.objects.filter(pk=row.pk).update(not_before=None)
            replication_work(row.pk, watch=watch)
            row.refresh_from_db()
            if row.state not in Replication.OPEN:
                break
    return [call for recorder in found for call in recorder.calls]


def previewed(row: Replication) -> list[PlannedCall]:
    subject = KINDS[row.kind].subject_of(row)
    assert subject is not None
    plan = replication_preview(subject, without_automation=row.without_automation, trigger=row.triggered_by)
    return replication_calls(subject, plan)


def preview_and_run(
    row: Replication, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Shown], list[Shown]]:
    """The calls that the preview shows, and then those that the run makes."""
    effects = len(sandbox.effects())
    planned = [(call.operation, call.args) for call in previewed(row)]
    if len(sandbox.effects()) != effects:
        raise AssertionError("the preview wrote to the CRM")
    return planned, executed(row, monkeypatch)
