"""A small HTTP server that answers exactly the bytes a test tells it to, and counts what it received."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Behave = Callable[[socket.socket, int], bool]
OK_ONE = (
    b'<?xml version="1.0" encoding="utf-8"?><methodResponse><params><param><value><i4>1</i4></value>'
    b"</param></params></methodResponse>"
)
EMPTY_LIST = OK_ONE.replace(b"<i4>1</i4>", b"<array><data/></array>")


def http(body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    announced = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {announced}\r\n{headers}\r\n"
    return head.encode() + body


def fault(code: int, text: str) -> bytes:
    return (
        b"<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value>"
        b"<i4>%d</i4></value></member><member><name>faultString</name><value>%s</value></member></struct>"
        b"</value></fault></methodResponse>" % (code, text.encode())
    )


def sends(*replies: bytes, keep: bool = True) -> Behave:
    """Answer the n-th request with the n-th reply, later ones with the last."""

    def behave(connection: socket.socket, number: int) -> bool:
        connection.sendall(replies[min(number, len(replies)) - 1])
        return keep

    return behave


def streams(head: str, pieces: Iterator[bytes], pause: float = 0) -> Behave:
    def behave(connection: socket.socket, _number: int) -> bool:
        connection.sendall(head.encode())
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        return False

    return behave


def peak_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


@dataclass
class WireServer:
    behave: Behave
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls:
                with self.tls.wrap_socket(connection, server_side=True) as secured:
                    self._answer(secured)
            else:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while request := _read_request(reader):
                self.requests.append(request)
                if not self.behave(connection, len(self.requests)):
                    return


def _read_request(reader: io.BufferedReader) -> bytes:
    head = b""
    while line := reader.readline():
        head += line
        if line == b"\r\n":
            break
    length = next(
        (
            int(field.split(b":")[1])
            for field in head.split(b"\r\n")
            if field.lower().startswith(b"content-l")
        ),
        0,
    )
    return head + reader.read(length)


@contextlib.contextmanager
def wire_server(behave: Behave, tls: ssl.SSLContext | None = None) -> Iterator[WireServer]:
    server = WireServer(behave, tls)
    try:
        yield server
    finally:
        server.close()
