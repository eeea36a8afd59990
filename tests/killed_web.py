"""Real web processes to be killed: gunicorn with one worker, each in a process group of its own.

with Nursery(environment, folder) as nursery:
    web = nursery.start()
    ...
    web.kill()
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.sandbox_client import ROOT
from tests.spawn_web import SAID, gunicorn_arguments
from tests.stack import free_ports

START_SECONDS = 30


class Web:
    """One web process and the port on which it answers."""

    def __init__(self, port: int, group: int) -> None:
        self.port, self.group = port, group
        self.is_killed = False

    def kill(self) -> None:
        """SIGKILL for the whole group: the arbiter and its worker."""
        os.killpg(self.group, signal.SIGKILL)
        self.is_killed = True

    def wait(self) -> None:
        """Until the port is open; a worker that still starts then answers a little later."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "the web process did not start"
                time.sleep(0.002)


class Nursery:
    """Starts them one after the other. A `cold` one is a new process that reads all the code; else it is
    forked from one that has, see `tests.spawn_web`.
    """

    def __init__(self, environment: dict[str, str], folder: Path, *, cold: bool = False) -> None:
        self.said, self.log = folder / "said", folder / "web.log"
        self.environment = {**os.environ, "HTTPS": "off", **environment, SAID: str(self.said)}
        self._processes: list[subprocess.Popen[str]] = []
        self._mother = None if cold else self._process("tests.spawn_web")

    def start(self) -> Web:
        (port,) = free_ports(1)
        web = Web(port, self._cold(port) if self._mother is None else self._born(port, self._mother))
        web.wait()
        return web

    def all_said(self) -> set[str]:
        """What the web processes noted about their databases."""
        return set(self.said.read_text().splitlines())

    def _cold(self, port: int) -> int:
        return self._process(*gunicorn_arguments(port)).pid

    def _born(self, port: int, mother: subprocess.Popen[str]) -> int:
        assert mother.stdin is not None and mother.stdout is not None
        mother.stdin.write(f"{port}\n")
        mother.stdin.flush()
        return int(mother.stdout.readline())

    def _process(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                text=True,
            )
        self._processes.append(process)
        return process

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave none behind. The mother ends with her input, and takes her last child along."""
        for process in self._processes:
            if process is not self._mother:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=START_SECONDS)
