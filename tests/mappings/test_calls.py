from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crm.errors import NotSent
from crm.http.observe import Call, CallOutcome
from mappings.access.calls import MAX_BODY_CHARACTERS, ApiCallLog, ObserverChain
from mappings.models import ApiCall, Connection
from tests.factories import ConnectionFactory

CALL = Call(
    operation="find_tags", method="DataService.query", protocol="xmlrpc", writes=False, request="<ask/>"
)
OUTCOME = CallOutcome(
    call=CALL,
    started_at=datetime(2026, 3, 2, tzinfo=UTC),
    duration_ms=12,
    http_status=200,
    response="<answer/>",
)


class Told:
    def __init__(self, *, stops: bool = False) -> None:
        self.stops = stops
        self.heard: list[str] = []

    def sending(self, call: Call) -> None:
        self.heard.append("sending")
        if self.stops:
            raise NotSent("The worker has lost its lease.")

    def finished(self, outcome: CallOutcome) -> None:
        self.heard.append("finished")


@pytest.mark.django_db
def test_a_finished_call_becomes_a_row() -> None:
    log = ApiCallLog(ConnectionFactory(), trace_id="r1", attempt=2)
    log.step = "tags"
    log.sending(CALL)
    log.finished(OUTCOME)
    row = ApiCall.objects.get()
    assert (row.trace_id, row.attempt, row.step) == ("r1", 2, "tags")
    assert (row.method, row.http_status, row.response) == ("DataService.query", 200, "<answer/>")


@pytest.mark.django_db
def test_texts_are_bounded_and_storable() -> None:
    long = "\x00\ud800" + "x" * 100_000
    ApiCallLog(ConnectionFactory(), trace_id=long).finished(
        replace(OUTCOME, call=replace(CALL, request=long, method=long), error=long, error_class=long)
    )
    row = ApiCall.objects.get()
    assert len(row.request) <= MAX_BODY_CHARACTERS
    assert (len(row.error), len(row.method), len(row.trace_id)) == (999, 79, 39)  # less the NUL


@pytest.mark.django_db(transaction=True)
def test_a_record_that_cannot_be_written_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    connection = ConnectionFactory()
    log = ApiCallLog(connection)
    Connection.objects.all().delete()
    with caplog.at_level(logging.ERROR):
        log.finished(OUTCOME)
    assert "DataService.query could not be written" in caplog.text
    assert not ApiCall.objects.exists()


@pytest.mark.django_db
def test_an_unsaved_connection_has_no_record() -> None:
    ApiCallLog(ConnectionFactory.build(merchant=None)).finished(OUTCOME)
    assert not ApiCall.objects.exists()


def test_a_chain_tells_everyone() -> None:
    first, second = Told(), Told()
    chain = ObserverChain(first, second)
    chain.sending(CALL)
    chain.finished(OUTCOME)
    assert first.heard == second.heard == ["sending", "finished"]


def test_who_stops_a_call_stops_it_for_the_later_ones() -> None:
    last = Told()
    with pytest.raises(NotSent):
        ObserverChain(Told(stops=True), last).sending(CALL)
    assert last.heard == []
