"""The whole product as real processes: what `make demo` starts, on free ports, in a folder of its own."""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests

from tests.sandbox_client import ROOT, Sandbox

START_SECONDS = int(os.environ.get("STACK_START_SECONDS", "60"))  # a machine under load takes longer


class Stack:
    """One running `manage.py demo`; `sandbox` talks to its CRM."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, database_url: str = "") -> None:
        self.process = process
        self.folder = folder
        self.database_url = database_url
        self.facts: dict[str, Any] = json.loads((folder / "demo.json").read_text())
        self.sandbox = Sandbox(process, self.facts["sandbox_url"], self.facts["crm_key"])

    def post(self, content: Any) -> requests.Response:
        """Deliver to the demo shop's hook, as the shop would."""
        hook = self.facts["hooks"]["ultracart"]
        body = content if isinstance(content, (bytes, str)) else json.dumps(content)
        return requests.post(
            self.facts["web_url"] + hook["path"],
            data=body,
            auth=tuple(hook["basic"]),
            headers={"Content-Type": "application/json"},
            timeout=30,
        )

    def browser(self) -> requests.Session:
        """A logged-in session of the demo's person."""
        session = requests.Session()
        page = session.get(self.facts["web_url"] + "/admin/login/", timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        form = {
            "csrfmiddlewaretoken": token.group(1),
            "username": self.facts["username"],
            "password": self.facts["password"],
            "next": "/logs/",
        }
        headers = {"Referer": page.url}
        session.post(page.url, data=form, headers=headers, timeout=10).raise_for_status()
        return session

    def log_text(self, search: str) -> str:
        """The log's list for one search, as plain text."""
        with self.browser() as session:
            page = session.get(f"{self.facts['web_url']}/logs/", params={"q": search}, timeout=10)
        page.raise_for_status()
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())

    def invoices(self) -> dict[str, dict[str, Any]]:
        """The CRM's invoices by the title of their order."""
        invoices = self.sandbox.rows("Invoice")
        titles = {row["Id"]: row["JobTitle"] for row in self.sandbox.rows("Job")}
        return {titles[row["JobId"]]: row for row in invoices}

    def pids(self, words: str) -> list[int]:
        """Processes below this stack whose command line holds the words."""
        below = descendants(self.process.pid)
        return [pid for pid in below if words in command_line(pid)]

    def signal(self, words: str, number: signal.Signals) -> None:
        for pid in self.pids(words):
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, number)


@contextmanager
def running_stack(**environment: str) -> Iterator[Stack]:
    """Start the demo and end it; on a server set with a database of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="cascader-stack-") as folder,
        own_database() as database,
        started(Path(folder), {**database, **environment}) as stack,
    ):
        yield stack


@contextmanager
def started(folder: Path, environment: dict[str, str]) -> Iterator[Stack]:
    web, crm = free_ports(2)
    env = {
        **os.environ,
        "CASCADER_DATA_DIR": str(folder),
        "CASCADER_WEB_PORT": str(web),
        "CASCADER_SANDBOX_PORT": str(crm),
        "CELERY_QUEUE": f"stack-{web}",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    overdue = threading.Timer(START_SECONDS, process.kill)
    overdue.start()
    line = process.stdout.readline()
    overdue.cancel()
    try:
        assert line.startswith("ready"), f"{line!r}; {logs(folder)}"
        yield Stack(process, folder, environment.get("DATABASE_URL", ""))
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """A fresh database on the server of DATABASE_URL, or nothing on the embedded set."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield {}
        return
    name = f"stack_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    found = [int(child) for child in children]
    return found + [below for child in found for below in descendants(child)]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def wait_until(is_true: Callable[[], object], seconds: float = 30, what: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or is_true}"
        time.sleep(0.05)


def logs(folder: Path) -> str:
    return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in (folder / "logs").glob("*.log"))
