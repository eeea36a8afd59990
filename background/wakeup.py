"""Wake a worker. The database row is the truth: a message that nobody hears costs time, never work.

It is sent with an app of its own: in a Django shop Celery's current app is the shop's, with other queues, and
workers that do not know our tasks.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache, partial
from typing import Any

from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu import pools

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 1.0
LEFT_ALONE_SECONDS = (
    5.0  # after a failure nobody tries again for this long: an absent broker slows no request
)

# Each transport reads the ones it knows. `max_retries` matters most: kombu otherwise keeps trying to connect,
# also where publishing itself is not retried.
_TRANSPORT_OPTIONS: dict[str, Any] = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": CONNECT_SECONDS,
    "socket_timeout": CONNECT_SECONDS,
    "read_timeout": CONNECT_SECONDS,
    "write_timeout": CONNECT_SECONDS,
}


class _BrokerPause:
    """Until when nobody is woken, shared by the threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def holds(self) -> bool:
        return time.monotonic() < self._until

    def begin(self) -> bool:
        """Return whether this failure is the one to log."""
        with self._lock:
            first = not self.holds()
            self._until = time.monotonic() + LEFT_ALONE_SECONDS
            return first

    def end(self) -> None:
        self._until = 0.0


broker_pause = _BrokerPause()


@lru_cache(maxsize=4)
def _broker(broker_url: str, queue: str) -> tuple[Celery, Any]:
    """The app and its connection."""
    app = Celery("cascader-wakeup", set_as_current=False)
    app.conf.update(broker_url=broker_url, task_default_queue=queue, task_serializer="json")
    app.conf.broker_transport_options = {
        **getattr(settings, "CASCADER_BROKER_TRANSPORT_OPTIONS", {}),
        **_TRANSPORT_OPTIONS,
    }
    return app, app.connection_for_write(url=broker_url, connect_timeout=CONNECT_SECONDS)


def wake(task: str, *args: Any) -> bool:
    """Publish the task of this name and return whether the broker took it.

    Never raises and never waits long; whoever calls has already stored what is to be done. A host that sets
    no `CASCADER_BROKER_URL` wakes nobody.
    """
    broker_url = getattr(settings, "CASCADER_BROKER_URL", "")
    if not broker_url or broker_pause.holds():
        return False
    try:
        app, connection = _broker(broker_url, getattr(settings, "CASCADER_QUEUE", "cascader"))
        with pools.producers[connection].acquire(block=True, timeout=CONNECT_SECONDS) as producer:
            app.send_task(task, args=args, producer=producer, retry=False, ignore_result=True)
    except Exception as err:  # whatever a transport raises: the sweep delivers instead
        if broker_pause.begin():
            logger.warning("No broker to wake a worker (%s); the sweep takes over.", type(err).__name__)
            logger.debug("The broker's answer", exc_info=True)
        return False
    return True


def wake_on_commit(task: str, *args: Any) -> None:
    """Wake once the surrounding transaction is committed, so that the worker finds the row."""
    transaction.on_commit(partial(wake, task, *args), robust=True)
