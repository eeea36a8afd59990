"""One request from bytes to value, whatever its protocol: announced, sent, read, classified, reported."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from crm.classify.classify import Failure, classify
from crm.classify.table import ROWS
from crm.errors import CrmError
from crm.http.observe import Call, CallObserver, CallOutcome
from crm.http.redact import Redactor
from crm.http.transport import BodyReader, Reply, Transport
from crm.values import Unexpected, Value

C = TypeVar("C")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    app_name: str
    server_time: datetime | None


class Unusable(Exception):
    """The reply is no answer: nothing came, or a refusal."""


class Wire(ABC, Generic[C]):
    """Sends for one set of credentials; a protocol says what is sent, and what the content of a reply means.

    `app_name` is the app that answers where the reply names none.
    """

    def __init__(
        self, transport: Transport, *, observer: CallObserver | None, redactor: Redactor, app_name: str = ""
    ) -> None:
        self._transport = transport
        self._observer = observer
        self._redactor = redactor
        self._app_name = app_name

    @abstractmethod
    def _reader(self) -> BodyReader[C]: ...

    @abstractmethod
    def _value_of(self, reply: Reply[C]) -> Value:
        """Return what was answered. Raises: Unusable; Unexpected where it is not of the documented shape."""

    @abstractmethod
    def _said(self, reply: Reply[C]) -> Failure:
        """Return what the content of an unusable reply says, without what is known of every call."""

    @abstractmethod
    def _shown(self, reply: Reply[C]) -> str:
        """Return the content for the record, without secrets."""

    def _exchange(
        self, call: Call, verb: str, url: str, data: bytes | None, parse: Callable[[Value], T]
    ) -> Answer[T]:
        if self._observer is not None:
            self._observer.sending(call)
        reply: Reply[C] = Reply()
        started_at, clock = datetime.now(UTC), time.perf_counter()
        error: BaseException | None = None
        try:
            self._transport.send(verb, url, data, reply, self._reader)
            try:
                value = parse(self._value_of(reply))
            except Unusable:
                raise self._error(call, reply) from None
            except Unexpected as err:
                reply.problem, reply.explanation = "unexpected", str(err)
                raise self._error(call, reply) from err
            return Answer(value, self._named(reply), reply.server_time)
        except BaseException as err:
            error = err
            raise
        finally:
            if self._observer is not None:
                duration_ms = round((time.perf_counter() - clock) * 1000)
                self._observer.finished(self._outcome(call, reply, started_at, duration_ms, error))

    def _error(self, call: Call, reply: Reply[C]) -> CrmError:
        failure = replace(
            self._said(reply),
            writes=call.writes,
            http_status=reply.http_status,
            problem=reply.problem,
            explanation=reply.explanation,
            retry_after_seconds=reply.retry_after_seconds,
        )
        return classify(failure, ROWS)

    def _outcome(
        self,
        call: Call,
        reply: Reply[C],
        started_at: datetime,
        duration_ms: int,
        error: BaseException | None,
    ) -> CallOutcome:
        known = error if isinstance(error, CrmError) else None
        return CallOutcome(
            call=call,
            started_at=started_at,
            duration_ms=duration_ms,
            http_status=reply.http_status,
            response=self._redactor.text(reply.excerpt) if reply.content is None else self._shown(reply),
            error_class=known.error_class if known else "internal" if error else "",
            error=known.message if known else type(error).__name__ if error else "",
            label=known.label if known else "",
            app_name=self._named(reply),
            limits=self._redactor.texts(reply.limits),
        )

    def _named(self, reply: Reply[C]) -> str:
        return reply.app_name or (self._app_name if reply.http_status is not None else "")
