"""How the web is served: gunicorn reads this file in the folder where it is started.

A body that comes slowly may hold a thread, so only half of them may wait for one, and no longer than its
length explains. Slow headers are a proxy's business: docs/deployment.md.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress
from typing import Any

threads = 8
timeout = 60
graceful_timeout = 30
keepalive = 5
accesslog = "-"
logger_class = "config.process_log.WebLogger"

BODY_SECONDS = 5.0
BYTES_PER_SECOND = 50_000
AT_ONCE_SECONDS = 0.05  # what has not arrived by then is slow
_slow = threading.BoundedSemaphore(threads // 2)


class BodySocket:
    """The socket of one request, while its body is read."""

    def __init__(self, sock: socket.socket, length: int) -> None:
        self.sock = sock
        self._until = time.monotonic() + BODY_SECONDS + length / BYTES_PER_SECOND
        self._is_slow = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def recv(self, size: int) -> bytes:
        """Raises: TimeoutError."""
        if not self._arrives(AT_ONCE_SECONDS):
            self._is_slow = self._is_slow or _slow.acquire(blocking=False)
            if not self._is_slow or not self._arrives(max(self._until - time.monotonic(), 0.0)):
                self.refuse()
                raise TimeoutError("the body arrives too slowly, or too many do")
        return self.sock.recv(size)

    def refuse(self) -> None:
        """Nothing more is read, so that gunicorn does not wait for the rest before it closes."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RD)

    def done(self) -> None:
        if self._is_slow:
            self._is_slow = False
            _slow.release()

    def _arrives(self, seconds: float) -> bool:
        return bool(select.select([self.sock], [], [], seconds)[0])


def pre_request(worker: Any, req: Any) -> None:
    length = next((value for name, value in req.headers if name == "CONTENT-LENGTH"), "0")
    req.unreader.sock = BodySocket(req.unreader.sock, int(length) if length.isdigit() else 0)


def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
    bounded = req.unreader.sock
    bounded.done()
    if getattr(resp, "status_code", 0) == 413:
        bounded.refuse()
    req.unreader.sock = bounded.sock
