"""A saved search that is too slow: the waits of the product's description, kept for the search."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from reports.models import Run, SearchHold
from reports.reading.reader import run_work
from reports.services import run_start
from tests.reports.conftest import MakeDataSet, contacts, run_whole, shown
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
SLOW = "[DatabaseError]Query took too long and was cancelled"
BLOCKED = "[DatabaseError]Too many consecutive failures. This saved search is blocked temporarily."
METHOD = "SearchService.getSavedSearchResultsAllFields"


def fault(text: str, times: int) -> dict[str, Any]:
    return {"method": METHOD, "do": "fault", "code": 4, "text": text, "times": times}


@pytest.fixture
def search(crm: Sandbox) -> dict[str, int]:
    ids = crm.seed(Contact=contacts(3), SavedFilter=[{"FilterName": "All contacts", "UserId": 1}])
    return {"id": ids["SavedFilter"][0], "user": 1}


def waits(run: Run, number: int) -> list[int]:
    """Go on with the run so often, each time as soon as it is due; the waits in seconds."""
    found = []
    for _ in range(number):
        SearchHold.objects.update(not_before=None)
        Run.objects.filter(pk=run.pk).update(not_before=None)
        run_work(run.pk)
        run.refresh_from_db()
        if run.not_before is None:
            break
        found.append(round((run.not_before - timezone.now()).total_seconds()))
    return found


def test_slow_then_blocked_then_there(make: MakeDataSet, crm: Sandbox, search: dict[str, int]) -> None:
    run = run_start(make("search-complete", arguments={"search": search}), Run.Trigger.PERSON)
    assert run is not None
    crm.faults(fault(SLOW, 5))
    assert waits(run, 5) == [5, 10, 30, 60, 300]
    assert "took too long" in run.error
    crm.faults(fault(BLOCKED, 2))
    assert waits(run, 2) == [1200, 1200]
    crm.clear_faults()
    assert waits(run, 1) == []
    assert (run.state, run.failures) == (Run.State.COMPLETE, 0)
    assert not SearchHold.objects.exists()


@pytest.mark.parametrize(("text", "number"), [(SLOW, 5), (BLOCKED, 10)])
def test_it_is_given_up_at_the_end(
    make: MakeDataSet, crm: Sandbox, search: dict[str, int], text: str, number: int
) -> None:
    data_set = make("search-complete", arguments={"search": search})
    run_whole(data_set)
    crm.faults(fault(text, 0))
    run = run_start(data_set, Run.Trigger.PERSON)
    assert run is not None
    assert len(waits(run, number + 3)) == number
    run_work(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert len(shown(data_set)) == 3
    assert not SearchHold.objects.exists()


def test_another_data_set_on_the_search_does_not_feed_the_block(
    make: MakeDataSet, crm: Sandbox, search: dict[str, int]
) -> None:
    one = run_start(make("search-complete", arguments={"search": search}), Run.Trigger.PERSON)
    two = run_start(make("search-complete", slug="two", arguments={"search": search}), Run.Trigger.PERSON)
    assert one is not None and two is not None
    crm.faults(fault(BLOCKED, 1))
    run_work(one.pk)
    calls = len(crm.calls())
    found = run_work(two.pk)
    assert found is not None and found.not_before is not None
    assert len(crm.calls()) == calls and "left alone for a while" in found.error
    assert (found.not_before - timezone.now()).total_seconds() > 1190
