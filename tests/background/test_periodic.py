"""What the scheduler runs: nothing twice at once, nothing lost, and workers are woken first."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.utils import timezone

from background.periodic import Duty, Rounds


def settled(rounds: Rounds) -> None:
    deadline = time.monotonic() + 5
    while rounds._busy and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_job_that_raised_is_run_again() -> None:
    runs = []

    def stumble(number: int) -> None:
        runs.append(number)
        raise RuntimeError("once")

    rounds = Rounds(Duty(name="stumble", due=lambda now, most: [1], work=stumble))
    for _ in range(2):
        assert rounds.once(timezone.now()) == 1
        settled(rounds)
    rounds.close()
    assert runs == [1, 1]


def test_what_is_in_progress_is_not_begun_again_and_no_more_than_may_be() -> None:
    go_on, asked = threading.Event(), []

    def due(now: object, most: int) -> list[int]:
        asked.append(most)
        return [1, 2, 3, 4]

    rounds = Rounds(Duty(name="slow", due=due, work=lambda number: go_on.wait(5), most=3))
    assert [rounds.once(timezone.now()) for _ in range(2)] == [3, 0]
    go_on.set()
    rounds.close()
    assert asked == [3, 0]


def test_it_is_not_looked_more_often_than_it_is_to_be() -> None:
    runs: list[int] = []
    rounds = Rounds(Duty(name="rare", due=lambda now, most: [1], work=runs.append, every=60.0))
    assert rounds.once(timezone.now()) == 1
    settled(rounds)
    assert rounds.once(timezone.now()) == 0
    rounds.close()
    assert runs == [1]


def test_workers_are_woken_first_and_where_nobody_can_be_it_is_done_here(settings: Any) -> None:
    settings.SWEEP_DIRECT_AFTER_SECONDS = 0.2
    woken: list[str] = []
    done: list[str] = []

    def wake(name: str) -> bool:
        woken.append(name)
        return name == "heard"

    duty = Duty(name="x", due=lambda now, most: ["heard", "unheard"], work=done.append, wake=wake)
    rounds = Rounds(duty)
    assert rounds.once(timezone.now()) == 1
    settled(rounds)
    assert done == ["unheard"]
    time.sleep(0.3)
    assert rounds.once(timezone.now()) == 2
    settled(rounds)
    rounds.close()
    assert sorted(done) == ["heard", "unheard", "unheard"]
    assert woken.count("heard") == 1


def test_what_is_to_end_ends_early() -> None:
    began = threading.Event()

    def work(number: int, stop: Any) -> None:
        began.set()
        while not stop():
            time.sleep(0.01)

    rounds = Rounds(Duty(name="long", due=lambda now, most: [1, 2], work=work, stops=True))
    assert rounds.once(timezone.now()) == 2
    assert began.wait(5)
    rounds.close()
