"""The APIs of booking platforms: they answer what a test loads, and keep what they were asked.

A platform is `/platforms/<name>` here, and a host of its own in the world: here the path of Acuity's
appointment 1 is `/platforms/acuity/api/v1/appointments/1`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sandbox.reply import Reply, json_reply
from sandbox.shapes import Reader, read_members, read_text, read_whole
from sandbox.values import json_default

PREFIX = "/platforms/"
MOST_REPLIES = 10_000
MOST_ASKED = 1_000
TOLD_HEADERS = ("authorization", "api-key", "user-agent", "cal-api-version")
_ME = {
    "name": "Test account",
    "uri": "https://api.calendly.com/users/test",
    "current_organization": "https://api.calendly.com/organizations/test",
}
_NOTHING: dict[str, Any] = {"collection": [], "pagination": {"next_page_token": None}}
# An account without bookings.
USUAL: Mapping[str, Any] = {
    "GET /oncehub/v2/bookings": {"object": "list", "data": [], "has_more": False},
    "GET /calendly/users/me": {"resource": _ME},
    "GET /calendly/scheduled_events": _NOTHING,
    "GET /calendly/webhook_subscriptions": _NOTHING,
    "GET /calcom/v2/me": {"status": "success", "data": {"name": "Test account"}},
    "GET /calcom/v2/bookings": {"status": "success", "data": []},
    "GET /acuity/api/v1/me": {"name": "Test account"},
    "GET /acuity/api/v1/appointments": [],
}


@dataclass(frozen=True)
class Asked:
    verb: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


class PlatformReplies:
    def __init__(self) -> None:
        self._lock = Lock()
        self._replies: dict[str, Reply] = {}
        self._asked: deque[Asked] = deque(maxlen=MOST_ASKED)

    def load(self, given: Any) -> int:
        """Replies to `path`, with `?` and a query to this alone; the last one for it counts.

        Raises: ValueError.
        """
        readers: dict[str, Reader] = {
            "verb": read_text,
            "path": read_text,
            "status": read_whole,
            "headers": _read_headers,
            "body": lambda name, value: value,
        }
        wanted = [
            read_members("a reply", one, readers, ("path",))
            for one in (given if isinstance(given, list) else [given])
        ]
        with self._lock:
            for one in wanted:
                key = f"{one.get('verb', 'GET')} /{one['path'].lstrip('/')}"
                body = one.get("body", {})
                text = body if isinstance(body, str) else json.dumps(body, default=json_default)
                headers = dict(one.get("headers", {}))
                content_type = headers.pop("Content-Type", "application/json")
                self._replies[key] = Reply(one.get("status", 200), text.encode(), content_type, headers)
            if len(self._replies) > MOST_REPLIES:
                self._replies.clear()
                raise ValueError(f"at most {MOST_REPLIES} replies; none is kept now")
            return len(self._replies)

    def clear(self) -> None:
        with self._lock:
            self._replies.clear()
            self._asked.clear()

    def asked(self) -> list[Asked]:
        with self._lock:
            return list(self._asked)

    def answer(self, verb: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        told = {name.lower(): text for name, text in headers.items() if name.lower() in TOLD_HEADERS}
        key = f"{verb} /{path.removeprefix(PREFIX)}"
        with self._lock:
            self._asked.append(Asked(verb, key.partition(" ")[2], query, told, body.decode(errors="replace")))
            loaded = self._replies.get(f"{key}?{query}") or self._replies.get(key)
        if loaded is not None:
            return loaded
        return json_reply(200, USUAL[key]) if key in USUAL else json_reply(404, {"message": "not found"})


def _read_headers(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{name} is an object of texts")
    return value
