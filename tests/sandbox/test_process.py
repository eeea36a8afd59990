from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.conftest import Wire
from tests.sandbox_client import READY, ROOT, Sandbox


def test_it_prints_one_line_when_ready_and_ends_cleanly_on_sigterm() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(f"{READY}http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_effects_are_in_the_file_when_the_reply_arrives(tmp_path: Path) -> None:
    file = tmp_path / "effects.jsonl"
    with Sandbox.start(effects=file) as sandbox:
        contact = Wire(sandbox)("ContactService.add", {"Email": "ann@example.com"})
        [line] = [json.loads(text) for text in file.read_text().splitlines()]
        assert (line["kind"], line["ids"], line["call"]) == ("contact.created", {"contact": contact}, 1)
        assert line["values"] == {"Email": "ann@example.com"}


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel signal is Linux's")
def test_it_ends_with_the_process_that_started_it() -> None:
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'sandbox', '--port', '0', '--die-with-parent'],"
        " stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert _is_gone(child)


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
