"""A notice about replications in words: what happened to how many orders, since when, and what cures it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from mappings.access.breaker import NAMES
from mappings.models import Notice, Outage
from mappings.notices.notices import ORDERS, NoticeDraft

OUTAGE = f"{ORDERS}outage:"
LONG_RETRYING = 3  # failures after which people hear of an order that is still being tried
REASON_CHARACTERS = 300

CURES = {
    "configuration": "Correct the setting, then resend.",
    "permanent": "Correct the order in the shop, or resend it once its cause is gone.",
    "unknown": "Look in the CRM whether it is there; then resend, or answer what its page asks.",
    "transient": "All retries are used up: resend once the CRM can be reached again.",
    "quota": "The CRM's quota was used up for too long: resend when it is free again.",
    "internal": "An error on our side: give support its trace id, then resend.",
    "": "See in the log what is missing, correct it, then resend: nothing is sent twice.",
}
PATIENCE = "Nothing needs to be done: it is tried again by itself."


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationNotice:
    """One cause of trouble at one connection. `incomplete` ones are in the CRM, but something is missing.
    `held` ones are kept from being tried by the quota."""

    connection_id: int
    cause: str
    error_class: str = ""
    stopped: int = 0
    incomplete: int = 0
    trying: int = 0
    held: int = 0
    since: datetime
    last_seen_at: datetime
    reason: str = ""

    def draft(self) -> NoticeDraft:
        ended = bool(self.stopped or self.incomplete)
        reason = self.reason[:REASON_CHARACTERS]
        latest = f"The latest: “{reason}” " if reason else ""
        cure = CURES.get(self.error_class, CURES[""]) if ended else PATIENCE
        shown = {"connection": str(self.connection_id), "state": "attention" if ended else "retrying"}
        return NoticeDraft(
            connection_id=self.connection_id,
            cause=self.cause,
            sentence=f"{self._what()} since {self.since:%Y-%m-%d %H:%M} UTC. {latest}{cure}",
            level=Notice.Level.ERROR if ended else Notice.Level.WARNING,
            path=log_path(shown | ({"error": self.error_class} if self.error_class else {})),
            since=self.since,
            last_seen_at=self.last_seen_at,
        )

    def _what(self) -> str:
        parts = (
            (self.stopped, "could not be replicated"),
            (self.incomplete, "arrived incomplete"),
            (self.trying, f"failed {LONG_RETRYING} times or more and will be tried again"),
            (self.held, "wait for the CRM to take calls again"),
        )
        (first, words), *more = [(number, words) for number, words in parts if number]
        noun = "order" if first == 1 else "orders"
        return ", ".join([f"{first:,} {noun} {words}", *(f"{number:,} {words}" for number, words in more)])


def outage_draft(outage: Outage, waiting: int, now: datetime) -> NoticeDraft:
    """A protocol that does not answer while orders wait for it."""
    name, since = NAMES.get(outage.protocol, outage.protocol), f"{outage.since:%Y-%m-%d %H:%M} UTC"
    orders = "1 order waits and is sent by itself"
    if waiting != 1:
        orders = f"{waiting:,} orders wait and are sent by themselves"
    return NoticeDraft(
        connection_id=outage.connection_id,
        cause=f"{OUTAGE}{outage.protocol}",
        sentence=f"The CRM has not answered over {name} since {since}. {orders} once it answers; it is tried "
        "every half minute. Nothing needs to be done.",
        level=Notice.Level.ERROR,
        path=log_path({"connection": str(outage.connection_id)}),
        since=outage.since,
        last_seen_at=now,
    )


def log_path(filters: dict[str, str]) -> str:
    """The log, narrowed by its filters; empty where no log is installed."""
    try:
        return f"{reverse('logs_ui:list')}?{urlencode(filters)}"
    except NoReverseMatch:
        return ""
