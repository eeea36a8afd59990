"""Observers of CRM calls: the stored record of every request, and a chain of several observers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import Error as DatabaseProblem
from django.db import transaction

from crm.http.observe import Call, CallObserver, CallOutcome
from mappings.models import ApiCall, Connection

logger = logging.getLogger(__name__)

MAX_BODY_CHARACTERS = 20_000
MAX_DURATION_MS = 2**31 - 1


class ApiCallLog:
    """Writes one `ApiCall` per request; the caller sets `step` to what the coming calls are for.

    A connection that is not stored yet (the first test on save) has no record to hang calls on: nothing
    is written for it.
    """

    def __init__(
        self, connection: Connection, *, trace_id: str = "", attempt: int = 0, step: str = ""
    ) -> None:
        self.connection_id = connection.pk
        self.trace_id = trace_id
        self.attempt = attempt
        self.step = step
        self.keep: Callable[[ApiCall], None] | None = None  # who writes the coming records, with other things

    def sending(self, call: Call) -> None:
        """Nothing to do: what is about to be sent is the journal's business."""

    def finished(self, outcome: CallOutcome) -> None:
        """Store the call, or hand its record to who writes it together with other things.

        The record is never worth the call: a failure to write it is only logged.
        """
        if self.connection_id is None:
            return
        if self.keep is not None:
            return self.keep(self._row(outcome))
        try:
            with transaction.atomic():
                self._row(outcome).save(force_insert=True)
        except (DatabaseProblem, ValueError):
            logger.exception("The record of a call of %s could not be written", outcome.call.method)

    def _row(self, outcome: CallOutcome) -> ApiCall:
        call = outcome.call
        return ApiCall(
            connection_id=self.connection_id,
            trace_id=_bounded(self.trace_id, 40),
            attempt=self.attempt,
            step=_bounded(self.step, 120),
            protocol=_bounded(call.protocol, 10),
            operation=_bounded(call.operation, 40),
            method=_bounded(call.method, 80),
            writes=call.writes,
            request=_bounded(call.request, MAX_BODY_CHARACTERS),
            response=_bounded(outcome.response, MAX_BODY_CHARACTERS),
            http_status=outcome.http_status,
            error_class=_bounded(outcome.error_class, 15),
            error=_bounded(outcome.error, 1000),
            started_at=outcome.started_at,
            duration_ms=min(max(outcome.duration_ms, 0), MAX_DURATION_MS),
        )


class ObserverChain:
    """Tells several observers, in the order given; one that stops a call keeps it from the later ones."""

    def __init__(self, *observers: CallObserver) -> None:
        self.observers = observers

    def sending(self, call: Call) -> None:
        for observer in self.observers:
            observer.sending(call)

    def finished(self, outcome: CallOutcome) -> None:
        for observer in self.observers:
            observer.finished(outcome)


def _bounded(text: str, characters: int) -> str:
    """What any database stores: no NUL, no lone surrogate, no more than fits."""
    return text[:characters].replace("\x00", "").encode("utf-8", "replace").decode()
