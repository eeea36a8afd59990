"""An event that ends the process which works on it is parked; a slow or unlucky one is not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from intake.deliveries import delivery_store, event_reprocess
from intake.models import InboundEvent, Source
from intake.platform import Delivery, NativeEvent
from intake.processing import MOST_DEATHS, event_process, events_due
from tests.carts.sample_platform import Kennel, installed
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]
State = InboundEvent.State


class Deadly(Kennel):
    """Its deliveries end the process, but for honest ones."""

    def split(self, source: Source, delivery: Delivery) -> Sequence[NativeEvent]:
        if delivery.body == b"poison":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().split(source, delivery)


@pytest.fixture
def source() -> Iterator[Source]:
    with installed(Deadly()):
        yield SourceFactory(platform="kennel")


def stored(source: Source, body: bytes, *, seconds_ago: float = 60) -> InboundEvent:
    event = delivery_store(source, body, "application/json", "webhook", wake=False)
    at = timezone.now() - timedelta(seconds=seconds_ago)
    InboundEvent.objects.filter(pk=event.pk).update(received_at=at)
    return event


def in_a_process(event_ids: Sequence[int]) -> bool:
    """Work on events as a scheduler would that was just started; whether it lived."""
    connections.close_all()
    child = os.fork()
    if not child:
        for event_id in event_ids:
            event_process(event_id)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def due() -> list[int]:
    InboundEvent.objects.filter(not_before__isnull=False).update(not_before=timezone.now())
    return events_due(timezone.now(), 10)


def test_it_is_parked_after_three_deaths_and_the_honest_are_taken_in(source: Source) -> None:
    poison = stored(source, b"poison")
    honest = stored(source, b'{"id": "7", "stage": "paid"}')
    lives = 0
    for _ in range(MOST_DEATHS + 3):
        if waiting := due():
            lives += in_a_process(waiting)
    poison.refresh_from_db()
    honest.refresh_from_db()
    assert (poison.state, honest.state) == (State.PARKED, State.APPLIED)
    assert "ended the process" in poison.problem
    assert lives == 1  # the one that parked it, and went on to the honest one
    assert event_reprocess(poison.pk)
    poison.refresh_from_db()
    assert (poison.state, poison.deaths) == (State.STORED, 0)


def test_while_one_process_is_at_a_late_event_no_other_counts_a_death(source: Source) -> None:
    poison = stored(source, b"poison")
    assert not in_a_process([poison.pk])
    assert in_a_process([poison.pk])  # it is left to the first for a while
    poison.refresh_from_db()
    assert poison.deaths == 1


def test_a_late_event_that_is_taken_in_has_no_deaths(source: Source) -> None:
    event = stored(source, b'{"id": "7", "stage": "paid"}')
    event_process(event.pk)
    event.refresh_from_db()
    assert (event.state, event.deaths, event.not_before) == (State.APPLIED, 0, None)
