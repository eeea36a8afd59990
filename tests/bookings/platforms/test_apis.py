"""The platforms' APIs, over real HTTP: pages, single bookings, refusals; no secret in any message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookings.booking_data import BookingEventData, News
from bookings.platforms.api_client import BookingApi
from bookings.platforms.calendly.api import HOOK_RESTORED
from intake.models import Source
from intake.platform import NativeEvent
from intake.registry import platforms
from intake.shop_api import Polled, Shop, ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from tests.bookings.samples import RECEIVED_AT, SECRET, source_of
from tests.sandbox_client import Sandbox

NAMES = ("oncehub", "calendly", "calcom", "acuity")
CHECKED = {
    "oncehub": "oncehub/v2/bookings",
    "calendly": "calendly/users/me",
    "calcom": "calcom/v2/me",
    "acuity": "acuity/api/v1/me",
}
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)


@pytest.fixture
def stand_in(sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    settings.SHOP_PRIVATE_ADDRESSES = True
    settings.BOOKING_API_URL = f"{sandbox.url}/platforms"
    yield sandbox


def load(stand_in: Sandbox, path: str, body: Any = None, **changes: Any) -> None:
    reply = {"path": path, "body": {} if body is None else body, **changes}
    stand_in.control("POST", "platforms", reply)


def asked(stand_in: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stand_in.control("GET", "platforms")["asked"]
    return found


def reach(name: str, source: Source | None = None) -> Shop:
    """Without the pauses that a platform's limit asks for: here is none."""
    api = platforms()[name].reach(source or source_of(name))
    assert isinstance(api, BookingApi)
    api.pause_seconds = 0.0
    return api


def told(name: str, polled: Polled) -> BookingEventData:
    event = NativeEvent(name=polled.name, body=polled.body)
    found = platforms()[name].read(source_of(name), event, RECEIVED_AT)
    assert isinstance(found, BookingEventData)
    return found


def everything(name: str, feed: str = "bookings") -> list[Polled]:
    with reach(name) as api:
        return [polled for page in api.pages(feed, SINCE, UNTIL) for polled in page]


@pytest.mark.parametrize("name", NAMES)
def test_an_account_answers_and_has_no_bookings(stand_in, name):
    with reach(name) as api:
        assert "answered" in api.check()
        assert api.read(["no-such", "../x", "https://evil.example.com/", ""]) == []
    assert everything(name) == []
    headers = asked(stand_in)[0]["headers"]
    key = headers.get("api-key") or headers["authorization"]
    assert key.endswith(SECRET) or key.startswith("Basic ")
    assert "python" not in headers["user-agent"] or name != "calendly"  # it answers 403 to that


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": f"bad key {SECRET}"}, ShopRefused),
        (403, "<html>", ShopRefused),
        (429, {}, ShopUnavailable),
        (500, SECRET, ShopUnavailable),
        (400, {}, ShopAnswerUnusable),
        (200, "<html>", ShopAnswerUnusable),
        (200, [], ShopError),
        (404, {}, ShopError),
    ],
)
def test_each_failure_has_its_meaning_and_tells_no_secret(stand_in, name, status, body, error):
    load(stand_in, CHECKED[name], body, status=status, headers={"Retry-After": "7"})
    with pytest.raises(ShopError) as caught, reach(name) as api:
        api.check()
    assert isinstance(caught.value, error)
    assert SECRET not in caught.value.message + caught.value.detail
    if status == 429:
        assert isinstance(caught.value, ShopUnavailable)
        assert caught.value.retry_after_seconds == 7.0


@pytest.mark.parametrize("name", NAMES)
def test_without_its_key_nothing_is_asked(stand_in, name):
    for key in ("", "a key\n of two lines", "käse"):
        with pytest.raises(ShopRefused):
            reach(name, source_of(name, api_secret=key))
    assert asked(stand_in) == []


# -- OnceHub ------------------------------------------------------------------------------------------------


def oncehub_booking(booking_id: str) -> dict[str, Any]:
    return {
        "id": booking_id,
        "status": "scheduled",
        "last_updated_time": "2026-03-01T10:00:00Z",
        "event_type": {"id": "ET-1", "name": "Call"},
        "form_submission": {"email": "a@example.com"},
    }


