"""Bookings put in over the REST API: stored, told back, and known again whatever id they have by then."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from bookings.api import examples
from bookings.api.serializers import STATES
from bookings.log_words import STATE_WORDS
from bookings.models import Booking, BookingEvent
from intake.models import ApiKey, InboundEvent
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/bookings/"


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.fixture
def put(client: Client, key: ApiKey) -> Any:
    def post(value: Any, url: str = URL) -> Any:
        return client.post(url, value, content_type="application/json", HTTP_AUTHORIZATION="Api-Key the-key")

    return post


@pytest.fixture
def listed(client: Client, key: ApiKey) -> Any:
    return lambda query="": client.get(f"{URL}?{query}", HTTP_AUTHORIZATION="Api-Key the-key").json()[
        "results"
    ]


def test_a_booking_its_move_and_its_end_are_one_booking(put, listed):
    made = put(examples.BOOKING)
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "scheduled", 1)
    moved = put(examples.MOVED)
    assert (moved.status_code, moved.json()["state"], moved.json()["booking_id"]) == (
        *(200, "rescheduled"),
        "B-1001",
    )
    assert moved.json()["email"] == "ada@example.com"  # the news before told it
    ended = put(examples.CANCELED).json()
    assert (ended["state"], ended["actor"], ended["since"]) == (
        *("canceled", "owner"),
        "2026-03-04T14:00:00+00:00",
    )
    assert [booking["booking_id"] for booking in listed()] == ["B-1001"]


def test_the_same_news_again_changes_nothing(put):
    put(examples.BOOKING)
    again = put(examples.BOOKING)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert InboundEvent.objects.latest("id").state == "repeated"
    assert BookingEvent.objects.count() == 1
    put({**examples.BOOKING, "event_id": "e-1"})
    assert put({**examples.BOOKING, "event_id": "e-1", "subject": "Something else"}).json()["subject"] == (
        "Consultation"
    )


def test_news_in_any_order(put):
    for value in (examples.CANCELED, examples.MOVED, examples.BOOKING):
        answer = put(value).json()
    assert (answer["state"], answer["booking_id"], Booking.objects.count()) == ("canceled", "B-1001", 1)


def test_a_batch_takes_bookings_beside_all_else(put):
    rows = [
        {"kind": "booking", "data": examples.BOOKING},
        {"kind": "booking", "data": {"booking_id": "B-9"}},
        {"kind": "booking", "data": examples.MOVED},
    ]
    results = put({"rows": rows}, "/api/v1/batch/").json()["results"]
    assert [result["status"] for result in results] == [201, 400, 200]
    assert results[0]["identity"] == {"booking_id": "B-1001"}
    assert results[1]["errors"].keys() == {"event", "occurred_at"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("booking_id=B-1001", 1),
        ("booking_id=B-1002", 1),
        ("booking_id=B-1003", 0),
        ("email=ADA@example.com", 1),
        ("state=rescheduled", 1),
        ("state=canceled", 0),
        ("starts_after=2030-03-12T19:00:00Z", 1),
        ("starts_before=2030-03-12T19:00:00Z", 0),
    ],
)
def test_filters(put, listed, query, found):
    put(examples.BOOKING)
    put(examples.MOVED)
    assert len(listed(query)) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("booking_id", ""),
        ("booking_id", "B" * 256),
        ("event", "postponed"),
        ("occurred_at", "2026-03-02"),
        ("occurred_at", None),
        ("actor", "robot"),
        ("starts_at", "tomorrow"),
        ("duration_minutes", -1),
        ("guests", [{}] * 501),
        ("guests", [{"phone": "1"}]),
        ("answers", [{"value": "Teapots"}]),
        ("host", "Joe"),
        ("utm", {"colour": "red"}),
        ("colour", "red"),
    ],
)
def test_structural_nonsense_is_refused_by_field(put, field, value):
    answer = put({**deepcopy(examples.BOOKING), field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not InboundEvent.objects.exists()


def test_another_sources_key_sees_nothing(client, put):
    put(examples.BOOKING)
    ApiKeyFactory(plain="other-key")
    other = {"HTTP_AUTHORIZATION": "Api-Key other-key"}
    assert client.get(URL, **other).json()["results"] == []
    assert client.get(URL).status_code == 401


def test_a_list_asks_no_more_for_more_rows(client, put, django_assert_max_num_queries):
    for number in range(5):
        put({**examples.BOOKING, "booking_id": f"B-{number}"})
    with django_assert_max_num_queries(3):
        answer = client.get(URL, HTTP_AUTHORIZATION="Api-Key the-key")
    assert len(answer.json()["results"]) == 5


def test_its_states_are_those_of_the_log():
    assert set(STATES) == set(STATE_WORDS)
