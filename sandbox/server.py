"""HTTP: connections, bounds, and closing a connection without an answer when that was ordered."""

from __future__ import annotations

import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import sandbox.rest
import sandbox.services  # noqa: F401 - both register their operations
from sandbox import control, platforms
from sandbox.account import Account
from sandbox.calls import Call
from sandbox.clock import CLOCK
from sandbox.faults.effects import Operation, play
from sandbox.oauth_wire import AUTHORIZE_PATH, TOKEN_PATH, TokenCall, authorize
from sandbox.reply import Reply, json_reply
from sandbox.rest.endpoint import RestCall, is_rest
from sandbox.xmlrpc.endpoint import GATEWAY_PATHS, LEGACY_PATHS, XmlRpcCall

BODY_LIMIT = 32 * 1024 * 1024
IDLE_SECONDS = 120


class SandboxServer(ThreadingHTTPServer):
    """One thread per connection; none of them keeps the process alive."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], account: Account, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(address, Handler)
        self.account = account
        self.scheme = "https" if tls else "http"
        if tls:  # the handshake is left to the connection's thread, so that a slow one holds up nobody
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.server_address[0]!s}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what tests do on purpose; anything else is worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the call log is the record."""

    def do_GET(self) -> None:
        verb, (path, _, query) = self.command, self.path.partition("?")
        account, body = self.server.account, self._body()
        if body is None:
            return
        if path.startswith(control.PREFIX):
            self._send(control.answer(account, verb, path, query, body))
        elif verb == "POST" and path in LEGACY_PATHS | GATEWAY_PATHS:
            call = account.calls.begin(path)
            self._call(call, XmlRpcCall(account, call, self.headers, query, body))
        elif verb == "POST" and path == TOKEN_PATH:
            call = account.calls.begin(path)
            self._call(call, TokenCall(account, call, self.headers, body))
        elif verb in ("GET", "POST") and path == AUTHORIZE_PATH:
            self._send(authorize(account, verb, query, body))
        elif path.startswith(platforms.PREFIX):
            self._send(account.platforms.answer(verb, path, query, dict(self.headers), body))
        elif is_rest(path):
            call = account.calls.begin(path)
            self._call(call, RestCall(account, call, verb, query, self.headers, body))
        else:
            self._send(json_reply(404, {"error": f"nothing at {verb} {path}"}))

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def _body(self) -> bytes | None:
        """Read the request's body, or refuse one of unknown or excessive length and close."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            refusal = json_reply(411, {"error": "a Content-Length is needed"})
        elif int(length) > BODY_LIMIT:
            refusal = json_reply(413, {"error": f"at most {BODY_LIMIT} bytes"})
        else:
            return self.rfile.read(int(length))
        self.close_connection = True
        self._send(refusal)
        return None

    def _call(self, call: Call, operation: Operation) -> None:
        rule = self.server.account.faults.take(call.method)
        call.misbehaviour = rule.do if rule else None
        reply = play(operation, rule)
        if reply is None:
            self.close_connection = True
            call.state = "dropped"
            return
        # before the first byte leaves: whoever has the answer may ask at once how its call ended
        call.state = "dropped" if reply.cut_at is not None else "answered"
        try:
            self._send(reply)
        except OSError:
            call.state = "dropped"
            raise

    def _send(self, reply: Reply) -> None:
        """Send head and body in one write, so that nobody waits for the second half."""
        if reply.cut_at is not None:
            self.close_connection = True
        lines = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}",
            f"Date: {self.date_time_string(CLOCK.now().timestamp())}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
            *(["Connection: close"] if self.close_connection else []),
        ]
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        self.wfile.write(head + reply.body[: reply.cut_at])
