"""The product's own processes, as production runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import requests

from tests.sandbox_client import ROOT
from tests.stack import descendants, free_ports

QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")


def worker_command(threads: int) -> tuple[str, ...]:
    pool = ("--pool", "threads", "--concurrency", str(threads))
    return (sys.executable, "-m", "celery", "-A", "config", "worker", *pool, *QUIET)


SCHEDULER = (sys.executable, "manage.py", "scheduler")


@contextmanager
def running(*commands: Sequence[str]) -> Iterator[list[int]]:
    """Start the commands; their process ids. They are killed at the end."""
    processes = [subprocess.Popen(one, cwd=ROOT, start_new_session=True) for one in commands]
    try:
        yield [one.pid for one in processes]
    finally:
        for one in processes:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


@contextmanager
def web(workers: int = 3) -> Iterator[tuple[str, int]]:
    """The web behind gunicorn: its address and the arbiter's process id."""
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = (sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address, "--workers", str(workers))
    with running((*command, "--no-control-socket", "--access-logfile", os.devnull)) as (arbiter,):
        deadline = time.monotonic() + 60
        while True:
            with suppress(requests.RequestException):
                if requests.get(f"http://{address}/readyz", timeout=2).status_code == 200:
                    break
            if time.monotonic() > deadline:
                raise RuntimeError("the web did not start")
            time.sleep(0.1)
        yield f"http://{address}", arbiter


def family(pid: int) -> list[int]:
    return [pid, *descendants(pid)]
