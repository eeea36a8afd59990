"""Calendly's API v2: scheduled events by their start, with the invitees of those that may have changed.

Docs: developer.calendly.com, List Events, List Event Invitees, Webhook Subscriptions. About 60 requests a
minute; the place of a next page is forgotten after some minutes, so all events are listed before any invitee.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.platforms.api_client import BookingApi, address_of, objects_of, secret_of
from bookings.platforms.payload import FROM_API
from intake.json_text import json_write
from intake.models.sources import Source
from intake.polling.http import Answer, answer_check, shop_delete, shop_post
from intake.shop_api import Polled, ShopAnswerUnusable, ShopRefused

BOOKINGS_FEED, HOOK_FEED = "bookings", "deliveries"
HOOK_RESTORED = "api.deliveries_restored"
EVENTS = ["invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"]
BACK, AHEAD = timedelta(days=30), timedelta(days=90)
MARKED_LATE = timedelta(days=2)  # after its start a no-show is marked, which leaves the event as it is
PAGE_SIZE = 100
MOST_PAGES = 500
PAUSE_SECONDS = 1.0
_INVITEE = re.compile(r"(/scheduled_events/[\w-]{1,100})/invitees/[\w-]{1,100}")


class CalendlyApi(BookingApi):
    def __init__(self, source: Source) -> None:
        token = secret_of(source.api_secret, "personal access token")
        super().__init__(
            address_of("calendly", "https://api.calendly.com"),
            pause_seconds=PAUSE_SECONDS,
            # Python's own name is refused with 403.
            headers={"Authorization": f"Bearer {token}", "User-Agent": "Cascader"},
        )
        self._hook = f"/hooks/{source.token}"
        self._signing_secret = source.signing_secret

    def check(self) -> str:
        me = self._me()
        return f"Calendly answered for {str(me.get('name') or me.get('email') or 'this account')[:100]}."

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """Calendly cannot be asked for what changed, so that is picked out of all events around today."""
        if feed == HOOK_FEED:
            yield self._hook_restored()
            return
        now = datetime.now(UTC)
        since = since or now - BACK
        params = {
            **self._whose(),
            "min_start_time": _text(min(since, now) - BACK),
            "max_start_time": _text(now + AHEAD),
            "count": str(PAGE_SIZE),
        }
        for event in list(self._all("/scheduled_events", params)):
            if _may_have_changed(event, since):
                path = _path(str(event.get("uri") or ""), "scheduled_events")
                invitees = self._all(f"{path}/invitees", {"count": str(PAGE_SIZE)})
                yield [_polled(invitee, event) for invitee in invitees if invitee.get("uri")]

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        """An invitee's id is its address: only its path is asked for, at the host we know."""
        found = []
        for uri in refresh_ids:
            match = _INVITEE.search(uri)
            if match is None:
                continue
            invitee, event = self._resource(match[0]), self._resource(match[1])
            if invitee is not None and event is not None:
                found.append(_polled({**invitee, "uri": uri}, event))
        return found

    def _hook_restored(self) -> list[Polled]:
        """Calendly switches a webhook off after a day of failures, and does not switch it on again."""
        whose = {**self._whose(), "scope": "organization", "count": str(PAGE_SIZE)}
        for hook in list(self._all("/webhook_subscriptions", whose)):
            address = str(hook.get("callback_url") or "")
            if not address.rstrip("/").endswith(self._hook) or hook.get("state") != "disabled":
                continue
            # One address can have one subscription only, so the old one goes first.
            self.wait()
            path = _path(str(hook.get("uri") or ""), "webhook_subscriptions")
            shop_delete(self.session, f"{self.base}{path}", headers=self._headers, check=_written)
            wanted = {
                "url": address,
                "events": hook.get("events") or EVENTS,
                **{name: hook[name] for name in ("organization", "user", "scope") if hook.get(name)},
                **({"signing_key": self._signing_secret} if self._signing_secret else {}),
            }
            self.wait()
            shop_post(
                self.session,
                f"{self.base}/webhook_subscriptions",
                wanted,
                headers=self._headers,
                check=_written,
            )
            told = {"uri": hook.get("uri"), "disabled_since": hook.get("retry_started_at")}
            return [Polled(key="webhook", name=HOOK_RESTORED, body=json_write(told).encode())]
        return []

    def _me(self) -> Mapping[str, Any]:
        me = self._resource("/users/me")
        if me is None or not me.get("current_organization"):
            raise ShopRefused("Calendly knows no organization for this token. Create a new one.")
        return me

    def _whose(self) -> dict[str, str]:
        return {"organization": str(self._me()["current_organization"])}

    def _resource(self, path: str) -> dict[str, Any] | None:
        found = self.get(path)
        resource = found.get("resource") if isinstance(found, dict) else None
        return resource if isinstance(resource, dict) else None

    def _all(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        place: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            found = self.get(path, {**params, **place})
            if found is None:
                return
            yield from objects_of(found, "collection")
            pagination = found.get("pagination")
            token = pagination.get("next_page_token") if isinstance(pagination, dict) else None
            if not token:
                return
            if place == {"page_token": token}:
                break
            place = {"page_token": str(token)}
        raise ShopAnswerUnusable("Calendly's list has no end: it names one page as following itself.")


def _may_have_changed(event: Mapping[str, Any], since: datetime) -> bool:
    """A group's event stays as it is when one of its invitees changes, and any when a no-show is marked."""
    counter = event.get("invitees_counter")
    is_group = isinstance(counter, dict) and counter.get("limit") not in (None, 0, 1)
    started_lately = _moment(event, "start_time") >= since - MARKED_LATE
    is_past = _moment(event, "start_time") <= datetime.now(UTC)
    return is_group or _moment(event, "updated_at") >= since or (is_past and started_lately)


def _moment(event: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(event.get(name)))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _path(uri: str, kind: str) -> str:
    found = re.search(rf"/{kind}/[\w-]{{1,100}}$", uri)
    if found is None:
        raise ShopAnswerUnusable(
            "Calendly answered something other than what was asked for.", f"{uri!r:.200}"
        )
    return found[0]


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000000Z}"


def _polled(invitee: Mapping[str, Any], event: Mapping[str, Any]) -> Polled:
    """As a webhook would tell it."""
    body = json_write({**invitee, "scheduled_event": event}).encode()
    return Polled(key=str(invitee["uri"]), name=FROM_API, body=body)


def _written(answer: Answer) -> None:
    """Raises: ShopError, unless it was done, or was done before."""
    if answer.status not in (201, 204):
        answer_check(answer)
