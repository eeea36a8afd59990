"""A worker that is killed while it asks a shop: nothing is lost and nothing comes twice."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from carts.models import Order
from intake.models import InboundEvent, Poller
from intake.polling.polling import shop_poll, sources_due
from tests.carts.polling.conftest import process_all, shop_order
from tests.cascade.test_crash_sweep import run_in_child

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

ORDERS = 12
KILLS = 20


def test_a_worker_killed_at_any_question_loses_and_doubles_nothing(account, source, receivers_away):
    account.most = 2  # so that a window has pages
    account.put(*(shop_order(f"DEMO-{n}", hours=6 * n + 1) for n in range(ORDERS)))
    killed = 0
    for number in range(KILLS):
        killed += ask_and_kill_at(account, source, number % 5 + 1)
        assert Poller.objects.get().lease_until is None or sources_due(timezone.now(), 10) == []
        Poller.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert killed >= 10  # the others had nothing left to ask
    shop_poll(source.pk)
    process_all()
    assert Order.objects.count() == InboundEvent.objects.count() == ORDERS
    assert set(Order.objects.values_list("version", flat=True)) == {1}


def ask_and_kill_at(account, source, number: int) -> bool:
    """Whether the worker lived to ask that question; it is killed before it hears the answer."""
    answer, asked, child = account.answer, [], 0

    def deadly(method, path, headers, body):
        asked.append(path)
        if len(asked) == number:
            os.kill(child, signal.SIGKILL)
        return answer(method, path, headers, body)

    account.answer = deadly
    child = run_in_child(lambda: shop_poll(source.pk))
    _, status = os.waitpid(child, 0)
    account.answer = answer
    connections.close_all()
    return os.WIFSIGNALED(status)
