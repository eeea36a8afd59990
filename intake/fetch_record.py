"""An order, or what else a platform has, read from its shop because a person asked for it by its id."""

from __future__ import annotations

from intake.models.events import InboundEvent
from intake.models.polling import Poller, Reading
from intake.models.sources import Source
from intake.polling.polling import shop_poll
from intake.polling.readings import reading_open
from intake.processing import event_process
from intake.registry import platform_get

State = Reading.State


class FetchRefused(Exception):
    """Why it is not here, in a sentence for the person who asked."""


def record_fetch(source: Source, refresh_id: str) -> str:
    """Read it now and take it in; a sentence that says what became of it.

    Repeat: safe; what is known already changes nothing. No transaction may be open here.
    Raises: FetchRefused if the shop cannot be asked, does not answer, or has no such id.
    """
    platform = platform_get(source.platform)
    if platform is None or not platform.may_ask(source):
        raise FetchRefused("This shop cannot be asked: enter the credentials of its API first.")
    if not source.enabled:
        raise FetchRefused("The source is switched off; switch it on first.")
    reading = reading_open(source, refresh_id.strip())
    shop_poll(source.pk, feeds=False)
    reading.refresh_from_db()
    if reading.state == State.FAILED:
        raise FetchRefused(reading.problem)
    event = InboundEvent.objects.filter(reading=reading, channel=InboundEvent.Channel.POLL).first()
    if event is None:
        problem = Poller.objects.values_list("problem", flat=True).filter(source=source).first()
        return f"It is waited for, and comes as soon as the shop answers. {problem or ''}".strip()
    event_process(event.pk)
    event.refresh_from_db(fields=["state", "problem"])
    return f"Read as event {event.pk}: {event.get_state_display().lower()}. {event.problem}".strip()
