"""Whatever stands in a field: a platform reads it, or parks it with a sentence, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bookings.platforms.payload import FROM_API
from intake.platform import BadPayload, Delivery, NativeEvent
from intake.registry import platforms
from tests.bookings.samples import RECEIVED_AT, SAMPLES, needs_samples, source_of

JUNK: tuple[Any, ...] = ("x", "9" * 30, -1, 1e300, True, [None], {"a": {"b": []}}, "\ud800")
FILES = sorted(
    f"{path.parent.name}/{path.name}"
    for name in ("oncehub", "calendly", "calcom", "acuity")
    for path in (SAMPLES / name).glob("*.json")
)


def spoiled(value: Any, depth: int = 3) -> Iterator[Any]:
    """The value with each of its parts in turn replaced by each piece of junk, and left out."""
    if depth == 0 or not isinstance(value, dict | list):
        return
    places = list(value) if isinstance(value, dict) else range(min(len(value), 2))
    for place in places:
        copy = value.copy()
        for junk in JUNK:
            copy[place] = junk
            yield copy
        for inner in spoiled(value[place], depth - 1):
            copy[place] = inner
            yield copy
        if isinstance(value, dict):
            yield {name: part for name, part in value.items() if name != place}


@needs_samples
@pytest.mark.parametrize("file", FILES)
def test_no_field_makes_a_platform_fail_in_any_other_way(file):
    name = file.partition("/")[0]
    platform, source = platforms()[name], source_of(name)
    is_answer = name == "acuity" or "rest-" in file
    whole = json.loads((SAMPLES / file).read_text())
    if "rest-" in file:
        whole = whole["data"][0]
    for value in spoiled(whole):
        body = json.dumps(value).encode()
        try:
            events = [NativeEvent(name=FROM_API, body=body)]
            if not is_answer:
                events = platform.split(source, Delivery(body=body))
            for event in events:
                told = platform.read(source, event, RECEIVED_AT)
                getattr(told, "to_json", dict)()
        except BadPayload as err:
            assert err.message.endswith((".", "?"))


@pytest.mark.parametrize("name", ["oncehub", "calendly", "calcom", "acuity"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"null", b"1e999"])
def test_garbage_is_parked_with_a_sentence(name, body):
    platform, source = platforms()[name], source_of(name)
    for event in ([NativeEvent(name=FROM_API, body=body)], None):
        try:
            for each in event or platform.split(source, Delivery(body=body)):
                platform.read(source, each, RECEIVED_AT)
        except BadPayload as err:
            assert err.message
