"""DBOS: an order is a durable workflow, each call a step that PostgreSQL has once it is answered."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from dbos import DBOS, DBOSConfig

from bench.workload import Account, order_send

POLL_SECONDS = 0.05
own = threading.local()
config: DBOSConfig = {
    "name": "bench",
    "system_database_url": os.environ["DATABASE_URL"],
    "log_level": "ERROR",
    "application_version": "bench",
    "executor_id": "bench",
}
DBOS(config=config)


@DBOS.step()
def call(method: str, *arguments: Any) -> Any:
    if not hasattr(own, "account"):
        own.account = Account(json.loads(os.environ["BENCH_IDS"]))
    return own.account.call(method, *arguments)


@DBOS.workflow()
def send(name: str) -> None:
    order_send(Account(json.loads(os.environ["BENCH_IDS"])), name, call)


if __name__ == "__main__":
    DBOS.launch()
    DBOS.register_queue(
        "bench", worker_concurrency=int(os.environ["BENCH_THREADS"]), polling_interval_sec=POLL_SECONDS
    )
    if sys.argv[1:] == ["migrate"]:
        DBOS.destroy()
    else:
        threading.Event().wait()
