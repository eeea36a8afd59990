"""`python -m tests.read_while_changing [rows] [kills]`: a data set read while a tenth of the rows change.

A sandbox of its own holds the contacts, a database of its own the data set. A first run reads them all, its
reader killed with SIGKILL at random moments; then a tenth of the rows are changed, added and deleted while a
second run reads, killed as often; a third finds nothing more to change. At the end each row is compared.
Prints the time, the most memory a reader had, and what was found.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

ROOT = Path(__file__).resolve().parents[1]
SEEDED_AT_ONCE = 20_000
COLUMNS = ["Id", "FirstName", "Email", "City"]
SHARE = 10


def read() -> None:
    """The reader's process: goes on with the open run until it ended, and says how much memory it took."""
    _django()
    from django.db.models import Q
    from django.utils import timezone

    from reports.models import Run
    from reports.reading.reader import run_work

    while run := Run.objects.filter(state__in=Run.OPEN).first():
        Run.objects.filter(Q(lease_until__lt=timezone.now()) | Q(lease_until=None)).update(not_before=None)
        if run_work(run.pk) is None:
            time.sleep(0.05)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def measure(number: int, kills: int) -> dict[str, Any]:
    """Raises AssertionError for a row that is lost, doubled or wrong."""
    _django()
    from django.core.management import call_command

    from mappings.models import Connection, Merchant
    from reports.models import DataSet, RowVersion, Run
    from reports.selectors import shown_rows
    from reports.services import run_start
    from tests.sandbox_client import Sandbox

    call_command("migrate", verbosity=0)
    told: dict[str, Any] = {"rows": number, "kills": kills}
    with Sandbox.start(quota=False) as sandbox:
        ids: list[int] = []
        for first in range(0, number, SEEDED_AT_ONCE):
            some = range(first, min(first + SEEDED_AT_ONCE, number))
            rows = [{"FirstName": f"Ann {n}", "Email": f"a{n}@example.com", "City": "Ogden"} for n in some]
            ids += sandbox.seed(Contact=rows)["Contact"]
        os.environ |= {"CRM_GATEWAY_URL": sandbox.url, "CRM_LEGACY_URL": sandbox.url}
        merchant = Merchant.objects.create(name="Bones", slug="bones")
        connection = Connection.objects.create(
            merchant=merchant, enabled=True, protocol="xmlrpc", app_name="demo", bound_app="demo"
        )
        connection.api_key = sandbox.key
        connection.save()
        data_set = DataSet.objects.create(
            connection=connection,
            slug="all",
            name="All",
            report="data-query",
            arguments={"table": "Contact"},
            columns=COLUMNS,
        )
        change = threading.Thread(target=_change, args=(sandbox.url, sandbox.key, ids, number))
        for name, changing in (("first", None), ("changing", change), ("unchanged", None)):
            run = run_start(data_set, Run.Trigger.PERSON)
            assert run is not None
            began = time.monotonic()
            if changing:
                changing.start()
            memory = _finish(kills if name != "unchanged" else 0, number)
            if changing:
                changing.join()
                # What changed after its page was read is for the next run to find.
                again = run_start(data_set, Run.Trigger.PERSON)
                assert again is not None
                memory = max(memory, _finish(0, number))
            run.refresh_from_db()
            told[name] = {
                "seconds": round(time.monotonic() - began, 1),
                "megabytes": memory,
                "state": run.state,
                "proof": run.proof,
                **{word: getattr(run, word) for word in ("rows", "added", "changed", "removed", "calls")},
            }
        data_set.refresh_from_db()
        last = Run.objects.get(data_set=data_set, number=data_set.shown_run)
        assert (last.added, last.changed, last.removed) == (0, 0, 0), "an unchanged reading wrote something"
        have = {row.key_number: row.values for row in shown_rows(data_set).iterator()}
        want = {row["Id"]: row for row in sandbox.rows("Contact")}
        assert have.keys() == want.keys(), (
            f"lost {len(want.keys() - have)}, too many {len(have.keys() - want)}"
        )
        wrong = [id for id, row in want.items() if any(have[id][name] != row[name] for name in COLUMNS)]
        assert not wrong, f"{len(wrong)} rows are not as they are in the CRM"
        assert all(told[name]["proof"] == "counted" for name in ("first", "changing", "unchanged")), told
        told["tombstones"] = RowVersion.objects.filter(gone=True, replaced=None).count()
        told["versions"] = RowVersion.objects.count()
    return told


def _change(url: str, key: str, ids: list[int], number: int) -> None:
    """A tenth of the rows in all: as many changed, deleted and added."""
    chosen = random.Random(7).sample(ids, number // SHARE)
    with ServerProxy(f"{url}/api/xmlrpc") as server:
        for at, id in enumerate(chosen):
            if at % 3 == 0:
                server.DataService.update(key, "Contact", id, {"City": f"Provo {at}"})
            elif at % 3 == 1:
                server.DataService.delete(key, "Contact", id)
            else:
                server.DataService.add(key, "Contact", {"FirstName": f"New {at}", "City": "Ogden"})


def _finish(kills: int, number: int) -> int:
    """Have readers go on until the run ended, so many of which are killed; the most megabytes of one."""
    from reports.models import Run

    moments = random.Random(kills)
    for _ in range(kills):
        if not Run.objects.filter(state__in=Run.OPEN).exists():
            break
        reader = _reader()
        try:
            reader.wait(timeout=1.5 + moments.random() * max(2.0, number / 40_000))
        except subprocess.TimeoutExpired:
            reader.send_signal(signal.SIGKILL)
            reader.wait()
            Run.objects.filter(state__in=Run.OPEN).update(lease_until=None, lease_token="")
    memory = 0
    while Run.objects.filter(state__in=Run.OPEN).exists():
        reader = _reader()
        said = reader.communicate()[0].split()
        assert reader.returncode == 0, said
        memory = max(memory, int(said[-1]))
    return memory


def _reader() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.read_while_changing", "--read"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def main() -> None:
    if "--read" in sys.argv:
        return read()
    numbers = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        no_limit = {"per_second": 1_000_000, "per_minute": None, "per_day": None}
        os.environ.setdefault("CASCADER_DATA_DIR", folder)
        os.environ |= {
            "REPORTS_PACE_SECONDS": "0",
            "CRM_LIMITS": json.dumps({"service_key": no_limit, "app": no_limit}),
            "LOG_LEVEL": "ERROR",
        }
        print(json.dumps(measure(*(numbers or [200_000, 50])), indent=2))


if __name__ == "__main__":
    main()
