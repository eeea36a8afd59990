"""The comparison: who is right is called right, and two orders go through each peer that is installed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from xml.etree import ElementTree

import pytest

from bench.chart import chart
from bench.compare import seed_account
from bench.workload import Account, Judgement, judge, order_send
from tests.all_backends import SETS
from tests.sandbox_client import ROOT, Sandbox


@pytest.fixture
def account(unlimited: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("CRM_KEY", unlimited.key)
    monkeypatch.setenv("CRM_GATEWAY_URL", unlimited.url)
    with closing(Account(seed_account(unlimited))) as account:
        yield account


def test_who_lost_or_doubled_an_order_is_told(unlimited: Sandbox, account: Account) -> None:
    def some(most: int) -> None:
        made = 0

        def step(method: str, *arguments: object) -> object:
            nonlocal made
            made += 1
            if made > most:
                raise InterruptedError
            return account.call(method, *arguments)

        order_send(account, "cut", step)

    order_send(account, "whole", account.call)
    assert judge(unlimited, ["whole"]) == Judgement(lost=0, doubled=0)
    assert judge(unlimited, ["whole", "never"]) == Judgement(lost=1, doubled=0)
    with pytest.raises(InterruptedError):
        some(12)
    assert judge(unlimited, ["whole", "cut"]) == Judgement(lost=1, doubled=0)
    order_send(account, "whole", account.call)
    assert judge(unlimited, ["whole", "cut"]) == Judgement(lost=1, doubled=1)


def test_a_chart_has_a_bar_for_each_name_the_shortest_first() -> None:
    drawing = ElementTree.fromstring(chart("ms", {"slow & sure": 20.0, "quick": 5.0}))
    texts = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["ms", "quick", "5.0", "slow & sure", "20.0"]


@pytest.mark.embedded  # it has a database of its own on PostgreSQL
@pytest.mark.skipif(bool(SETS[-1].missing()), reason="the peers need PostgreSQL and Redis")
def test_two_orders_each() -> None:
    command = [sys.executable, "-m", "bench.compare", "--orders", "2", "--runs", "1", "--killed-orders", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("Cascader", "bare script", "Celery, late acknowledgement"):
        assert re.search(rf"^\| {name} \|.*\| 13\.0 \|.*\| 0, 0 \|", done.stdout, re.MULTILINE), done.stdout
