"""What the scheduler does about shops: asks those that are due, and takes in what nobody took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from background.periodic import Duty
from background.wakeup import wake
from intake.deliveries import PROCESS_EVENT
from intake.polling.polling import shop_poll, sources_due
from intake.polling.readings import readings_overdue
from intake.processing import event_process, events_due


def _shops_due(now: datetime, most: int) -> Sequence[int]:
    readings_overdue(now)
    return sources_due(now, most)


SHOPS = Duty(name="shops", due=_shops_due, work=shop_poll, threads=4, most=50, stops=True)
EVENTS = Duty(
    name="events",
    due=events_due,
    work=event_process,
    threads=4,
    most=400,
    wake=partial(wake, PROCESS_EVENT),
)
