"""Ring for a replication. Named by its task's name, so that services need not import the tasks."""

from __future__ import annotations

from carts.doorbell import ring, ring_on_commit

RUN_REPLICATION = "cascade.tasks.run_replication"


def replication_ring_on_commit(replication_id: int) -> None:
    ring_on_commit(RUN_REPLICATION, replication_id)


def replication_ring(replication_id: int) -> bool:
    return ring(RUN_REPLICATION, replication_id)
