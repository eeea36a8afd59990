"""Start the sandbox as its own process and talk to its control surface.

    with Sandbox.start() as sandbox:
        ids = sandbox.seed(Product=[{"ProductName": "Mug", "ProductPrice": 12.5}])
        sandbox.faults({"method": "InvoiceService.addOrderItem", "call": 2, "do": "drop_after"})
        ...
        assert len(sandbox.effects("line.added")) == 1

Money in effects and rows is exact text ("12.50"), times are ISO text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
READY = "sandbox ready at "
POLL_SECONDS = 0.01
Row = dict[str, Any]


class Sandbox:
    def __init__(self, process: subprocess.Popen[str], url: str, key: str) -> None:
        self.process = process
        self.url = url
        self.key = key

    @classmethod
    def start(cls, key: str = "sandbox-test-key", app: str = "demo", effects: Path | None = None) -> Sandbox:
        """Start on a free port and wait until it listens. It ends with `stop`, or with the thread that
        started it (the kernel's "parent" is a thread), so also with this process.
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
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line.startswith(READY):
            process.kill()
            process.wait()
            process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        return cls(process, line.removeprefix(READY), key)

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
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
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

    def reset(self) -> None:
        """Wipe rows, effects, calls, faults and options."""
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
