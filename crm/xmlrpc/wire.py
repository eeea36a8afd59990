"""One call over XML-RPC: its method and parameters, and what its reply means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from crm.classify.classify import Failure
from crm.http.observe import Call, CallObserver
from crm.http.redact import Redactor
from crm.http.transport import Reply, Transport
from crm.values import Value
from crm.wire import Answer, Unusable, Wire
from crm.xmlrpc.decode import Fault, ReplyParser, Result
from crm.xmlrpc.encode import Param, encode_call

PROTOCOL = "xmlrpc"
T = TypeVar("T")
Content: TypeAlias = Result | Fault


class XmlRpcWire(Wire[Content]):
    """Makes calls. `key` is the first parameter of each: the private key, or at the gateway a placeholder."""

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
        super().__init__(transport, observer=observer, redactor=redactor, app_name=app_name)
        self._url = url
        self._key = key
        self._zone = zone

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
        return self._exchange(call, "POST", self._url, body, parse)

    def _reader(self) -> ReplyParser:
        return ReplyParser()

    def _value_of(self, reply: Reply[Content]) -> Value:
        if not isinstance(reply.content, Result) or reply.http_status != 200:
            raise Unusable
        return reply.content.value

    def _said(self, reply: Reply[Content]) -> Failure:
        if isinstance(reply.content, Fault):
            fault = reply.content
            return Failure(is_fault=True, fault_code=fault.code, text=self._redactor.text(fault.text))
        return Failure(text=self._redactor.text(reply.excerpt))

    def _shown(self, reply: Reply[Content]) -> str:
        if isinstance(reply.content, Fault):
            return self._redactor.readable(
                {"faultCode": reply.content.code, "faultString": reply.content.text}
            )
        return self._redactor.readable(reply.content.value if reply.content else None)
