"""What wakes a worker for what came in and for what is to be asked: an id, as the row is the truth."""

from __future__ import annotations

from celery import shared_task

from intake.polling.polling import shop_poll
from intake.processing import event_process


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def process_event(event_id: int) -> None:
    event_process(event_id)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def ask_shop(source_id: int) -> None:
    shop_poll(source_id, feeds=False)  # a worker is there for orders; what takes long is the scheduler's
