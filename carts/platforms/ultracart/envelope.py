"""The wrappings of an UltraCart delivery.

On record are an array of events (UltraCart's webhook documentation) and `{"events": [...]}` (its PHP sample,
github.com/UltraCart/ultracart-webhook-sample); a single event, a bare order and the REST API's `{"order":
{...}}` are taken too. With `compress_events` the same arrives as one string: gzip, then base64.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.conf import settings

from carts.platforms.ultracart.events import ORDER_EVENT, READ_NAMES
from crm.http.bounded import BodyRefused, BodyTooLarge, unpacked, within
from intake.json_text import json_write
from intake.payload import delivery_read
from intake.platform import BadPayload, NativeEvent

MAX_EVENTS = 1000
INFLATE_FACTOR = 2  # the most a compressed delivery may unpack to, in units of MAX_BODY_BYTES

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_MAGIC_BASE64 = b"H4sI"
_ORDER_KEYS = ("order_id", "creation_dts", "current_stage", "merchant_id")


def envelope_open(body: bytes) -> list[NativeEvent]:
    """Take a delivery apart without judging its events.

    Raises: BadPayload if the whole is unreadable.
    """
    value = _unwrapped(body)
    events = value if isinstance(value, list) else [value]
    if not events:
        raise BadPayload("The delivery holds no events.")
    if len(events) > MAX_EVENTS:
        raise BadPayload(
            f"The delivery holds {len(events)} events. "
            f"Set the webhook's maximum events to {MAX_EVENTS} or less."
        )
    found = []
    for event in events:
        try:
            name, _ = event_open(event)
        except BadPayload:
            name = ""  # it gets a row of its own all the same, which is then parked alone
        if name in READ_NAMES:
            name = ""  # only the poller may store what was read from the shop
        found.append(NativeEvent(name=name, body=json_write(event).encode()))
    return found


def event_open(event: Any) -> tuple[str, Any]:
    """The name of an event and what it holds. Raises: BadPayload."""
    if isinstance(event, dict):
        if any(key in event for key in _ORDER_KEYS):
            return ORDER_EVENT, event
        if isinstance(event.get(ORDER_EVENT), dict):
            return ORDER_EVENT, event[ORDER_EVENT]
        if len(event) == 1:
            return next(iter(event.items()))
    raise BadPayload(
        "This is no UltraCart event: one should be an object with one key, its name, such as order_create.",
        f"It is {event!r:.200}.",
    )


def _unwrapped(body: bytes) -> Any:
    value: Any
    if body.startswith(_GZIP_MAGIC):
        value = delivery_read(_gunzip(body))
    elif body.lstrip().startswith(_GZIP_MAGIC_BASE64):
        value = body.decode("ascii", errors="replace")
    else:
        value = delivery_read(body)
    if isinstance(value, dict) and "events" in value:
        value = value["events"]
    if isinstance(value, str):
        try:
            packed = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError) as err:
            raise BadPayload("The delivery is one text, but not base64 as compressed events are.") from err
        value = delivery_read(_gunzip(packed))
        if isinstance(value, dict) and "events" in value:
            value = value["events"]
    return value


def _gunzip(packed: bytes) -> bytes:
    limit = settings.MAX_BODY_BYTES * INFLATE_FACTOR
    try:
        return b"".join(within(limit, unpacked([packed])))
    except BodyTooLarge as err:
        raise BadPayload(
            f"The delivery unpacks to more than {limit} bytes. Send fewer events at once."
        ) from err
    except BodyRefused as err:
        raise BadPayload(f"The compressed delivery is damaged: {err}.") from err
