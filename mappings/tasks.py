"""What wakes a worker for an upload: a message carries an id, the row is the truth."""

from __future__ import annotations

from celery import shared_task

from mappings.batch.work import batch_work


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def work_batch(batch_id: int) -> None:
    batch_work(batch_id)
