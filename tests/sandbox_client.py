"""Start the sandbox as its own process and talk to its control surface.

    with Sandbox.start() as sandbox:
        ids = sandbox.seed(Product=[{"ProductName": "Mug", "ProductPrice": 12.5}])
        sandbox.faults.rules({"method": "InvoiceService.addOrderItem", "call": 2, "do": "drop_after"})
        ...
        assert len(sandbox.effects("line.added")) == 1

Money in effects and rows is exact text ("12.50"), times are ISO text.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
READY = "sandbox ready at "
POLL_SECONDS = 0.01
REDIRECT_URI = "https://shop.example.com/oauth/done"
Row = dict[str, Any]


class Sandbox:
    def __init__(
        self, process: subprocess.Popen[str], url: str, key: str, certificate: Path | None = None
    ) -> None:
        self.process = process
        self.url = url
        self.key = key
        self.certificate = certificate

    @classmethod
    def start(
        cls,
        key: str = "sandbox-test-key",
        app: str = "demo",
        effects: Path | None = None,
        tls: tuple[Path, Path] | None = None,
        oauth_client: str = "",
        quota: bool = True,
    ) -> Sandbox:
        """Start on a free port and wait until it listens. It ends with `stop`, or with the thread that
        started it (the kernel's "parent" is a thread), so also with this process. `tls` is a certificate
        and its key, to serve https; `oauth_client` is an id, a colon and a secret; without `quota` it has
        and tells no limits.
        """
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            "0",
            "--key",
            key,
            "--app",
            app,
            "--die-with-parent",
        ]
        if effects:
            command += ["--effects", str(effects)]
        if tls:
            command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
        if oauth_client:
            command += ["--oauth-client", oauth_client]
        if not quota:
            command.append("--no-quota")
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line.startswith(READY):
            process.kill()
            process.wait()
            process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        return cls(process, line.removeprefix(READY), key, tls[0] if tls else None)

    def stop(self) -> int:
        """End the process and give its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def control(self, verb: str, path: str, content: Any = None) -> Any:
        """One control request, `path` without /_sandbox/. Raises RuntimeError with the sandbox's reason."""
        connection = self._connection()
        try:
            body = None if content is None else json.dumps(content, default=str)
            connection.request(verb, f"/_sandbox/{path}", body=body)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{verb} {path}: {answer.get('error')}")
        return answer

    def _connection(self) -> HTTPConnection:
        netloc = urlsplit(self.url).netloc
        if self.certificate is None:
            return HTTPConnection(netloc, timeout=30)
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False  # the certificate names the host that the sandbox plays
        return HTTPSConnection(netloc, timeout=30, context=context)

    def reset(self) -> None:
        """Wipe rows, effects, calls, faults, options and all that was set at the gate; the clock is real."""
        self.control("POST", "reset")

    def seed(self, **tables: list[Row]) -> dict[str, list[int]]:
        """Insert rows past the access rights; gives the new ids by table."""
        ids: dict[str, list[int]] = self.control("POST", "seed", {"tables": tables})["ids"]
        return ids

    def faults(self, *rules: Row) -> None:
        self.control("POST", "faults", list(rules))

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def options(self, **wanted: Any) -> Row:
        """Set options (none: only read them) and give all of them."""
        answer = self.control("POST", "options", wanted) if wanted else self.control("GET", "options")
        options: Row = answer["options"]
        return options

    def clock(self, **wanted: Any) -> Row:
        """Set the sandbox's clock: `set` (with `frozen`), `advance` or `real`; none: only read it."""
        return self._setting("clock", wanted)

    def quota(self, **wanted: Any) -> Row:
        """Set quota rules (none: only read them) and give all of them, with how often each was broken."""
        return self._setting("quota", wanted)

    def oauth(self, **wanted: Any) -> Row:
        """Register OAuth clients and set lifetimes."""
        return self._setting("oauth", wanted)

    def credential(self, secret: str, **wanted: Any) -> None:
        """Add a key, or say of a key or token which `app`, `state` or `expires_in` it has."""
        self.control("POST", "credentials", {"credential": secret, **wanted})

    def brownouts(self, *brownouts: Row) -> list[Row]:
        """Replace the calendar (none: empty it) and give it back with what is on now."""
        found: list[Row] = self.control("POST", "brownouts", list(brownouts))["brownouts"]
        return found

    def _setting(self, name: str, wanted: Row) -> Row:
        answer = self.control("POST", name, wanted) if wanted else self.control("GET", name)
        setting: Row = answer[name]
        return setting

    def authorize(self, client: str = "client", secret: str = "secret", app: str = "demo") -> Row:
        """Register an OAuth client, allow it to use an app, and give the reply with the first tokens."""
        self.oauth(clients=[{"id": client, "secret": secret}])
        consent = {"client": client, "redirect_uri": REDIRECT_URI, "app": app}
        code = self.control("POST", "oauth/code", consent)["code"]
        form = {"client_id": client, "client_secret": secret, "code": code, "redirect_uri": REDIRECT_URI}
        status, tokens = self.token({**form, "grant_type": "authorization_code"})
        assert status == 200, tokens
        return tokens

    def refresh(self, token: str, client: str = "client", secret: str = "secret") -> tuple[int, Row]:
        """Spend a refresh token, as the CRM's client would."""
        return self.token({"grant_type": "refresh_token", "refresh_token": token}, f"{client}:{secret}")

    def token(self, form: Row, basic: str = "") -> tuple[int, Row]:
        """One form to `/token`: status and JSON. Raises OSError or HTTPException where no answer comes."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            headers["Authorization"] = f"Basic {b64encode(basic.encode()).decode()}"
        connection = self._connection()
        try:
            connection.request("POST", "/token", urlencode(form), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def effects(self, kind: str | None = None) -> list[Row]:
        found: list[Row] = self.control("GET", "effects")["effects"]
        return [effect for effect in found if kind in (None, effect["kind"])]

    def calls(self, method: str | None = None) -> list[Row]:
        found: list[Row] = self.control("GET", "calls")["calls"]
        return [call for call in found if method in (None, call["method"])]

    def rows(self, table: str) -> list[Row]:
        found: list[Row] = self.control("GET", f"tables/{table}")["rows"]
        return found

    def wait_for_call(self, method: str, state: str = "answered", timeout: float = 5, count: int = 1) -> Row:
        """Wait for the `count`-th call of a method to reach a state, and give it.

        "received" is reached by every call, "applied" by every call that took effect (also if it was
        then answered or dropped), "answered" and "dropped" are ends.
        """
        deadline = time.monotonic() + timeout
        while True:
            reached = [call for call in self.calls(method) if _reached(call, state)]
            if len(reached) >= count:
                return reached[count - 1]
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} is not {state} after {timeout} s")
            time.sleep(POLL_SECONDS)


def _reached(call: Row, state: str) -> bool:
    if state == "received":
        return True
    return bool(call["applied"]) if state == "applied" else bool(call["state"] == state)
