"""What stands above the list: a protocol that does not answer, a quota that is used up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logs_ui.log import display
from logs_ui.log.presenters import connection_url
from logs_ui.log.selectors import SUMMARY_ROWS
from mappings.models import Connection, Outage

NAMED = 5
THROTTLED_WORTH_TELLING = timedelta(minutes=1)  # the wait for a second or a minute is over before it is read
Kind, Mode = Connection.CredentialKind, Connection.Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A connection by name; `url` leads to its credentials and protocol, for who may change them."""

    name: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Banner:
    """One trouble of one or several connections; `since` follows the title, `advice` is for who may edit."""

    title: str
    since: datetime | None = None
    sentence: str
    places: list[Place]
    more: int = 0
    advice: str = ""

    @property
    def url(self) -> str:
        """Where the advice leads, if it is about one connection."""
        return self.places[0].url if len(self.places) == 1 else ""

    @property
    def is_editable(self) -> bool:
        return any(place.url for place in self.places)


def outage_banners(
    outages: Iterable[Outage], waiting: Counter[tuple[int, str]], editable: set[int]
) -> list[Banner]:
    """One per protocol, and per what can be done about it, however many connections it concerns."""
    groups: dict[tuple[str, bool, str], list[Outage]] = {}
    for outage in outages:
        key = (outage.protocol, holds_all(outage), _advice(outage))
        groups.setdefault(key, []).append(outage)
    banners = []
    for (protocol, whole, advice), group in groups.items():
        connections = [outage.connection for outage in group]
        number = sum(waiting[row.pk, state] for row in connections for state in ("waiting", "retrying"))
        banners.append(
            Banner(
                title=f"The CRM has not answered over {protocol_name(protocol)} since",
                since=group[0].since,
                sentence=_outage_sentence(number, whole),
                places=_places(connections, editable),
                more=max(len(connections) - NAMED, 0),
                advice=advice,
            )
        )
    return banners


def quota_banners(
    connections: Iterable[Connection], waiting: Counter[tuple[int, str]], editable: set[int], now: datetime
) -> list[Banner]:
    """One per moment at which connections whose quota is used up go on."""
    groups: dict[str, list[Connection]] = {}
    for row in connections:
        if is_throttled(row, now) and row.enabled and not row.paused_at:
            groups.setdefault(_moment_words(row, now), []).append(row)
    banners = []
    for moment, group in groups.items():
        number = sum(waiting[row.pk, "waiting"] for row in group)
        left = max(row.throttled_until for row in group if row.throttled_until) - now
        words = _orders(number) if number else "What comes in waits"
        many = "are then sent by themselves" if number > 1 else "is then sent by itself"
        banners.append(
            Banner(
                title=f"The CRM's quota is used up until {moment}",
                sentence=f"That is in {display.duration_words(left)}. {words} and {many}. Orders that have "
                "begun go on.",
                places=_places(group, editable),
                more=max(len(group) - NAMED, 0),
            )
        )
    return banners


def held_sentence(connection: Connection, outages: Iterable[Outage], now: datetime) -> str:
    """Why an order of the connection that has not begun does not; empty if nothing holds it."""
    for outage in outages:
        if outage.connection_id == connection.pk and holds_all(outage, connection):
            since = f"{outage.since.astimezone(UTC):%H:%M} UTC"
            return f"The CRM has not answered over {protocol_name(outage.protocol)} since {since}."
    if is_throttled(connection, now):
        return f"The CRM's quota is used up until {_moment_words(connection, now)}."
    return ""


def holds_all(outage: Outage, connection: Connection | None = None) -> bool:
    """Whether nothing can be sent meanwhile; with automatic, and beside REST v1, most of an order can."""
    mode = (connection or outage.connection).protocol
    return (mode, outage.protocol) in ((Mode.XMLRPC, "xmlrpc"), (Mode.REST, "rest_v2"))


def is_throttled(connection: Connection, now: datetime) -> bool:
    return (
        connection.throttled_until is not None and connection.throttled_until - now > THROTTLED_WORTH_TELLING
    )


def protocol_name(protocol: str) -> str:
    return display.PROTOCOLS.get(protocol, protocol)


def _outage_sentence(number: int, whole: bool) -> str:
    if not whole:
        return "Everything else goes on. What only this protocol can do waits and is sent by itself."
    if not number:
        return "What comes in is kept, and is sent by itself once the CRM answers."
    many = "is sent by itself" if number == 1 else "are sent by themselves"
    return f"It is tried every half minute. {_orders(number)} and {many} once it answers."


def _orders(number: int) -> str:
    if number == 1:
        return "1 order waits"
    return f"{number:,}{'' if number < SUMMARY_ROWS else ' or more'} orders wait"


def _advice(outage: Outage) -> str:
    connection = outage.connection
    if connection.protocol == Mode.AUTOMATIC:
        return ""
    if connection.protocol == Mode.REST:
        return "Switch to automatic"
    if connection.credential_kind == Kind.LEGACY_KEY:
        return "A legacy key knows XML-RPC alone: choose another kind of key"
    return "Switch to REST or automatic"


def _places(connections: Sequence[Connection], editable: set[int]) -> list[Place]:
    return [
        Place(
            name=str(row),
            url=f"{connection_url(row.pk)}#credentials" if row.merchant_id in editable else "",
        )
        for row in connections[:NAMED]
    ]


def _moment_words(connection: Connection, now: datetime) -> str:
    """The CRM's day ends at 00:00 UTC; our own begins a few seconds later, and not for all at once."""
    until = (connection.throttled_until or now).astimezone(UTC)
    return f"{until:%H:%M} UTC" if until.date() == now.astimezone(UTC).date() else "00:00 UTC"
