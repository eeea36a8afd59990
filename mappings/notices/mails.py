"""Who is mailed about which notices, and when: at most one mail per person and merchant in eight hours.

What was told is written down after the hand-over and compared with the notices, not with the clock. So a
notice that comes while a mail is on its way is not lost, and neither is one whose mail a crash swallowed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPServerDisconnected,
)
from typing import TypeVar

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from background.lease import Lease, LeaseLost, lease_take
from mappings.models import Membership, Notice, NoticeMail
from mappings.notices.letter import letter, one_line
from mappings.notices.notices import ORDERS, notice_raise, notice_resolve

logger = logging.getLogger(__name__)
Row = TypeVar("Row", Notice, NoticeMail)

BETWEEN_MAILS = timedelta(hours=8)
# How soon what merely stands is told again; an error of a replication is told when there was another one.
REPEATED_AFTER = {Notice.Level.ERROR.value: timedelta(days=1), Notice.Level.WARNING.value: timedelta(days=7)}
MAIL = "mail"  # the cause of the notice that mails cannot be handed over; it is shown, not mailed
MERCHANTS_AT_ONCE = 200
ROUND_SECONDS = 300.0
LEASE_SECONDS = 600.0  # longer than a round and its last hand-over take
SERVER_DOWN = (
    "E-mails about errors cannot be handed over: the mail server does not answer or refuses to talk to us. "
    "It is tried again every minute. Tell whoever runs Cascader to look at EMAIL_URL and the mail server."
)
REFUSED = (
    "The mail server refused the e-mail about errors to {person}. It is tried again every minute. Correct "
    "the e-mail address of this person, or take the right “Edit settings” away."
)
_SERVER_ERRORS = (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPServerDisconnected,
)


def notices_mail(now: datetime) -> int:
    """Mail every person who has something new to hear; the number of mails. Repeat: safe, from anywhere.

    A mail that could not be handed over is tried again at the next call, and the pages say so meanwhile. Call
    it outside any transaction.
    """
    sent = 0
    with _Post() as post:
        for merchants in _merchants_with_notices():
            rows = Notice.objects.filter(merchant__in=merchants, resolved_at=None)
            notices = _by_merchant(rows.select_related("connection", "merchant"))
            clocks = _by_merchant(_clocks(merchants))
            for merchant, open_ones in notices.items():
                sent += _Round(open_ones, post, now).mail(clocks.get(merchant, []))
    return sent


def _merchants_with_notices() -> Iterator[list[int]]:
    ids = Notice.objects.filter(resolved_at=None).order_by("merchant").values_list("merchant", flat=True)
    last = 0
    while chunk := list(ids.filter(merchant__gt=last).distinct()[:MERCHANTS_AT_ONCE]):
        yield chunk
        last = chunk[-1]


def _clocks(merchants: list[int]) -> list[NoticeMail]:
    """One clock for each person with the right to edit the settings of one of the merchants."""
    people = Membership.objects.filter(
        merchant__in=merchants, can_edit_settings=True, user__is_active=True, user__is_staff=True
    ).exclude(user__email="")
    wanted = set(people.values_list("user", "merchant"))
    clocks = NoticeMail.objects.filter(merchant__in=merchants).order_by("pk").select_related("user")
    known = list(clocks)
    missing = wanted - {(clock.user_id, clock.merchant_id) for clock in known}
    if missing:
        rows = [NoticeMail(user_id=user, merchant_id=merchant) for user, merchant in sorted(missing)]
        NoticeMail.objects.bulk_create(rows, ignore_conflicts=True)
        known = list(clocks.all())
    return [clock for clock in known if (clock.user_id, clock.merchant_id) in wanted]


def _by_merchant(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.merchant_id, []).append(row)
    return found


class _Round:
    """One merchant's mails."""

    def __init__(self, notices: Sequence[Notice], post: _Post, now: datetime) -> None:
        self.notices = [notice for notice in notices if notice.cause != MAIL]
        self.complaints = [notice for notice in notices if notice.cause == MAIL]
        self.merchant = notices[0].merchant
        self.post = post
        self.now = now

    def mail(self, clocks: Iterable[NoticeMail]) -> int:
        """Mail each person who is due; the number of mails."""
        due = [
            clock
            for clock in clocks
            if (clock.sent_at is None or self.now - clock.sent_at >= BETWEEN_MAILS)
            and any(is_news(notice, clock, self.now) for notice in self.notices)
        ]
        sent, trouble = 0, ""
        for clock in due:
            if self.post.is_out_of_time:
                continue  # the next round tells them
            if self.post.is_down:
                problem = SERVER_DOWN
            else:
                as_seen = NoticeMail.objects.filter(pk=clock.pk, sent_at=clock.sent_at)
                mine = NoticeMail.objects.filter(pk=clock.pk)
                lease = lease_take(as_seen, self.now, LEASE_SECONDS, held=mine)
                if lease is None:
                    continue  # another process tells them
                problem = self._send(clock, lease)
            sent += not problem
            trouble = trouble or problem
        if trouble:
            for connection in {notice.connection for notice in self.notices if notice.connection}:
                notice_raise(connection, MAIL, trouble, Notice.Level.ERROR, now=self.now)
        elif self.complaints and (sent or not due):
            for notice in self.complaints:
                if notice.connection:
                    notice_resolve(notice.connection, MAIL, now=self.now)
        return sent

    def _send(self, clock: NoticeMail, lease: Lease) -> str:
        """Hand the mail over and write down what it told; what went wrong, as a sentence."""
        problem = self.post.deliver(letter(clock, self.merchant, self.notices, self.post.backend))
        said = {str(notice.pk): notice.last_seen_at.isoformat() for notice in self.notices}
        values: dict[str, object] = {} if problem else {"sent_at": self.now, "said": said}
        with suppress(LeaseLost):
            lease.release(**values)
        if problem == REFUSED:
            return REFUSED.format(person=one_line(clock.user.get_username()))
        return problem


def is_news(notice: Notice, clock: NoticeMail, now: datetime) -> bool:
    """Whether the person's last mail did not tell this yet, or did so long ago."""
    said = clock.said.get(str(notice.pk))
    if said is None or clock.sent_at is None:
        return True
    if notice.cause.startswith(ORDERS):
        return notice.last_seen_at > datetime.fromisoformat(said)
    return now - clock.sent_at >= REPEATED_AFTER[notice.level]


class _Post:
    """One connection to the mail server for one round; `is_down` once the server takes nothing."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend = get_connection()
        self.is_down = False
        self._ends = time.monotonic() + ROUND_SECONDS

    def __enter__(self) -> _Post:
        return self

    def __exit__(self, *_: object) -> None:
        self._disconnect()

    @property
    def is_out_of_time(self) -> bool:
        return time.monotonic() >= self._ends

    def deliver(self, message: EmailMessage) -> str:
        """Empty, or what went wrong."""
        try:
            self.backend.open()
            message.send()
        except _SERVER_ERRORS:
            return self._not_delivered()
        except (SMTPException, ValueError):  # of this mail alone; SMTPException is an OSError
            logger.exception("The mail server refused a notice.")
            self._disconnect()
            return REFUSED
        except OSError:
            return self._not_delivered()
        return ""

    def _not_delivered(self) -> str:
        logger.exception("The mail server takes no notices.")
        self.is_down = True
        self._disconnect()
        return SERVER_DOWN

    def _disconnect(self) -> None:
        try:
            self.backend.close()
        except OSError:
            logger.info("The mail server had hung up already.")
