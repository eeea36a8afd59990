"""An HTTP session that sends once, keeps connections, and bounds the time of a whole reply.

`requests` limits the silence between two packets, not the whole: a server that trickles one byte a second
would hold a worker for hours. Here a reply, headers included, may take twice the read timeout in all.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

WHOLE_REPLY_FACTOR = 2
PeerCheck = Callable[[str], None]
# Called of each request of this thread when its connection stands, right before its first byte leaves; what
# it raises stops the request. Making a connection may take long, and whoever sends may be too late by then.
last_look: ContextVar[Callable[[], None] | None] = ContextVar("last_look", default=None)


def new_session(peer_check: PeerCheck | None = None) -> requests.Session:
    """Return a session fit for a CRM: no retries, no proxies or passwords from the environment, no cookies.

    One per connection and process. Cookies are dropped, so that nothing of one merchant's can travel with
    another's request. `peer_check` is called with every address of a host before a connection to it is
    begun; what OSError it raises counts as a connection that was never made.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _SingleSendAdapter(peer_check))
    session.mount("http://", _SingleSendAdapter(peer_check))
    return session


def check_session(session: requests.Session, url: str) -> None:
    """Refuse a session that could send twice or to somebody else.

    Raises: ValueError, because only a programmer can cause it.
    """
    adapter = session.get_adapter(url)
    retries = getattr(adapter, "max_retries", None)
    if getattr(retries, "total", 0):
        raise ValueError("a session for the CRM must not retry")
    if session.verify is False:
        raise ValueError("a session for the CRM must verify certificates")


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a moment, whatever the pace of the bytes."""

    def __init__(self, sock: Any, timeout_seconds: float) -> None:
        self._sock = sock
        self._inner = sock.makefile("rb", buffering=0)
        self._timeout_seconds = timeout_seconds
        self._deadline = time.monotonic() + WHOLE_REPLY_FACTOR * timeout_seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the whole reply took too long")
        self._sock.settimeout(min(self._timeout_seconds, remaining))
        count: int | None = self._inner.readinto(buffer)
        return count

    def close(self) -> None:
        self._inner.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, timeout_seconds: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineReader(sock, timeout_seconds))


class _OnceMixin:
    """A connection that says plainly when it was never made, and that bounds its replies.

    Whatever fails in `connect`, the TLS handshake included, becomes a NewConnectionError: not a byte of a
    request has left then. Later the same errors of the system mean that something may have arrived.
    """

    sock: Any
    timeout: Any
    response_class: Any
    port: int
    _dns_host: str
    peer_check: PeerCheck | None = None

    def _new_conn(self) -> Any:
        if self.peer_check is None:
            return super()._new_conn()  # type: ignore[misc]
        # Every address is judged before any is connected to, and each is connected to as it was judged.
        found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        addresses = [str(address[0]) for *_, address in found]
        for address in addresses:
            self.peer_check(address)
        host, error = self._dns_host, None
        try:
            for address in addresses:
                self._dns_host = address
                try:
                    return super()._new_conn()  # type: ignore[misc]
                except (OSError, HTTPError) as err:
                    error = err
        finally:
            self._dns_host = host
        raise error or OSError("the name has no address")

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except NewConnectionError:
            raise
        except (OSError, HTTPError) as err:
            raise NewConnectionError(cast(HTTPConnection, self), str(err)) from err

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        look = last_look.get()
        if look is not None:
            look()
        super().endheaders(*args, **kwargs)  # type: ignore[misc]

    def getresponse(self) -> Any:
        # urllib3 has put the read timeout into `timeout` by now.
        if isinstance(self.timeout, int | float):
            self.response_class = partial(_BoundedResponse, timeout_seconds=float(self.timeout))
        return super().getresponse()  # type: ignore[misc]


class _Connection(_OnceMixin, HTTPConnection):
    pass


class _SecureConnection(_OnceMixin, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _checked(pool: Any, peer_check: PeerCheck | None) -> Any:
    """The pool with connections that check who is at the other end."""
    if peer_check is None:
        return pool
    connection = type("_CheckedConnection", (pool.ConnectionCls,), {"peer_check": staticmethod(peer_check)})
    return type("_CheckedPool", (pool,), {"ConnectionCls": connection})


class _SingleSendAdapter(HTTPAdapter):
    """urllib3 re-sends on a broken kept-alive connection only if it may retry: so it may not."""

    def __init__(self, peer_check: PeerCheck | None = None) -> None:
        self._peer_check = peer_check
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _checked(_Pool, self._peer_check),
            "https": _checked(_SecurePool, self._peer_check),
        }
