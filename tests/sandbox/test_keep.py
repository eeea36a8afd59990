"""Content carried over a restart."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import requests

from sandbox.store import Store


def test_rows_of_a_version_with_fewer_tables_are_taken():
    store = Store()
    store.insert("Product", {"ProductName": "TEA"})
    store._shelves.pop("FunnelGoal")
    restored = pickle.loads(pickle.dumps(store))
    assert (len(restored.rows("Product")), restored.rows("FunnelGoal")) == (1, [])


def started(keep: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--keep", str(keep), "--die-with-parent"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def test_rows_survive_a_restart(tmp_path):
    keep = tmp_path / "kept"
    for expected in ([], ["TEA"]):
        process, url = started(keep)
        with process:
            rows = requests.get(f"{url}/_sandbox/tables/Product", timeout=5).json()["rows"]
            assert [row["ProductName"] for row in rows] == expected
            tables = {"Product": [{"ProductName": "TEA"}]}
            requests.post(f"{url}/_sandbox/seed", json={"tables": tables}, timeout=5)
            process.terminate()
            assert process.wait() == 0
