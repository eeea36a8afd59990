"""Which row ended its worker, and which only died with it; the database away is nobody's death."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from background.alone import Room
from cascade.engine.lease import lease_return
from cascade.engine.replicate import replication_run
from cascade.models import Attempt, JournalEntry, Replication
from cascade.services import replication_work
from tests.cascade.conftest import Shop, assert_delivered_once, lease_claim
from tests.cascade.test_crash_sweep import Killed, lease_end, run_in_child

State = Replication.State


def test_progress_resets_the_count_of_deaths(shop: Shop) -> None:
    replication = shop.replication()
    Replication.objects.update(crashes=2)

    def vanish(moment: str) -> None:
        if moment == "before create_order":  # the contact is done by then
            raise Killed

    with pytest.raises(Killed):
        replication_run(replication.pk, watch=vanish)
    assert JournalEntry.objects.get(step="contact").state == "done"
    replication.refresh_from_db()
    assert replication.crashes == 0


def test_an_orderly_end_resets_the_count_of_deaths(shop: Shop) -> None:
    replication = shop.replication()
    Replication.objects.update(crashes=2)
    shop.sandbox.faults({"method": "DataService.query", "do": "http", "status": 503})
    replication_work(replication.pk)
    replication.refresh_from_db()
    assert (replication.state, replication.crashes) == (State.RETRYING, 0)


# -- the database away ----------------------------------------------------------------------------------


MOMENTS = ["claimed", "planned", "after upsert_contact", "after create_order", "ended"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_database_that_does_not_answer_is_no_death(shop: Shop, moment: str) -> None:
    replication = shop.replication(shop_order_id="DEMO-1001")
    for _ in range(4):

        def away(now: str) -> None:
            if now == moment:
                raise OperationalError("server closed the connection unexpectedly")

        with suppress(OperationalError):
            replication_run(replication.pk, watch=away)
        replication.refresh_from_db()
        assert replication.crashes == 0 and replication.lease_token == ""
        assert replication.not_before is None or replication.not_before > timezone.now()
        Replication.objects.update(not_before=None)
    assert shop.drive(replication).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)


def test_a_row_taken_from_a_worker_that_lives_is_no_death(shop: Shop) -> None:
    replication = shop.replication()
    claimed = lease_claim(replication.pk, timezone.now())
    assert claimed is not None
    later = timezone.now() + timedelta(seconds=5)
    taken = lease_claim(replication.pk, later)
    assert taken is not None and taken.crashes == 1
    lease_return(claimed)
    replication.refresh_from_db()
    assert (replication.crashes, replication.lease_token) == (0, taken.lease_token)


def test_connections_that_are_cut_again_and_again_make_no_poison(shop: Shop, settings: Any) -> None:
    """On PostgreSQL every connection is ended twice a second while ten orders are on their way."""
    if connection.vendor != "postgresql":
        return  # a file has no connections to cut; what a cut raises is tried above
    settings.LEASE_SECONDS = 1.5
    rows = [shop.replication(shop_order_id=str(n), email=f"{n}@example.com") for n in range(10)]
    over = threading.Event()

    def cut() -> None:
        ending = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        while not over.wait(0.5):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(ending)
            except Exception:
                connection.close()
        connection.close()

    knife = threading.Thread(target=cut)
    knife.start()
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            try:
                Replication.objects.filter(not_before__isnull=False).update(not_before=None)
                open_rows = list(Replication.objects.filter(state__in=Replication.OPEN).order_by("?"))
                if not open_rows:
                    break
                replication_work(open_rows[0].pk)
            except Exception:
                connection.close()
    finally:
        over.set()
        knife.join()
        connection.close()
    ended = [Replication.objects.get(pk=row.pk) for row in rows]
    assert not [row.reason for row in ended if row.state == State.PARKED]
    assert [row.crashes for row in ended] == [0] * 10


# -- bystanders -----------------------------------------------------------------------------------------


def worker_of_all(ids: list[int], deadly: int) -> None:
    """A worker with a thread for each row, that dies of one of them as soon as that is planned."""
    begun = threading.Barrier(len(ids), timeout=2)

    def work(pk: int) -> None:
        def watch(moment: str) -> None:
            if moment == "planned":
                with suppress(threading.BrokenBarrierError):
                    begun.wait()  # together, where they are let in together
                if pk == deadly:
                    os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(0.3)

        try:
            replication_work(pk, watch=watch)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(pk,)) for pk in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.crash
def test_poison_is_parked_and_its_bystanders_are_delivered(shop: Shop) -> None:
    rows = [shop.replication(shop_order_id=str(n), email=f"{n}@example.com") for n in range(4)]
    deadly = rows[1].pk
    for _ in range(20):
        waiting = list(Replication.objects.filter(state__in=Replication.OPEN).order_by("id"))
        for row in waiting:
            lease_end(row)
        Replication.objects.filter(not_before__isnull=False).update(not_before=None)
        if not waiting:
            break
        child = run_in_child(lambda ids=[row.pk for row in waiting]: worker_of_all(ids, deadly))
        os.waitpid(child, 0)
    states = {row.pk: row.state for row in Replication.objects.all()}
    assert states.pop(deadly) == State.PARKED
    assert set(states.values()) == {State.SUCCEEDED}, states
    dead = Attempt.objects.filter(finished_at=None).exclude(replication=deadly)
    assert dead.count() <= 3  # each bystander once, the first time


def test_a_second_bell_for_a_row_that_is_at_work_waits_for_nobody(shop: Shop) -> None:
    row = shop.replication()
    heard: list[Replication | None] = []

    def second_bell(moment: str) -> None:
        if moment == "planned":
            thread = threading.Thread(
                target=lambda: (heard.append(replication_run(row.pk)), connection.close())
            )
            thread.start()
            thread.join(timeout=10)
            assert not thread.is_alive()

    ended = replication_run(row.pk, watch=second_bell)
    assert heard == [None]
    assert ended is not None and ended.state == State.SUCCEEDED


def test_who_wants_to_be_alone_waits_for_the_others_and_keeps_new_ones_out() -> None:
    room, seen = Room(), []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with room.entered(alone=False):
            inside.set()
            leave.wait()
            seen.append("first")

    def lonely() -> None:
        with room.entered(alone=True), room.entered(alone=False):  # within its own it is let in
            seen.append("alone")
            time.sleep(0.1)
            seen.append("still alone")

    def late() -> None:
        with room.entered(alone=False):
            seen.append("late")

    threads = [threading.Thread(target=work) for work in (first, lonely, late)]
    threads[0].start()
    inside.wait()
    threads[1].start()
    time.sleep(0.1)
    threads[2].start()
    time.sleep(0.1)
    assert seen == []
    leave.set()
    for thread in threads:
        thread.join()
    assert seen == ["first", "alone", "still alone", "late"]
