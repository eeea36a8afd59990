"""The process that forgets nothing: sweeps for due work until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseProblem
from django.db import connection

from background.wakeup import wake
from carts.inflow.alarms import inflow_check
from carts.poll_rounds import PollRounds
from cascade.incidents import incidents_check
from cascade.outage_rounds import OutageRounds
from cascade.sweep import Sweep
from mappings.alarm_rounds import AlarmRounds
from mappings.batch.rounds import WORK_BATCH, BatchRounds
from mappings.directory_rounds import DirectoryRounds
from mappings.drift_rounds import DriftRounds

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Find due retries, lost wake-ups and dead workers' orders, every SWEEP_SECONDS, and see to them. Run "
        "one or more beside the workers; without any broker it does their work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sweep = Sweep()
        directories = DirectoryRounds()
        drift = DriftRounds()
        polls = PollRounds()
        outages = OutageRounds()
        alarms = AlarmRounds(incidents_check, inflow_check)
        batches = BatchRounds(lambda batch_id: wake(WORK_BATCH, batch_id))
        try:
            while not stop.wait(settings.SWEEP_SECONDS):
                try:
                    outages.once()
                    sweep.once()
                    directories.once()
                    alarms.once()
                    drift.once()
                    batches.once()
                    polls.once()
                except DatabaseProblem:
                    logger.exception("The database did not answer; the sweep tries again.")
                    connection.close()
        finally:
            outages.close()
            polls.close()
            batches.close()
            alarms.close()
            drift.close()
            directories.close()
            sweep.close()
