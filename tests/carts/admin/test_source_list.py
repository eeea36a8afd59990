"""The list of the shops: how each is, in one word."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from intake.models import Poller, Source
from intake.watch.notices import inflow_check
from tests.carts.admin.test_pages import member
from tests.carts.arrivals import DAY, HOUR, came, daily
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]


def states(source: Source) -> dict[str, str]:
    """The state in the list, by the name of the shop."""
    page = member(source).get("/admin/intake/source/").content.decode()
    found = {}
    for row in re.findall(r"<tr.*?</tr>", page, re.S):
        words = " ".join(re.sub(r"<[^>]+>", " ", row).split())
        name = re.search(r"Shop (\w+)", words)
        if name:
            found[name.group(1)] = words
    return found


def test_every_state_is_told_in_a_word():
    now = timezone.now()
    never = SourceFactory(name="Shop never")
    shops = {
        name: SourceFactory(name=f"Shop {name}", connection=never.connection, silence_hours=6)
        for name in ("flowing", "quiet", "silent", "parked", "failing", "off", "unsigned")
    }
    came(shops["flowing"], [now - HOUR])
    came(shops["quiet"], [now - 9 * HOUR])
    came(shops["silent"], daily(now - 9 * HOUR, days=4))
    came(shops["parked"], [now - 2 * HOUR, now - 2 * HOUR], state="parked")
    came(shops["failing"], [now - 3 * DAY - timedelta(minutes=1)])
    Poller.objects.create(source=shops["failing"], problem="No.", problem_since=now, needs_person=True)
    Source.objects.filter(pk=shops["off"].pk).update(enabled=False)
    Source.objects.filter(pk=shops["unsigned"].pk).update(platform="kennel")
    inflow_check(now)
    found = states(never)
    assert "Nothing yet never" in found["never"]
    assert "Flowing 1 hour ago" in found["flowing"]
    assert "Quiet 9 hours ago" in found["quiet"]
    assert "Silent 9 hours ago" in found["silent"]
    assert "Parked 2 hours ago 2" in found["parked"]
    assert "Problem 3 days ago" in found["failing"]
    assert "Off never" in found["off"]
    assert "Problem never" in found["unsigned"]
