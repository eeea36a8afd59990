"""Who is compared, how each is started, and how it is given its orders."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import redis

from bench.ground import Ground
from bench.processes import SCHEDULER, worker_command
from bench.workload import PLACED_AT
from tests.sandbox_client import ROOT

THREADS = 4
Names = Sequence[str]


@dataclass(frozen=True)
class Peer:
    """`give` puts orders into the queue; `ready` makes what has to be there before that is measured."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    ready: Callable[[Ground, Names], object]
    give: Callable[[Names], object]


def peers(on: Ground) -> list[Peer]:
    os.environ.update(BENCH_QUEUE=f"{on.database}-peers", BENCH_THREADS=str(THREADS))
    found = [
        Peer("Cascader", (worker_command(THREADS), SCHEDULER), _ours_ready, _ours_give),
        Peer("bare script", (_program("bare"),), lambda on, names: None, _bare_give),
        Peer("Celery, late acknowledgement", (_program("celery_late"),), _celery_ready, _celery_give),
    ]
    if importlib.util.find_spec("dbos"):
        found.append(Peer("DBOS", (_program("checkpointed"),), _dbos_ready, _dbos_give))
    return found


def _program(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"bench.peers.{name}"


def reference_shop(on: Ground) -> Any:
    """A merchant with a shop, whose CRM account is seeded already: a `tests.reference.Reference`."""
    from tests.reference import MODES, Reference

    class Seeded(Reference):
        def seed(self) -> int:
            return int(json.loads(os.environ["BENCH_IDS"])["ActionSequence"][0])

    return Seeded(on.sandbox, MODES["XML-RPC blank order"])


_opened: dict[str, int] = {}


def _ours_ready(on: Ground, names: Names) -> None:
    """Stored orders with their replications, which are not due yet: the scheduler would find them."""
    from django.conf import settings

    from cascade.models import Replication

    reference = reference_shop(on)
    broker, settings.CASCADER_BROKER_URL = settings.CASCADER_BROKER_URL, ""
    for name in names:
        _opened[name] = reference.replication(name, email=f"{name}@example.com").pk
    settings.CASCADER_BROKER_URL = broker
    Replication.objects.filter(pk__in=[_opened[name] for name in names]).update(
        not_before=PLACED_AT.replace(year=2100, tzinfo=UTC)
    )


def _ours_give(names: Names) -> None:
    from background.wakeup import wake
    from cascade.models import Replication

    Replication.objects.filter(pk__in=[_opened[name] for name in names]).update(not_before=None)
    for name in names:
        wake("cascade.tasks.run_replication", _opened[name])


def _bare_give(names: Names) -> None:
    redis.Redis.from_url(os.environ["BENCH_REDIS_URL"]).rpush(os.environ["BENCH_QUEUE"], *names)


def _celery_ready(on: Ground, names: Names) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_done (name text PRIMARY KEY)")


def _celery_give(names: Names) -> None:
    from bench.peers.celery_late import send

    for name in names:
        send.delay(name)


def _dbos_ready(on: Ground, names: Names) -> None:
    subprocess.run([*_program("checkpointed"), "migrate"], cwd=ROOT, check=True)


def _dbos_give(names: Names) -> None:
    from dbos import DBOSClient

    client = DBOSClient(system_database_url=os.environ["DATABASE_URL"])
    for name in names:
        client.enqueue({"workflow_name": "send", "queue_name": "bench", "app_version": "bench"}, name)
    client.destroy()
