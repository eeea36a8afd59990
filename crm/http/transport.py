"""One request, sent once, and what came of it, whatever its protocol.

Nothing here sends a second time. The adapter's retries are off and redirects are not followed; a kept-alive
connection that breaks is an unknown outcome for a write, like any other doubt. Python's own XML-RPC
transport repeats silently in that case, which is why it is not used.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import Generic, Protocol, TypeVar

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError

from crm.http.bounded import BodyRefused, body_pieces

EXCERPT_BYTES = 2000
TENANT_HEADER = "x-keap-tenant-id"
TENANT_SUFFIX = ".infusionsoft.com"
LONGEST_WAIT_SECONDS = 24 * 3600.0
QUOTA_LEFT = "x-keap-product-quota-available"
QUOTA_EXPIRY = "x-keap-product-quota-expiry-time"  # milliseconds since 1970
PREFIX = "x-keap-"
RETRY_AFTER = "retry-after"
MAX_HEADERS = 40
MAX_CHARACTERS = 200

C_co = TypeVar("C_co", covariant=True)
C = TypeVar("C")


class ReplyUnreadable(Exception):
    """The bytes are not a reply we accept."""


class BodyReader(Protocol[C_co]):
    """Takes the decoded bytes of one reply and gives what they mean at the end.

    Both may raise ReplyUnreadable.
    """

    def feed(self, data: bytes) -> None: ...

    def close(self) -> C_co: ...


@dataclass(slots=True)
class Reply(Generic[C]):
    """What came back, filled in as it arrives; `problem` is a transport word of the error table or empty."""

    http_status: int | None = None
    content_type: str = ""
    app_name: str = ""
    server_time: datetime | None = None
    retry_after_seconds: float | None = None
    limits: Mapping[str, str] = field(default_factory=dict)
    content: C | None = None
    problem: str = ""
    explanation: str = ""
    excerpt: str = ""


class Transport:
    """Sends requests that carry the same headers and keep the same times."""

    def __init__(
        self,
        session: requests.Session,
        headers: Mapping[str, str],
        *,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
    ) -> None:
        self._session = session
        self._headers = {"Accept-Encoding": "gzip", "User-Agent": "Cascader", **headers}
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)

    def send(
        self, verb: str, url: str, data: bytes | None, reply: Reply[C], reader: Callable[[], BodyReader[C]]
    ) -> None:
        """Send once and fill in the reply; never raises for what the network or server does."""
        prepared = requests.Request(verb, url, data=data, headers=self._headers).prepare()
        try:
            # The adapter itself, not session.send: that reads the body of a redirect whole, unpacked.
            response = self._session.get_adapter(url).send(
                prepared, stream=True, timeout=self._timeout, verify=self._session.verify or True, proxies={}
            )
        except requests.RequestException as err:
            reply.problem = _sending_problem(err)
            reply.explanation = type(_cause(err)).__name__
            return
        try:
            reply.http_status = response.status_code
            reply.content_type = response.headers.get("Content-Type", "")
            tenant = response.headers.get(TENANT_HEADER, "").strip().lower()
            reply.app_name = tenant.removesuffix(TENANT_SUFFIX)
            reply.server_time = http_time(response.headers.get("Date", ""))
            reply.retry_after_seconds = seconds_to_wait(response.headers)
            reply.limits = reported_limits(response.headers)
            _read_body(response, reply, reader)
        finally:
            response.close()


def _read_body(response: requests.Response, reply: Reply[C], reader: Callable[[], BodyReader[C]]) -> None:
    if 300 <= response.status_code < 400:
        reply.problem, reply.explanation = "redirect", "the server pointed elsewhere"
        return
    parser = reader()
    head = b""
    try:
        for piece in body_pieces(response.raw, response.headers):
            head += piece[: EXCERPT_BYTES - len(head)]
            parser.feed(piece)
        reply.content = parser.close()
    except BodyRefused as err:
        reply.problem, reply.explanation = "refused-body", str(err)
    except ReplyUnreadable as err:
        reply.problem, reply.explanation = "unreadable" if head else "empty", str(err)
    except ReadTimeoutError as err:
        reply.problem, reply.explanation = "timeout", type(err).__name__
    except (HTTPError, OSError) as err:
        reply.problem, reply.explanation = "broken", type(err).__name__
    if reply.content is None:
        reply.excerpt = head.decode("utf-8", "replace")


def _cause(err: requests.RequestException) -> BaseException:
    """Return urllib3's own error inside the wrapping of `requests`."""
    inner = err.args[0] if err.args and isinstance(err.args[0], BaseException) else err
    return getattr(inner, "reason", None) or inner


def _sending_problem(err: requests.RequestException) -> str:
    """Name what happened before a reply began.

    Only a connection that was never made counts as not sent. What breaks on a reused one stays unknown,
    even where most likely nothing arrived.
    """
    cause = _cause(err)
    if isinstance(cause, NameResolutionError):
        return "no-address"
    if isinstance(cause, NewConnectionError):
        return "no-tls" if isinstance(cause.__cause__, ssl.SSLError) else "no-connection"
    return "timeout" if isinstance(err, requests.Timeout) else "broken"


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds Retry-After says (a number or an HTTP date), or those until the day's quota is new.

    Never more than a day and never negative; None where the reply says nothing we understand.
    """
    given = headers.get("Retry-After", "").strip()
    moment = http_time(given)
    wait = float(given) if _is_number(given) else moment.timestamp() - time() if moment else None
    if wait is None and headers.get(QUOTA_LEFT, "").strip() == "0":
        expiry = headers.get(QUOTA_EXPIRY, "").strip()
        wait = int(expiry) / 1000 - time() if _is_number(expiry) else None
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def http_time(header: str) -> datetime | None:
    """Return the moment of an HTTP date, aware in UTC; None for what is none. One without a zone is UTC."""
    try:
        read = parsedate_to_datetime(header)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def reported_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers by lower-case name: at most 40, names and values cut to 200 characters."""
    told = {name.lower()[:MAX_CHARACTERS]: value[:MAX_CHARACTERS] for name, value in headers.items()}
    named = [(name, value) for name, value in told.items() if name.startswith(PREFIX) or name == RETRY_AFTER]
    return dict(named[:MAX_HEADERS])
