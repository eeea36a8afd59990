"""`python -m bench.memory [orders]`: memory of web, worker and scheduler, idle and after many orders.

Megabytes by the process table, common pages shared out (PSS). The web has one process of eight threads.
"""

from __future__ import annotations

import sys
import time

from bench.field import THREADS
from bench.ground import ground
from bench.measure import memory_of
from bench.processes import SCHEDULER, family, running, web, worker_command

IDLE_SECONDS = 10.0
PARTS = 4


def main(orders: int = 20_000) -> None:
    with ground() as on, web(workers=1) as (_, arbiter), running(worker_command(THREADS), SCHEDULER) as pids:
        from cascade.models import Replication
        from tests.reference import MODES, Reference

        held = dict(zip(("web", "worker", "scheduler"), (arbiter, *pids), strict=True))

        def tell(when: str) -> None:
            found = {name: sum(memory_of(one) for one in family(pid)) for name, pid in held.items()}
            each = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in found.items())
            print(f"{when}: {sum(found.values()):.0f} MB ({each})", flush=True)

        time.sleep(IDLE_SECONDS)
        tell("idle")
        reference = Reference(on.sandbox, MODES["XML-RPC blank order"])
        for part in range(PARTS):
            names = [f"m{part}-{number}" for number in range(orders // PARTS)]
            for name in names:
                reference.replication(name, email=f"{name}@example.com")
            while Replication.objects.filter(state__in=Replication.OPEN).exists():
                time.sleep(0.5)
            tell(f"after {(part + 1) * len(names)} orders")
        failed = Replication.objects.exclude(state=Replication.State.SUCCEEDED).count()
        print(f"{failed} did not end well")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
