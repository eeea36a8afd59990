"""A script that keeps nothing: takes an order from a list in Redis and makes the calls."""

from __future__ import annotations

import json
import os
import threading

import redis

from bench.workload import Account, order_send


def work() -> None:
    account = Account(json.loads(os.environ["BENCH_IDS"]))
    waiting = redis.Redis.from_url(os.environ["BENCH_REDIS_URL"])
    while True:
        taken = waiting.blpop([os.environ["BENCH_QUEUE"]])
        order_send(account, taken[1].decode(), account.call)


if __name__ == "__main__":
    for _ in range(int(os.environ["BENCH_THREADS"])):
        threading.Thread(target=work).start()
