"""When a protocol is switched off, for hours or for good, and what it answers then (nobody knows that)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from sandbox import xmlrpc_reply
from sandbox.clock import utc_now
from sandbox.problems import EpochOver, NoAnswer
from sandbox.reply import Reply, json_reply
from sandbox.shapes import Reader, one_of, read_members, read_moment, read_seconds

PROTOCOLS = ("xmlrpc", "legacy", "rest_v1", "rest_v2")
XMLRPC_PROTOCOLS = ("xmlrpc", "legacy")
HOLD_SECONDS = 30.0
TEXTS = {
    "503": ("The Service is temporarily unavailable", "messaging.adaptors.http.flow.ServiceUnavailable"),
    "404": (
        "Unable to identify proxy for this host and url",
        "messaging.adaptors.http.flow.ApplicationNotFound",
    ),
    "410": ("This API has been retired", "sandbox.Gone"),
    "429": (
        "Rate limit quota violation. Quota limit  exceeded. Identifier : _default",
        "policies.ratelimit.QuotaViolation",
    ),
    "fault": ("This API has been retired", "sandbox.Retired"),
}
ANSWERS = (*TEXTS, "drop", "hold")

# Month, day and hours of the announced XML-RPC brownouts of 2026 (4spotconsulting). That they begin at
# midnight UTC is assumed; those from October on could not be read. 2027-01-01: nothing is left.
VENDOR_2026 = ((3, 10, 4), (4, 9, 8), (5, 11, 12), (6, 17, 16), (7, 9, 24), (8, 14, 36), (9, 18, 48))
VENDOR_2026_END = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Brownout:
    """From `start` until `end` (None: for good) the protocol gives `answer`; `seconds` is for `hold`."""

    protocol: str
    start: datetime
    end: datetime | None
    answer: str
    seconds: float = HOLD_SECONDS

    def is_on(self, now: datetime) -> bool:
        return self.start <= now and (self.end is None or now < self.end)


def vendor_2026(answer: str) -> list[Brownout]:
    """The vendor's calendar for XML-RPC, on the gateway and the legacy door."""
    starts = [(datetime(2026, month, day, tzinfo=UTC), hours) for month, day, hours in VENDOR_2026]
    spans: list[tuple[datetime, datetime | None]] = [(s, s + timedelta(hours=hours)) for s, hours in starts]
    spans.append((VENDOR_2026_END, None))
    return [Brownout(protocol, *span, answer) for span in spans for protocol in XMLRPC_PROTOCOLS]


PRESETS = {"vendor-2026": vendor_2026}


class BrownoutCalendar:
    """Empty at the start: no protocol is switched off."""

    def __init__(self) -> None:
        self._brownouts: list[Brownout] = []

    def change(self, wanted: Any) -> None:
        """Replace the calendar, all or, with a ValueError that says why, nothing."""
        if isinstance(wanted, list):
            self._brownouts = [_read_brownout(one) for one in wanted]
            return
        found = read_members(
            "a calendar", wanted, {"preset": one_of(*PRESETS), "answer": one_of(*ANSWERS)}, ("preset",)
        )
        self._brownouts = PRESETS[found["preset"]](found.get("answer", "503"))

    def refusal(self, protocol: str, epoch: Event) -> Reply | None:
        """What a protocol that is switched off answers; None where it is not.

        A `fault` is HTTP 200 in the protocol's words over XML-RPC, and HTTP 400 over REST. Raises NoAnswer
        where the connection is closed without a byte, at once or after a while.
        """
        now = utc_now()
        found = next((one for one in self._brownouts if one.protocol == protocol and one.is_on(now)), None)
        if found is None:
            return None
        if found.answer == "hold" and epoch.wait(found.seconds):
            raise EpochOver
        if found.answer in ("hold", "drop"):
            raise NoAnswer
        text, code = TEXTS[found.answer]
        if found.answer == "fault" and protocol in XMLRPC_PROTOCOLS:
            return Reply(200, xmlrpc_reply.fault(3, f"[UnexpectedError]{text}"), "text/xml;charset=UTF-8")
        status = 400 if found.answer == "fault" else int(found.answer)
        return json_reply(status, {"fault": {"faultstring": text, "detail": {"errorcode": code}}})

    def as_list(self) -> list[dict[str, Any]]:
        now = utc_now()
        return [
            {
                "protocol": one.protocol,
                "from": one.start.isoformat(),
                "until": one.end.isoformat() if one.end else None,
                "answer": one.answer,
                "on": one.is_on(now),
            }
            for one in self._brownouts
        ]


def _read_brownout(given: Any) -> Brownout:
    readers: dict[str, Reader] = {
        "protocol": one_of(*PROTOCOLS),
        "from": read_moment,
        "until": lambda name, value: None if value is None else read_moment(name, value),
        "answer": one_of(*ANSWERS),
        "seconds": read_seconds,
    }
    found = read_members("a brownout", given, readers, ("protocol", "from", "answer"))
    seconds = found.get("seconds", HOLD_SECONDS)
    return Brownout(found["protocol"], found["from"], found.get("until"), found["answer"], seconds)
