"""Who may ask a shop: one worker at a time, so that answers are stored in the order they were given in."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Q

from carts.models.polling import Poller
from carts.models.sources import Source
from mappings.quota.clock import DATABASE_CLOCK

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0


class LeaseLost(Exception):
    """Another worker asks this shop now; what was read is not to be stored."""


@dataclass(frozen=True, slots=True)
class ShopLease:
    poller_id: int
    key: str

    def renew(self) -> None:
        """Hold on for another while. Raises: LeaseLost."""
        until = DATABASE_CLOCK.now() + LEASE
        held = Poller.objects.filter(pk=self.poller_id, lease_key=self.key)
        if not held.update(leased_until=until):
            raise LeaseLost

    @contextmanager
    def held(self) -> Iterator[None]:
        """Renew it now and then meanwhile, however slowly the shop answers."""
        over = threading.Event()
        heart = threading.Thread(target=self._beat, args=(over,), name="shop-lease", daemon=True)
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()

    def _beat(self, over: threading.Event) -> None:
        try:
            while not over.wait(HEARTBEAT_SECONDS):
                self.renew()
        except (LeaseLost, DatabaseError):
            return  # whoever stores the next page finds out
        finally:
            connection.close()

    def release(self) -> None:
        Poller.objects.filter(pk=self.poller_id, lease_key=self.key).update(leased_until=None, lease_key="")


def lease_take(source: Source, now: datetime) -> ShopLease | None:
    """The lease of a shop that nobody holds and that is to be asked now; else None."""
    poller, _ = Poller.objects.get_or_create(source=source)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    rested = Q(not_before=None) | Q(not_before__lte=now)
    lease = ShopLease(poller.pk, secrets.token_hex(16))
    taken = Poller.objects.filter(free, rested, pk=poller.pk)
    if not taken.update(leased_until=now + LEASE, lease_key=lease.key):
        return None
    return lease