def test_oncehub_gives_its_pages_by_the_last_id(stand_in):
    first, last = oncehub_booking("BKNG-1"), oncehub_booking("BKNG-2")
    window = (
        "expand=booking_page%2Cmaster_page%2Cevent_type%2Cowner&last_updated_time.gt=2026-02-28T23%3A59%3A59Z"
        "&last_updated_time.lt=2026-03-02T00%3A00%3A01Z"
    )
    load(stand_in, f"oncehub/v2/bookings?{window}&limit=100", {"data": [first], "has_more": True})
    load(
        stand_in, f"oncehub/v2/bookings?{window}&after=BKNG-1&limit=100", {"data": [last], "has_more": False}
    )
    assert [polled.key for polled in everything("oncehub")] == ["BKNG-1", "BKNG-2"]


def test_oncehub_gives_one_booking(stand_in):
    load(stand_in, "oncehub/v2/bookings/BKNG-1", oncehub_booking("BKNG-1"))
    with reach("oncehub") as api:
        (polled,) = api.read(["BKNG-1", "BKNG-2"])
    event = told("oncehub", polled)
    assert event.booking is not None
    assert (polled.key, event.booking.event_type.name) == ("BKNG-1", "Call")


def test_oncehubs_endless_list_ends(stand_in):
    load(stand_in, "oncehub/v2/bookings", {"data": [oncehub_booking("BKNG-1")], "has_more": True})
    with pytest.raises(ShopAnswerUnusable, match="no end"):
        everything("oncehub")


# -- Calendly -----------------------------------------------------------------------------------------------

EVENTS = "calendly/scheduled_events"


def calendly_event(name: str, updated_at: datetime, **changes: Any) -> dict[str, Any]:
    start = datetime.now(UTC) + timedelta(days=3)
    return {
        "uri": f"https://api.calendly.com/scheduled_events/{name}",
        "name": "Call",
        "start_time": start.isoformat(),
        "updated_at": updated_at.isoformat(),
        "invitees_counter": {"limit": 1},
        **changes,
    }


def calendly_invitee(name: str) -> dict[str, Any]:
    return {
        "uri": f"https://api.calendly.com/scheduled_events/{name}/invitees/inv",
        "email": "a@example.com",
        "status": "active",
        "updated_at": "2026-03-01T10:00:00Z",
    }


def test_calendly_is_asked_for_the_invitees_of_what_may_have_changed(stand_in):
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    events = [
        calendly_event("old", SINCE - timedelta(days=1)),
        calendly_event("new", SINCE + timedelta(hours=1)),
        calendly_event("group", SINCE - timedelta(days=1), invitees_counter={"limit": 9}),
    ]
    late = calendly_event("late", SINCE - timedelta(days=1), start_time=yesterday)
    load(stand_in, EVENTS, {"collection": events, "pagination": {"next_page_token": "p2"}})
    for event in [*events, late]:
        name = event["uri"].rpartition("/")[2]
        load(stand_in, f"{EVENTS}/{name}/invitees", {"collection": [calendly_invitee(name)]})
    with reach("calendly") as api:
        pages = api.pages("bookings", SINCE, UNTIL)
        with pytest.raises(ShopAnswerUnusable, match="no end"):  # the next page names itself
            next(iter(pages))
    load(stand_in, EVENTS, {"collection": [*events, late], "pagination": {"next_page_token": None}})
    found = everything("calendly")
    names = [polled.key.split("/")[4] for polled in found]
    assert names == ["new", "group", "late"]
    assert told("calendly", found[0]).news == News.SCHEDULED


def test_calendly_gives_one_invitee_with_its_event(stand_in):
    invitee = calendly_invitee("ev1")
    load(stand_in, f"{EVENTS}/ev1/invitees/inv", {"resource": invitee})
    load(stand_in, f"{EVENTS}/ev1", {"resource": calendly_event("ev1", SINCE)})
    with reach("calendly") as api:
        (polled,) = api.read([invitee["uri"]])
    event = told("calendly", polled)
    assert event.booking is not None
    assert (event.segment_id, event.booking.subject) == (invitee["uri"], "Call")


