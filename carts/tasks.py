"""The doorbell of what came in: a message carries an id, the row is the truth."""

from __future__ import annotations

from celery import shared_task

from carts.services import event_process


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def process_event(event_id: int) -> None:
    event_process(event_id)
