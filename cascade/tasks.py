"""What wakes a worker for a replication: a message carries an id, the row is the truth."""

from __future__ import annotations

from celery import shared_task

from cascade.services import replication_work


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def run_replication(replication_id: int) -> None:
    replication_work(replication_id)
