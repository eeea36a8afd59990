"""One call from parameters to value: encoded, announced, posted, read, classified, reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from crm.classify import Failure, classify
from crm.error_table import ROWS
from crm.errors import CrmError
from crm.observe import Call, CallObserver, CallOutcome
from crm.redact import Redactor
from crm.transport import Reply, Transport
from crm.xmlrpc.decode import Fault, ReplyParser, Result, Value
from crm.xmlrpc.encode import Param, encode_call
from crm.xmlrpc.values import Unexpected

PROTOCOL = "xmlrpc"
T = TypeVar("T")
Content: TypeAlias = Result | Fault


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    app_name: str
    server_time: datetime | None


class Wire:
    """Makes calls for one set of credentials.

    `key` is the first parameter of every call: the private key, or at the gateway a placeholder.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        url: str,
        key: str,
        zone: ZoneInfo,
        observer: CallObserver | None,
        redactor: Redactor,
        app_name: str = "",
    ) -> None:
        self._transport = transport
        self._url = url
        self._key = key
        self._zone = zone
        self._observer = observer
        self._redactor = redactor
        self._app_name = app_name

    @property
    def zone(self) -> ZoneInfo:
        """The CRM's own zone, which times without one mean."""
        return self._zone

    def read(self, operation: str, method: str, params: Sequence[Param], parse: Callable[[Value], T]) -> T:
        """Make a call that changes nothing; any doubt about its reply is transient."""
        return self.exchange(operation, method, params, parse, writes=False).value

    def write(self, operation: str, method: str, params: Sequence[Param], parse: Callable[[Value], T]) -> T:
        """Make a call that changes the CRM; any doubt about its reply is an unknown outcome."""
        return self.exchange(operation, method, params, parse, writes=True).value

    def exchange(
        self,
        operation: str,
        method: str,
        params: Sequence[Param],
        parse: Callable[[Value], T],
        *,
        writes: bool,
    ) -> Answer[T]:
        body = encode_call(method, (self._key, *params), self._zone)
        call = Call(
            operation=operation,
            method=method,
            protocol=PROTOCOL,
            writes=writes,
            request=self._redactor.readable(params),
        )
        if self._observer is not None:
            self._observer.sending(call)
        reply: Reply[Content] = Reply()
        started_at, clock = datetime.now(UTC), time.perf_counter()
        error: BaseException | None = None
        try:
            self._transport.send("POST", self._url, body, reply, ReplyParser)
            return Answer(self._value(call, reply, parse), self._named(reply), reply.server_time)
        except BaseException as err:
            error = err
            raise
        finally:
            if self._observer is not None:
                duration_ms = round((time.perf_counter() - clock) * 1000)
                self._observer.finished(self._outcome(call, reply, started_at, duration_ms, error))

    def _value(self, call: Call, reply: Reply[Content], parse: Callable[[Value], T]) -> T:
        if not isinstance(reply.content, Result) or reply.http_status != 200:
            raise self._error(call, reply)
        try:
            return parse(reply.content.value)
        except Unexpected as err:
            reply.problem, reply.explanation = "unexpected", str(err)
            raise self._error(call, reply) from err

    def _error(self, call: Call, reply: Reply[Content]) -> CrmError:
        fault = reply.content if isinstance(reply.content, Fault) else None
        failure = Failure(
            writes=call.writes,
            is_fault=fault is not None,
            fault_code=fault.code if fault else None,
            text=self._redactor.text(fault.text if fault else reply.excerpt),
            http_status=reply.http_status,
            problem=reply.problem,
            explanation=reply.explanation,
            retry_after_seconds=reply.retry_after_seconds,
        )
        return classify(failure, ROWS)

    def _outcome(
        self,
        call: Call,
        reply: Reply[Content],
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
            response=self._response_text(reply),
            error_class=known.error_class if known else "internal" if error else "",
            error=known.message if known else type(error).__name__ if error else "",
            label=known.label if known else "",
            app_name=self._named(reply),
            limits={name: self._redactor.text(value) for name, value in reply.limits.items()},
        )

    def _response_text(self, reply: Reply[Content]) -> str:
        if isinstance(reply.content, Result):
            return self._redactor.readable(reply.content.value)
        if isinstance(reply.content, Fault):
            return self._redactor.readable(
                {"faultCode": reply.content.code, "faultString": reply.content.text}
            )
        return self._redactor.text(reply.excerpt)

    def _named(self, reply: Reply[Content]) -> str:
        return reply.app_name or (self._app_name if reply.http_status is not None else "")
