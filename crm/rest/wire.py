"""One request over REST: its route, query and body, and what its reply means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

from crm.classify.classify import Failure
from crm.http.observe import Call, CallObserver
from crm.http.redact import Redactor
from crm.http.transport import Reply, Transport
from crm.rest.body import Json, JsonReader, Param, encode
from crm.values import Unexpected, Value
from crm.wire import Answer, Unusable, Wire

T = TypeVar("T")
READING_VERB = "GET"
# Answers that say the request was understood and refused, so that nothing was done.
REFUSALS = frozenset({400, 404, 405, 409, 410, 412, 413, 415, 422})
MAX_WORDS = 1000


class RestWire(Wire[Json]):
    """Makes requests below one address."""

    def __init__(
        self, transport: Transport, *, base_url: str, observer: CallObserver | None, redactor: Redactor
    ) -> None:
        super().__init__(transport, observer=observer, redactor=redactor)
        self._base_url = base_url

    def call(
        self,
        operation: str,
        route: str,
        parse: Callable[[Value], T],
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
        body: Param = None,
    ) -> T:
        """Send the request of a route such as `GET /v2/orders/{order_id}`, its {parts} taken from `at`.

        What does not GET is a write: any doubt about its reply is an unknown outcome.
        """
        return self.exchange(operation, route, parse, at=at, query=query, body=body).value

    def exchange(
        self,
        operation: str,
        route: str,
        parse: Callable[[Value], T],
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
        body: Param = None,
        writes: bool | None = None,
    ) -> Answer[T]:
        """As `call`, with what came along; `writes` says what the verb does not."""
        verb, _, template = route.partition(" ")
        parts = iter(at)
        path = "/".join(
            quote(str(next(parts)), safe="") + piece.partition("}")[2] if piece.startswith("{") else piece
            for piece in template.split("/")
        )
        data = None if body is None else encode(body)
        call = Call(
            operation=operation,
            method=route,
            protocol="rest_" + template.split("/")[1],
            writes=verb != READING_VERB if writes is None else writes,
            request=self._redactor.readable(_shown(path, query, body)),
        )
        asked = f"?{urlencode(query, safe=',:', quote_via=quote)}" if query else ""
        return self._exchange(call, verb, f"{self._base_url}{path}{asked}", data, parse)

    def _reader(self) -> JsonReader:
        return JsonReader()

    def _value_of(self, reply: Reply[Json]) -> Value:
        if reply.content is None or reply.http_status is None or reply.http_status >= 300:
            raise Unusable
        if reply.content.value is not None and "json" not in reply.content_type.lower():
            raise Unexpected(f"it is said to be {reply.content_type[:80] or 'nothing'}")
        return reply.content.value

    def _said(self, reply: Reply[Json]) -> Failure:
        told = reply.content.value if reply.content else None
        # The shape of the API's own errors, not of a gateway before it (the vendor's OpenAPI file, Error; v1:
        # `message` alone). Apigee answers `{"fault": …}`.
        is_the_apis = isinstance(told, dict) and "fault" not in told and isinstance(told.get("message"), str)
        return Failure(
            is_refusal=is_the_apis and reply.http_status in REFUSALS,
            text=self._redactor.text(_words(told) or reply.excerpt),
        )

    def _shown(self, reply: Reply[Json]) -> str:
        told = reply.content.value if reply.content else None
        return "" if told is None else self._redactor.readable(told)


def _shown(path: str, query: Mapping[str, str | int] | None, body: Param) -> dict[str, Param]:
    return {
        "path": path,
        **({"query": dict(query)} if query else {}),
        **({"body": body} if body is not None else {}),
    }


def _words(told: Value) -> str:
    """Return what an error body says: `message` and `details` of the API, or the gateway's `fault`."""
    if not isinstance(told, dict):
        return ""
    fault = told.get("fault")
    said = [fault.get("faultstring") if isinstance(fault, dict) else None, told.get("message")]
    details = told.get("details")
    for detail in details if isinstance(details, list) else []:
        said.extend(detail.values() if isinstance(detail, dict) else [detail])
    return " ".join(word for word in said if isinstance(word, str))[:MAX_WORDS]