def test_a_hook_that_calendly_switched_off_is_made_anew_once_and_told(stand_in):
    hook = {
        "uri": "https://api.calendly.com/webhook_subscriptions/sub1",
        "callback_url": "https://cascader.example.com/hooks/the-token/",
        "state": "disabled",
        "events": ["invitee.created"],
        "organization": "https://api.calendly.com/organizations/test",
        "scope": "organization",
    }
    others = [{**hook, "callback_url": "https://else.example.com/"}, {**hook, "state": "active"}]
    load(stand_in, "calendly/webhook_subscriptions", {"collection": others})
    assert everything("calendly", "deliveries") == []
    load(stand_in, "calendly/webhook_subscriptions", {"collection": [hook]})
    load(stand_in, "calendly/webhook_subscriptions/sub1", "", verb="DELETE", status=204)
    load(stand_in, "calendly/webhook_subscriptions", {"resource": {}}, verb="POST", status=201)
    (polled,) = everything("calendly", "deliveries")
    assert polled.name == HOOK_RESTORED
    written = [one for one in asked(stand_in) if one["verb"] != "GET"]
    assert [(one["verb"], one["path"].rpartition("/")[2]) for one in written] == [
        ("DELETE", "sub1"),
        ("POST", "webhook_subscriptions"),
    ]
    made = json.loads(written[1]["body"])
    assert (made["url"], made["events"], made["signing_key"]) == (
        hook["callback_url"],
        hook["events"],
        SECRET,
    )


# -- Cal.com ------------------------------------------------------------------------------------------------


def calcom_booking(uid: str, **changes: Any) -> dict[str, Any]:
    return {
        "uid": uid,
        "status": "accepted",
        "createdAt": "2026-03-01T10:00:00Z",
        "updatedAt": "2026-03-01T10:00:00Z",
        "attendees": [{"email": "a@example.com"}],
        **changes,
    }


def test_calcom_gives_its_pages_and_each_seat_by_itself(stand_in):
    seats = [{"email": "A@example.com", "seatUid": "s1"}, {"email": "b@example.com", "seatUid": "s2"}]
    bookings = [calcom_booking(f"uid{number}") for number in range(99)]
    bookings.append(calcom_booking("seated", attendees=seats))
    load(stand_in, "calcom/v2/bookings", {"data": []})
    window = (
        "sortUpdatedAt=asc&afterUpdatedAt=2026-03-01T00%3A00%3A00.000Z"
        "&beforeUpdatedAt=2026-03-02T00%3A00%3A00.000Z"
    )
    load(stand_in, f"calcom/v2/bookings?{window}&take=100&skip=0", {"data": bookings})
    keys = [polled.key for polled in everything("calcom")]
    assert (len(keys), keys[-2:]) == (101, ["seated:a@example.com", "seated:b@example.com"])


def test_calcom_gives_one_booking_or_one_seat(stand_in):
    seats = [{"email": "A@example.com", "seatUid": "s1"}, {"email": "b@example.com", "seatUid": "s2"}]
    load(stand_in, "calcom/v2/bookings/uid1", {"data": calcom_booking("uid1")})
    load(stand_in, "calcom/v2/bookings/uid2", {"data": calcom_booking("uid2", attendees=seats)})
    with reach("calcom") as api:
        found = api.read(["uid1", "uid2:a@example.com", "uid3"])
    assert [told("calcom", polled).segment_id for polled in found] == ["uid1", "uid2:a@example.com"]
    assert asked(stand_in)[0]["headers"]["cal-api-version"] == "2024-08-13"


# -- Acuity -------------------------------------------------------------------------------------------------


def test_acuity_is_asked_for_fewer_days_where_there_are_more_appointments_than_it_gives(stand_in):
    load(stand_in, "acuity/api/v1/appointments", [{"id": number} for number in range(1, 4)])
    assert [polled.key for polled in everything("acuity")] == ["1", "2", "3"]
    assert len(asked(stand_in)) == 1
    assert "showall=true" in asked(stand_in)[0]["query"]
    load(stand_in, "acuity/api/v1/appointments", [{"id": number} for number in range(1, 201)])
    with pytest.raises(ShopAnswerUnusable, match="more than 200 appointments on"):
        everything("acuity")


def test_acuity_gives_one_appointment(stand_in):
    load(stand_in, "acuity/api/v1/appointments/1", {"id": 1, "type": "Visit"})
    with reach("acuity") as api:
        (polled,) = api.read(["1", "2", "1/../2"])
    assert told("acuity", polled).segment_id == "1"
    assert asked(stand_in)[0]["headers"]["authorization"].startswith("Basic ")
