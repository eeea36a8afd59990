"""One worker per replication, also when the other one only seemed to be dead."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from background.lease import LeaseLost
from cascade.engine.journal import Journal
from cascade.engine.lease import ReplicationLease
from cascade.engine.replicate import replication_run
from cascade.models import Replication
from cascade.periodic import REPLICATIONS, Sweep
from crm.errors import HeldBack, NotSent
from crm.http.observe import Call
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import ApiCall
from tests.cascade.conftest import assert_delivered_once, lease_claim

CALL = Call(operation="add_line", method="x", protocol="xmlrpc", writes=True, request="")


def test_a_running_replication_is_nobody_elses(shop):
    replication = shop.replication()
    assert lease_claim(replication.pk, timezone.now()) is not None
    assert lease_claim(replication.pk, timezone.now()) is None


def test_an_expired_lease_is_taken_over_and_counted(shop):
    replication = shop.replication()
    lease_claim(replication.pk, timezone.now())
    later = timezone.now() + timedelta(seconds=5)
    taken = lease_claim(replication.pk, later)
    assert taken is not None
    assert (taken.crashes, taken.attempts) == (1, 2)


def test_what_is_not_due_yet_is_left_alone(shop):
    replication = shop.replication()
    Replication.objects.update(not_before=timezone.now() + timedelta(seconds=30))
    assert lease_claim(replication.pk, timezone.now()) is None


def test_the_heartbeat_keeps_the_lease_through_a_long_call(shop, settings):
    settings.LEASE_SECONDS = 1.0
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults(
        {"method": "InvoiceService.createBlankOrder", "call": 1, "do": "delay", "seconds": 2.5}
    )

    def grab(moment: str) -> None:
        if moment == "after create_order":
            assert lease_claim(replication.pk, timezone.now()) is None

    assert replication_run(replication.pk, watch=grab) is not None
    assert_delivered_once(shop.sandbox)


def test_a_worker_that_was_held_up_sends_nothing_more(shop, settings):
    settings.LEASE_SECONDS = 0.5
    claimed = lease_claim(shop.replication().pk, timezone.now())
    lease = ReplicationLease(claimed)  # its heartbeat is not running
    lease.sending(CALL)
    time.sleep(0.6)
    with pytest.raises(NotSent):
        lease.sending(CALL)


def test_a_worker_that_lost_its_row_writes_nothing_more(shop):
    claimed = lease_claim(shop.replication().pk, timezone.now())
    Replication.objects.update(lease_token="another worker's")
    with pytest.raises(LeaseLost):
        ReplicationLease(claimed).renew()


def test_the_record_of_a_call_is_never_worth_the_order(shop):
    """Written together with other things, one that the database refuses takes nothing of them along."""
    claimed = lease_claim(shop.replication().pk, timezone.now())
    journal = Journal(claimed, ReplicationLease(claimed))
    refused = ApiCall(connection=claimed.connection, started_at=timezone.now(), duration_ms=None)
    journal.keep_call(refused)
    with pytest.raises(HeldBack, match="could not be recorded"), transaction.atomic():
        journal.commit(savepoint=False)
    journal.keep_call(refused)
    journal.commit()
    assert not ApiCall.objects.exists()


def test_a_worker_that_comes_back_after_another_finished_changes_nothing(shop):
    replication = shop.replication(shop_order_id="DEMO-1001")
    finished = []

    def overtaken(moment: str) -> None:
        if moment == "after upsert_contact" and not finished:
            finished.append(None)
            Replication.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            finished.append(shop.drive(replication))

    assert replication_run(replication.pk, watch=overtaken) is None
    assert finished[1].state == "succeeded"
    assert_delivered_once(shop.sandbox)


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_worker_overtaken_while_it_connects_sends_nothing(shop, settings, monkeypatch, protocol):
    """The lease is looked at before the call, and lost in the time that the connection takes."""
    settings.LEASE_SECONDS = 0.6
    type(shop.connection).objects.update(protocol=protocol)
    replication, find = shop.replication(), socket.getaddrinfo

    def slowly(*args, **kwargs):
        Replication.objects.update(lease_token="another worker's")
        time.sleep(0.5)  # a heartbeat meanwhile finds that out
        return find(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    try:
        assert replication_run(replication.pk) is None
    finally:
        monkeypatch.undo()
    assert shop.sandbox.calls() == []


def test_a_machine_whose_clock_is_ahead_takes_no_live_lease(shop, monkeypatch):
    """On SQLite there is one machine, and its clock is the database's."""
    replication = shop.replication()
    assert lease_claim(replication.pk, DATABASE_CLOCK.now()) is not None
    if connection.vendor == "postgresql":
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=120))
    assert replication_run(replication.pk) is None
    sweep = Sweep(REPLICATIONS)
    assert sweep.once(DATABASE_CLOCK.now()) == 0
    sweep.close()
    replication.refresh_from_db()
    assert replication.attempts == 1
