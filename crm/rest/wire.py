"""One request from parameters to value: encoded, announced, sent, read, classified, reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from crm.classify import Failure, classify
from crm.error_table import ROWS
from crm.errors import CrmError
from crm.observe import Call, CallObserver, CallOutcome
from crm.redact import Redactor
from crm.rest.body import Json, JsonReader, Param, Value, encode
from crm.rest.values import Unexpected
from crm.transport import Reply, Transport

T = TypeVar("T")
READING_VERB = "GET"
# Answers that say the request was understood and refused, so that nothing was done.
REFUSALS = frozenset({400, 404, 405, 409, 410, 412, 413, 415, 422})
MAX_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    app_name: str
    server_time: datetime | None


class Wire:
    """Makes requests for one set of credentials below one address."""

    def __init__(
        self, transport: Transport, *, base_url: str, observer: CallObserver | None, redactor: Redactor
    ) -> None:
        self._transport = transport
        self._base_url = base_url
        self._observer = observer
        self._redactor = redactor

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
    ) -> Answer[T]:
        verb, _, template = route.partition(" ")
        path = _filled(template, at)
        data = None if body is None else encode(body)
        call = Call(
            operation=operation,
            method=route,
            protocol="rest_" + template.split("/")[1],
            writes=verb != READING_VERB,
            request=self._redactor.readable(_shown(path, query, body)),
        )
        if self._observer is not None:
            self._observer.sending(call)
        reply: Reply[Json] = Reply()
        started_at, clock = datetime.now(UTC), time.perf_counter()
        error: BaseException | None = None
        try:
            self._transport.send(verb, self._url(path, query), data, reply, JsonReader)
            return Answer(self._value(call, reply, parse), reply.app_name, reply.server_time)
        except BaseException as err:
            error = err
            raise
        finally:
            if self._observer is not None:
                duration_ms = round((time.perf_counter() - clock) * 1000)
                self._observer.finished(self._outcome(call, reply, started_at, duration_ms, error))

    def _url(self, path: str, query: Mapping[str, str | int] | None) -> str:
        asked = f"?{urlencode(query, safe=',:', quote_via=quote)}" if query else ""
        return f"{self._base_url}{path}{asked}"

    def _value(self, call: Call, reply: Reply[Json], parse: Callable[[Value], T]) -> T:
        if reply.content is None or reply.http_status is None or reply.http_status >= 300:
            raise self._error(call, reply)
        try:
            if reply.content.value is not None and "json" not in reply.content_type.lower():
                raise Unexpected(f"it is said to be {reply.content_type[:80] or 'nothing'}")
            return parse(reply.content.value)
        except Unexpected as err:
            reply.problem, reply.explanation = "unexpected", str(err)
            raise self._error(call, reply) from err

    def _error(self, call: Call, reply: Reply[Json]) -> CrmError:
        told = reply.content.value if reply.content else None
        failure = Failure(
            writes=call.writes,
            is_refusal=_is_the_crms(told) and reply.http_status in REFUSALS,
            text=self._redactor.text(_words(told) or reply.excerpt),
            http_status=reply.http_status,
            problem=reply.problem,
            explanation=reply.explanation,
            retry_after_seconds=reply.retry_after_seconds,
        )
        return classify(failure, ROWS)

    def _outcome(
        self,
        call: Call,
        reply: Reply[Json],
        started_at: datetime,
        duration_ms: int,
        error: BaseException | None,
    ) -> CallOutcome:
        known = error if isinstance(error, CrmError) else None
        told = reply.content.value if reply.content else None
        return CallOutcome(
            call=call,
            started_at=started_at,
            duration_ms=duration_ms,
            http_status=reply.http_status,
            response=self._redactor.text(reply.excerpt) if told is None else self._redactor.readable(told),
            error_class=known.error_class if known else "internal" if error else "",
            error=known.message if known else type(error).__name__ if error else "",
            label=known.label if known else "",
            app_name=reply.app_name,
            limits={name: self._redactor.text(value) for name, value in reply.limits.items()},
        )


def _filled(template: str, at: Sequence[int | str]) -> str:
    parts = iter(at)
    return "/".join(
        quote(str(next(parts)), safe="") + piece.partition("}")[2] if piece.startswith("{") else piece
        for piece in template.split("/")
    )


def _shown(path: str, query: Mapping[str, str | int] | None, body: Param) -> dict[str, Param]:
    return {
        "path": path,
        **({"query": dict(query)} if query else {}),
        **({"body": body} if body is not None else {}),
    }


def _is_the_crms(told: Value) -> bool:
    """Whether an error body has the shape of the API's own, not of a gateway before it.

    Docs: the vendor's OpenAPI file, Error (v1: `message` alone); Apigee answers `{"fault": …}`.
    """
    return isinstance(told, dict) and "fault" not in told and isinstance(told.get("message"), str)


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
