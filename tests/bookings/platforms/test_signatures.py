"""Who may deliver: each signature vector fits, and no changed byte of it or of its body does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.datastructures import CaseInsensitiveMapping

from bookings.platforms.signatures import TOLERANCE_SECONDS, timed_signature_fits
from intake.registry import platforms
from tests.bookings.samples import SAMPLES, SECRET, needs_samples, sample, source_of
from tests.factories import SourceFactory

MARKS = {"oncehub": "s", "calendly": "v1"}
SIGNED_AT = datetime.fromtimestamp(1700000000, UTC)
NAMES = ("oncehub", "calendly", "calcom", "acuity")


def vectors() -> list[tuple[str, str]]:
    if not SAMPLES.is_dir():
        return []
    found = json.loads((SAMPLES / "signatures.json").read_text())["signatures"]
    return [(name, vector["value"]) for name, vector in found.items() if name.partition("/")[0] in NAMES]


def fits(name: str, header: str, body: bytes, now: datetime = SIGNED_AT) -> bool:
    platform = name.partition("/")[0]
    if platform in MARKS:
        return timed_signature_fits(header, MARKS[platform], (SECRET, ""), body, now)
    header_name = {"calcom": "x-cal-signature-256", "acuity": "x-acuity-signature"}[platform]
    headers = CaseInsensitiveMapping({header_name: header})
    return platforms()[platform].authenticate(source_of(platform), headers, body)


@needs_samples
@pytest.mark.parametrize(("name", "header"), vectors())
def test_a_vector_fits_and_nothing_beside_it(name, header):
    body = sample(name)
    assert fits(name, header, body)
    for place in range(len(header)):
        changed = chr(ord(header[place]) ^ 1)
        assert not fits(name, header[:place] + changed + header[place + 1 :], body), place
    for place in range(0, len(body), max(len(body) // 200, 1)):
        changed_body = bytearray(body)
        changed_body[place] ^= 1
        assert not fits(name, header, bytes(changed_body)), place
    for other in (body[:-1], body + b" ", b""):
        assert not fits(name, header, other)
    for other in ("", header[:-1], header + "0", header.upper(), f"{header},{header}"):
        assert not fits(name, other, body), other


@needs_samples
@pytest.mark.parametrize(("name", "header"), [one for one in vectors() if one[0].partition("/")[0] in MARKS])
def test_a_signed_time_counts_for_five_minutes_in_either_direction(name, header):
    body = sample(name)
    for seconds in (-TOLERANCE_SECONDS, TOLERANCE_SECONDS):
        assert fits(name, header, body, SIGNED_AT + timedelta(seconds=seconds))
        beyond = seconds + (1 if seconds > 0 else -1)
        assert not fits(name, header, body, SIGNED_AT + timedelta(seconds=beyond))


@pytest.mark.parametrize("name", NAMES)
def test_the_secret_before_is_taken_while_it_is_changed_and_none_opens_nothing(name):
    platform, now = platforms()[name], datetime.now(UTC)
    made = platform.test_delivery(source_of(name), now)
    assert made is not None
    body, given = made
    headers = CaseInsensitiveMapping(given)
    assert platform.authenticate(source_of(name), headers, body)
    assert not platform.authenticate(source_of(name, signing_secret="x", api_secret="x"), headers, body)
    assert not platform.authenticate(source_of(name), CaseInsensitiveMapping({}), body)
    if platform.signing_field == "signing_secret":
        changing = source_of(name, signing_secret="new", signing_secret_before=SECRET)
        assert platform.authenticate(changing, headers, body)
    bare = source_of(name, signing_secret="", api_secret="")
    assert platform.authenticate(bare, headers, body) is platform.takes_unsigned


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_the_hook_answers_401_to_a_foreign_or_an_old_signature(client: Any, name: str) -> None:
    source = SourceFactory(platform=name, token="the-token", signing_secret=SECRET, api_secret=SECRET)
    platform = platforms()[name]
    for moment, status in (
        (datetime.now(UTC), 200),
        (datetime.now(UTC) - timedelta(minutes=6), 401 if name in MARKS else 200),
    ):
        body, headers = platform.test_delivery(source, moment) or (b"", {})
        content_type = headers.pop("Content-Type")
        answer = client.post("/hooks/the-token/", body, content_type=content_type, headers=headers)
        assert answer.status_code == status
    answer = client.post("/hooks/the-token/", body + b" ", content_type=content_type, headers=headers)
    assert answer.status_code == 401
