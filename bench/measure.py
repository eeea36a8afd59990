"""Processor time of processes and of the database's backends, and what a database counts of itself."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.2
ENDED_SECONDS = 10.0


def cpu_of(pid: int) -> float:
    """Processor seconds of one process until now; 0.0 if it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def memory_of(pid: int) -> float:
    """Megabytes that a process has for itself, its share of common pages included; 0.0 if it is gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return 0.0


class Backends:
    """Follows the backends of one database by the process table: PostgreSQL must run on this machine."""

    def __init__(self, server_url: str, database: str) -> None:
        self.database = database
        self._server = psycopg.connect(server_url, autocommit=True)
        self._seen: dict[int, float] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def cpu(self) -> float:
        """Processor seconds of all backends so far, ended ones by what was last seen of them."""
        with self._lock:
            rows = self._server.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s", [self.database]
            )
            for (pid,) in rows.fetchall():
                self._seen[pid] = max(self._seen.get(pid, 0.0), cpu_of(pid))
            return sum(self._seen.values())

    def transactions(self) -> int:
        """Committed ones of the backends that ended: a living one tells late. Our own are closed first."""
        from django.db import connections

        connections.close_all()
        deadline = time.monotonic() + ENDED_SECONDS
        with self._lock:
            living = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            while self._number(living) and time.monotonic() < deadline:
                time.sleep(SAMPLE_SECONDS)
            return self._number("SELECT xact_commit FROM pg_stat_database WHERE datname = %s")

    def _number(self, query: str) -> int:
        row = self._server.execute(query, [self.database]).fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._server.close()

    def _follow(self) -> None:
        while not self._stopping.wait(SAMPLE_SECONDS):
            self.cpu()
