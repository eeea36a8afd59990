"""The payloads of booking platforms, each through its entrance, for `tests.sample_payloads`."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tests.stack import ROOT, Stack

SAMPLES = ROOT.parent / "shared" / "bookings" / "samples"
SECRET = "a secret of the samples"
OURS = ("oncehub", "calendly", "calcom", "acuity")
LIST = "oncehub/rest-v2-list-bookings.json"
TOLD_ELSEWHERE = "the answer that the delivery beside it was completed with"
NO_PLATFORM = "no platform here: such bookings come over the REST API"


@dataclass
class BookingRow:
    file: str
    entrance: str
    source: Any = None
    bookings: list[str] = field(default_factory=list)
    in_crm: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    good: bool = False


def booking_files() -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*"))


def bookings_delivered(stack: Stack) -> list[BookingRow]:
    """Each file at a source of its own: several tell of one booking in other words."""
    return [_deliver(stack, name) for name in booking_files()]


def bookings_look_up(rows: list[BookingRow], stack: Stack) -> None:
    from bookings.models import Booking
    from cascade.models import Replication
    from intake.models import InboundEvent

    actions = {row["Id"]: row for row in stack.sandbox.rows("ContactAction")}
    for row in rows:
        if row.source is None:
            continue
        for event in InboundEvent.objects.filter(source=row.source, state__in=["ignored", "parked"]):
            row.outcomes.append(f"{event.get_state_display().lower()}: {event.problem}")
            row.good = bool(event.problem)
        row.bookings += [f"{one}: {one.state}" for one in Booking.objects.filter(source=row.source)]
        for replication in Replication.objects.filter(source=row.source).order_by("id"):
            row.outcomes.append(f"{replication.state}: {replication.reason}".rstrip(": "))
            row.good = replication.state == "succeeded" or bool(replication.reason)
        marked = re.compile(rf"\b{re.escape(row.source.slug)} booking ")
        row.in_crm += [
            str(one["ActionDescription"])
            for one in actions.values()
            if marked.search(str(one.get("CreationNotes") or ""))
        ]


def bookings_print(rows: list[BookingRow]) -> bool:
    """The table; whether all went well and no file was left out."""
    print("\n| file | entrance | booking | appointment in the CRM | what became of it |")
    print("|---|---|---|---|---|")
    for row in rows:
        told = "; ".join(dict.fromkeys(row.outcomes)) or "no outcome"
        mark = "" if row.good else "**wrong** "
        cells = (row.file, row.entrance, ", ".join(row.bookings), ", ".join(row.in_crm), f"{mark}{told}")
        print(f"| {' | '.join(cells)} |")
    missing = sorted(set(booking_files()) - {row.file for row in rows})
    good = sum(row.good for row in rows)
    print(f"\n{len(rows)} files of bookings, {good} well; not tried: {missing or 'none'}")
    return good == len(rows) and not missing


def _deliver(stack: Stack, name: str) -> BookingRow:
    platform = name.partition("/")[0]
    body = (SAMPLES / name).read_bytes()
    if platform not in OURS:
        return BookingRow(name, "none", outcomes=[NO_PLATFORM], good=True)
    if name.endswith("-get.json"):
        return BookingRow(name, "Acuity's API", outcomes=[TOLD_ELSEWHERE], good=True)
    if replies := list(_replies(name, body)):
        stack.sandbox.control("POST", "platforms", replies)
    source = _source(name, platform)
    if name == LIST:
        from intake.polling.readings import reading_open

        reading_open(source, json.loads(body)["data"][0]["id"])
        return BookingRow(name, "OnceHub's API", source)
    url = f"{stack.facts['web_url']}/hooks/{source.token}/"
    form = name.endswith(".txt")
    content_type = "application/x-www-form-urlencoded" if form else "application/json"
    headers = {"Content-Type": content_type, **_signature(platform, body)}
    requests.post(url, data=body, headers=headers, timeout=30).raise_for_status()
    return BookingRow(name, f"{platform} hook", source)


def _signature(platform: str, body: bytes) -> dict[str, str]:
    from bookings.platforms.signatures import hex_signature, timed_signature

    now = datetime.now(UTC)
    match platform:
        case "oncehub":
            return {"Oncehub-Signature": timed_signature("s", SECRET, body, now)}
        case "calendly":
            return {"Calendly-Webhook-Signature": timed_signature("v1", SECRET, body, now)}
        case "calcom":
            return {"X-Cal-Signature-256": hex_signature(SECRET, body)}
        case _:
            digest = hmac.digest(SECRET.encode(), body, "sha256")
            return {"X-Acuity-Signature": base64.b64encode(digest).decode()}


def _source(name: str, platform: str) -> Any:
    from bookings.models.settings import BookingSettings, booking_settings_create
    from intake.sources import source_create
    from mappings.models import Connection

    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[-30:].strip("-")
    access = {"signing_secret": SECRET, "api_secret": SECRET, "api_user": "12345", "poll_minutes": 0}
    connection = Connection.objects.get()
    source = source_create(connection, slug=slug, name=slug, platform=platform, **access)
    booking_settings_create(source)
    BookingSettings.objects.filter(source=source).update(all_hosts=True)
    return source


def _replies(name: str, body: bytes) -> Iterator[dict[str, Any]]:
    """What the platform's API has to tell for this file."""
    if name == LIST:
        booking = json.loads(body)["data"][0]
        yield {"path": f"oncehub/v2/bookings/{booking['id']}", "body": booking}
    if name.startswith("acuity/"):
        answer = json.loads(Path(SAMPLES / name.replace(".form.txt", "-get.json")).read_text())
        yield {"path": f"acuity/api/v1/appointments/{answer['id']}", "body": answer}
    if name.startswith("calendly/invitee.") and b'scheduled_event"' not in body:
        # Two files are of one invitee, which was cancelled: the API tells what it has come to.
        last = name.replace("created-2020", "canceled-2020")
        invitee = json.loads((SAMPLES / last).read_text())["payload"]
        event = json.loads((SAMPLES / "calendly/invitee.created.json").read_text())["payload"][
            "scheduled_event"
        ]
        yield {"path": f"calendly/{_path(invitee['uri'])}", "body": {"resource": invitee}}
        yield {"path": f"calendly/{_path(invitee['event'])}", "body": {"resource": event}}


def _path(uri: str) -> str:
    return uri.partition("api.calendly.com/")[2]
