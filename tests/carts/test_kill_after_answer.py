"""A delivery that was answered is there, whatever becomes of the process that answered it."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from tests.killed_after_answer import kill_and_count

KILLS, PER_KILL = 20, 10


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
def test_sigkill_right_after_the_answer_loses_and_doubles_nothing():
    tally = kill_and_count(KILLS, PER_KILL, random.Random(connection.vendor))
    assert tally.problems == [], f"{tally}\n" + "\n".join(tally.problems)
    assert tally.answers == tally.deliveries == KILLS * PER_KILL
    assert tally.posts > tally.answers, "no post was under way when the process was killed"
