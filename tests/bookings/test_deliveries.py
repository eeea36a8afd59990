"""Deliveries through the platforms' hooks, and what the CRM has then."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, BookingEvent
from bookings.models.settings import BookingSettings, booking_settings_create
from bookings.platforms.signatures import hex_signature, timed_signature
from intake.admin.source_form import fieldsets_of
from intake.models import InboundEvent, Source
from intake.polling.polling import shop_poll
from intake.processing import event_process
from intake.test_event import send_test_event
from tests.bookings.agenda import Agenda
from tests.bookings.samples import SECRET, needs_samples, sample_json
from tests.cascade.conftest import Shop
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)
State = InboundEvent.State
TAKEN = (State.APPLIED, State.OUTDATED)  # older news that comes later is stored and changes nothing


def source_for(shop: Shop, platform: str, token: str = "the-token") -> Source:
    source: Source = SourceFactory(
        connection=shop.connection,
        platform=platform,
        token=token,
        slug=f"talks-{token}",
        signing_secret=SECRET,
        api_user="12345",
        api_secret=SECRET,
    )
    booking_settings_create(source)
    BookingSettings.objects.filter(source=source).update(all_hosts=True)
    return source


def moved_to(year: int, body: dict[str, Any]) -> bytes:
    """The bookings of the samples are long over; here they are still to come."""
    text = json.dumps(body)
    for past in ("2025-11", "2026-05"):
        text = text.replace(f"{past}-", f"{year}-{past[-2:]}-")
    return text.encode()


def deliver(client: Client, platform: str, body: bytes, token: str = "the-token") -> InboundEvent:
    """Through the hook, signed; as it is after it was worked on once."""
    now = datetime.now(UTC)
    signature = {
        "calcom": lambda: {"X-Cal-Signature-256": hex_signature(SECRET, body)},
        "calendly": lambda: {"Calendly-Webhook-Signature": timed_signature("v1", SECRET, body, now)},
        "oncehub": lambda: {"Oncehub-Signature": timed_signature("s", SECRET, body, now)},
    }
    headers = signature[platform]()
    answer = client.post(f"/hooks/{token}/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    event_process(answer.json()["stored"])
    return InboundEvent.objects.get(pk=answer.json()["stored"])


def ends(shop: Shop, source: Source, email: str) -> tuple[Sequence[str], list[dict[str, Any]]]:
    agenda = Agenda(shop, source)
    agenda.drive()
    return agenda.tags(email), agenda.appointments(email)


@needs_samples
def test_a_captured_chain_of_changing_ids_is_one_booking_and_one_appointment(shop, client):
    names = ("chain-1-BOOKING_CREATED", "chain-2-BOOKING_RESCHEDULED", "chain-3-BOOKING_CANCELLED")
    bodies = [sample_json(f"calcom/{name}.json") for name in names]
    told = set()
    for number, order in enumerate(permutations(bodies)):
        source = source_for(shop, "calcom", f"token-{number}")
        Source.objects.filter(pk=source.pk).update(api_secret="")  # who cancelled is not asked for
        email = f"pat{number}@example.com"
        for body in order:
            text = moved_to(2031, body).replace(b"pat@example.com", email.encode())
            assert deliver(client, "calcom", text, f"token-{number}").state in TAKEN
            tags, appointments = ends(shop, source, email)
        assert Booking.objects.filter(source=source, merged_into=None).count() == 1
        (appointment,) = appointments
        notes, _, marker = appointment["CreationNotes"].rstrip().rpartition("\n")
        assert marker.startswith(f"{source.slug} booking ")  # by the id that was heard of first
        told.add(str((tags, {**appointment, "CreationNotes": notes})))
    assert len(told) == 1
    assert "['Canceled', 'Canceled (Booking ID: AbCdEfGhIjKlMnOpQrStUv)']" in told.pop()


@needs_samples
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_reschedule_of_two_events_is_never_a_cancellation(shop, client, order):
    halves = ("reschedule-1-invitee.canceled", "reschedule-2-invitee.created")
    source = source_for(shop, "calendly")
    seen = []
    for place in order:
        body = moved_to(2031, sample_json(f"calendly/{halves[place]}.json"))
        assert deliver(client, "calendly", body).state in TAKEN
        seen.append(ends(shop, source, "x@example.com")[0])
    assert not any("Canceled" in tag for tags in seen for tag in tags)
    tags, (appointment,) = ends(shop, source, "x@example.com")
    assert tags == ["Rescheduled by Customer", "Rescheduled by Customer (Booking ID: old-inv)"]
    assert appointment["ActionDescription"] == "Strategy Call"


def acuity(client: Client, action: str) -> InboundEvent:
    body = f"action=appointment.{action}&id=4711".encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    answer = client.post(
        "/hooks/the-token/",
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Acuity-Signature": signature},
    )
    assert answer.status_code == 200
    event_process(answer.json()["stored"])
    return InboundEvent.objects.get(pk=answer.json()["stored"])


def process_all() -> None:
    for event_id in InboundEvent.objects.filter(state=State.STORED).values_list("pk", flat=True):
        event_process(event_id)


def test_what_only_names_a_booking_is_read_or_waits_and_is_parked(shop, client, settings):
    settings.SHOP_PRIVATE_ADDRESSES = True
    settings.BOOKING_API_URL = f"{shop.sandbox.url}/platforms"
    source = source_for(shop, "acuity")
    path = "acuity/api/v1/appointments/4711"
    appointment = {
        "id": 4711,
        "email": "grace@example.com",
        "type": "Visit",
        "datetime": "2031-03-04T10:00:00-0500",
        "duration": "30",
    }
    shop.sandbox.control("POST", "platforms", {"path": path, "body": {}, "status": 500})
    waiting = acuity(client, "scheduled")
    assert waiting.state == State.READING
    shop_poll(source.pk, feeds=False)
    waiting.refresh_from_db()
    assert waiting.state == State.READING
    assert not BookingEvent.objects.exists()
    for wanted, start, tag in (
        ("scheduled", "2031-03-04T10:00:00-0500", "Scheduled"),
        ("changed", "2031-03-04T10:00:00-0500", "Scheduled"),
        ("rescheduled", "2031-03-05T10:00:00-0500", "Rescheduled by Customer"),
    ):
        reply = {"path": path, "body": {**appointment, "datetime": start}}
        shop.sandbox.control("POST", "platforms", reply)
        if wanted != "scheduled":
            acuity(client, wanted)
        source.poller.refresh_from_db()
        type(source.poller).objects.update(not_before=None)
        shop_poll(source.pk, feeds=False)
        process_all()
        tags, appointments = ends(shop, source, "grace@example.com")
        assert (tags[0], len(appointments)) == (tag, 1)
    waiting.refresh_from_db()
    assert waiting.state == State.APPLIED
    shop.sandbox.control("POST", "platforms", {"path": path, "status": 401})
    refused = acuity(client, "canceled")
    shop_poll(source.pk, feeds=False)
    process_all()
    refused.refresh_from_db()
    assert refused.state == State.PARKED
    assert "Check the API credentials" in refused.problem


@pytest.mark.parametrize("platform", ["oncehub", "calendly", "calcom", "acuity"])
def test_a_test_event_is_read_and_nothing_of_it_is_kept(shop, platform):
    event = send_test_event(source_for(shop, platform), timezone.now())
    assert event.state == State.IGNORED
    assert "Nothing of it is kept" in event.problem
    assert not Booking.objects.exists()


def test_who_cancelled_is_asked_for_where_no_delivery_tells_it(shop, client, settings):
    settings.SHOP_PRIVATE_ADDRESSES = True
    settings.BOOKING_API_URL = f"{shop.sandbox.url}/platforms"
    source = source_for(shop, "calcom")
    booking = {
        "uid": "uid-1",
        "title": "Call",
        "startTime": "2031-03-10T09:00:00Z",
        "endTime": "2031-03-10T09:30:00Z",
        "organizer": {"email": "host@example.com"},
        "attendees": [{"email": "pat@example.com", "name": "Pat"}],
    }
    made = {"triggerEvent": "BOOKING_CREATED", "createdAt": "2031-03-01T10:00:00Z", "payload": booking}
    gone = {**made, "triggerEvent": "BOOKING_CANCELLED", "createdAt": "2031-03-02T10:00:00Z"}
    read = {
        "uid": "uid-1",
        "status": "cancelled",
        "start": booking["startTime"],
        "end": booking["endTime"],
        "updatedAt": "2031-03-02T10:00:00Z",
        "hosts": [{"email": "host@example.com"}],
        "attendees": [{"email": "pat@example.com"}],
        "cancelledByEmail": "host@example.com",
    }
    shop.sandbox.control("POST", "platforms", {"path": "calcom/v2/bookings/uid-1", "body": {"data": read}})
    assert deliver(client, "calcom", json.dumps(made).encode()).state == State.APPLIED
    assert deliver(client, "calcom", json.dumps(gone).encode()).state == State.READING
    shop_poll(source.pk, feeds=False)
    process_all()
    assert ends(shop, source, "pat@example.com")[0][0] == "Canceled by Owner"


def test_the_page_of_a_source_asks_for_what_its_platform_signs_with():
    def fields(platform: str) -> set[str]:
        sections = fieldsets_of(Source(platform=platform), may_edit=True)
        return {name for _, section in sections for name in section["fields"]}

    assert "signing_secret" in fields("calendly") & fields("oncehub")
    assert "signing_secret" not in fields("acuity")
    assert "basic_user" not in fields("acuity")
    assert {"api_user", "api_secret"} <= fields("acuity")
