"""Run the tests on every set of servers: embedded, PostgreSQL with RabbitMQ, PostgreSQL with Redis.

A set whose servers do not answer is left out with a plain line, but fails under CI=true. Addresses come from
TEST_DATABASE_URL, TEST_AMQP_URL and TEST_REDIS_URL. Arguments are passed on to pytest.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
AMQP_URL = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
WORKERS = "3"  # tests wait for other processes much of their time, so a worker more than the cores pays
DEFAULT_PORTS = {"postgres": 5432, "amqp": 5672, "redis": 6379}


@dataclass(frozen=True)
class ServerSet:
    name: str
    database_url: str = ""
    broker_url: str = ""
    arguments: tuple[str, ...] = ()

    def missing(self) -> str:
        """The first server that does not answer, or an empty text."""
        for url in filter(None, (self.database_url, self.broker_url)):
            parts = urlsplit(url)
            try:
                port = parts.port or DEFAULT_PORTS[parts.scheme]
                socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=2).close()
            except OSError:
                return f"{parts.scheme} at {parts.hostname}"
        return ""

    def run(self, arguments: list[str]) -> int:
        with tempfile.TemporaryDirectory(prefix="cascader-test-") as folder:
            environment = {**os.environ, "CASCADER_DATA_DIR": folder}
            # The tests start some hundred Python processes: each would else compile all it imports.
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            if self.database_url:
                environment |= {
                    "DATABASE_URL": self.database_url,
                    "CELERY_BROKER_URL": self.broker_url,
                    "SECRET_KEY": "only for tests",
                    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
                    "CELERY_QUEUE": f"tests-{os.getpid()}",
                }
            options = ("-q", "-n", WORKERS, "--dist", "worksteal")  # keeps the tests of a module together
            command = [sys.executable, "-m", "pytest", *options, *self.arguments, *arguments]
            print(f"== {self.name}: {' '.join(command[1:])}", flush=True)
            return subprocess.run(command, env=environment, check=False).returncode


# What touches neither database nor broker, or is swept at full length, runs once.
# The processes of tests/config migrate a database of each server, so the others need not.
ONCE = (
    *("-m", "not browser and not embedded", "--no-migrations"),
    *("--ignore=tests/crm", "--ignore=tests/sandbox", "--ignore=tests/carts/platforms"),
    *("--ignore=tests/config/test_docs.py", "--ignore=tests/config/test_storey.py"),
    "--ignore-glob=tests/mappings/test_settings_page_*",
    *("--ignore=tests/mappings/batch/test_cells.py", "--ignore=tests/mappings/batch/test_files.py"),
    *("--ignore=tests/cascade/test_cart_orders.py", "--ignore=tests/cascade/test_tags_in_one_call.py"),
    "--ignore=tests/cascade/test_contact_links.py",
)
# What touches the database but no broker runs on PostgreSQL once.
BROKER = ("tests/config", "tests/background/test_wakeup.py", "tests/cascade/test_sweep.py")
SETS = (
    ServerSet("embedded (SQLite, filesystem queue)"),
    ServerSet("PostgreSQL and RabbitMQ", DATABASE_URL, AMQP_URL, ONCE),
    ServerSet("PostgreSQL and Redis", DATABASE_URL, REDIS_URL, (*ONCE, *BROKER)),
)


def main(arguments: list[str]) -> int:
    worst = 0
    for servers in SETS:
        missing = servers.missing()
        if not missing:
            worst = max(worst, servers.run(arguments))
        elif os.environ.get("CI") == "true":
            print(f"== {servers.name}: FAILED, {missing} does not answer, and CI needs it.", flush=True)
            worst = 1
        else:
            print(f"== {servers.name}: left out, {missing} does not answer.", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
