"""The process that forgets nothing: looks for due work until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseProblem
from django.db import connection

from background.periodic import duties
from mappings.access.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Find due retries, lost wake-ups and dead workers' orders, every second, and see to them. Run "
        "one or more beside the workers; without any broker it does their work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        rounds = [duty.rounds(duty) for duty in duties()]
        try:
            while not stop.wait(settings.SWEEP_SECONDS):
                try:
                    now = DATABASE_CLOCK.now()
                    for each in rounds:
                        each.once(now)
                except DatabaseProblem:
                    logger.exception("The database did not answer; the sweep tries again.")
                    connection.close()
        finally:
            for each in rounds:
                each.close()
