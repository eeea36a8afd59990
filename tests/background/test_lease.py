"""A lease: one worker has a row, and who lost it changes nothing more."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from background.lease import Lease, LeaseLost, lease_take
from mappings.models import DirectoryList
from tests.factories import ConnectionFactory


@pytest.fixture
def rows(db: None) -> QuerySet[Any]:
    listing = DirectoryList.objects.create(connection=ConnectionFactory(), kind="tag", due_at=timezone.now())
    return DirectoryList.objects.filter(pk=listing.pk)


def taken(rows: QuerySet[Any], now: datetime, seconds: float = 60.0, **more: Any) -> Lease:
    lease = lease_take(rows, now, seconds, **more)
    assert lease is not None
    return lease


def test_it_is_taken_once_until_it_runs_out_or_is_given_back(rows: QuerySet[Any]) -> None:
    now = timezone.now()
    lease = taken(rows, now, count=1)
    assert lease_take(rows, now + timedelta(seconds=59), 60.0, count=2) is None
    assert rows.get().count == 1
    lease.release(count=3)
    assert (rows.get().count, rows.get().lease_token, rows.get().lease_until) == (3, "", None)
    taken(rows, now)
    taken(rows, now + timedelta(seconds=60))


def test_a_row_that_is_not_as_it_was_seen_is_not_taken(rows: QuerySet[Any]) -> None:
    assert lease_take(rows.filter(count=7), timezone.now(), 60.0) is None
    assert rows.get().lease_until is None


def test_who_was_overtaken_changes_nothing_more(rows: QuerySet[Any]) -> None:
    now = timezone.now()
    slow = taken(rows, now)
    fresh = taken(rows, now + timedelta(seconds=61))
    for write in (slow.renew, slow.release):
        with pytest.raises(LeaseLost):
            write(count=9)
    assert time.monotonic() > slow.ends
    assert (rows.get().count, rows.get().lease_until) == (0, fresh.until)
    fresh.renew(count=5)
    assert rows.get().count == 5


def test_it_holds_only_while_the_rest_is_still_so(rows: QuerySet[Any]) -> None:
    lease = taken(rows, timezone.now(), held=rows.filter(supported=True))
    rows.update(supported=False)
    with pytest.raises(LeaseLost):
        lease.renew()


@pytest.mark.django_db(transaction=True)
def test_it_is_renewed_while_a_call_lasts(rows: QuerySet[Any]) -> None:
    with taken(rows, timezone.now(), 0.6):
        time.sleep(1.5)
        assert lease_take(rows, timezone.now(), 0.6) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_it(rows: QuerySet[Any]) -> None:
    start, got = threading.Barrier(4), []

    def worker() -> None:
        start.wait()
        got.append(lease_take(rows.all(), timezone.now(), 60.0))
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in got) == 1
