"""Celery as advised for what must not be lost: late acknowledgement, and a table of what is done."""

from __future__ import annotations

import json
import os
import sys
import threading

import psycopg
from celery import Celery

from bench.workload import Account, order_send

REDELIVERED_SECONDS = 10  # what a killed worker had taken is given out again after that

app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    task_default_queue=os.environ["BENCH_QUEUE"],
    broker_transport_options={"visibility_timeout": REDELIVERED_SECONDS},
)
own = threading.local()


@app.task(name="bench.send")
def send(name: str) -> None:
    if not hasattr(own, "database"):
        own.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        own.account = Account(json.loads(os.environ["BENCH_IDS"]))
    if own.database.execute("SELECT 1 FROM bench_done WHERE name = %s", [name]).fetchone():
        return
    order_send(own.account, name, own.account.call)
    own.database.execute("INSERT INTO bench_done (name) VALUES (%s) ON CONFLICT DO NOTHING", [name])


if __name__ == "__main__":
    threads = os.environ["BENCH_THREADS"]
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    app.worker_main(["worker", "--pool", "threads", "--concurrency", threads, *quiet, *sys.argv[1:]])
