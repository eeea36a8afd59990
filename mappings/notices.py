"""Notices: what a merchant's people must hear of, shown on the pages and mailed with restraint.

One mail per person and merchant per eight hours over all causes (rule 45). A person is mailed when something
is new to them; what stays open is repeated daily if it is an error, weekly if it is a warning.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from mappings.models import Connection, Membership, Merchant, Notice, NoticeMail

logger = logging.getLogger(__name__)

BETWEEN_MAILS = timedelta(hours=8)
REPEATED_AFTER = {Notice.Level.ERROR.value: timedelta(days=1), Notice.Level.WARNING.value: timedelta(days=7)}
SENTENCE_CHARACTERS = 600


def notice_raise(
    connection: Connection, cause: str, sentence: str, level: str, *, now: datetime | None = None
) -> None:
    """Say that the cause is there, in today's words. Repeat: safe; one open notice per cause."""
    now, sentence = now or timezone.now(), sentence[:SENTENCE_CHARACTERS]
    open_ones = Notice.objects.filter(connection=connection, cause=cause, resolved_at=None)
    if open_ones.update(sentence=sentence, level=level, last_seen_at=now):
        return
    try:
        with transaction.atomic():
            Notice.objects.create(
                merchant_id=connection.merchant_id,
                connection=connection,
                cause=cause,
                sentence=sentence,
                level=level,
                first_seen_at=now,
                last_seen_at=now,
            )
    except IntegrityError:
        open_ones.update(sentence=sentence, level=level, last_seen_at=now)


def notice_resolve(connection: Connection, *causes: str, now: datetime | None = None) -> int:
    """Say that the causes are gone; how many notices that closed. Repeat: safe."""
    return Notice.objects.filter(connection=connection, cause__in=causes, resolved_at=None).update(
        resolved_at=now or timezone.now()
    )


def notices_mail(now: datetime) -> int:
    """Mail every person who has something new to hear; the number of mails. Repeat: safe, from anywhere.

    A mail that could not be handed over is tried again at the next call.
    """
    by_merchant: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(resolved_at=None).select_related("connection__merchant"):
        by_merchant.setdefault(notice.merchant_id, []).append(notice)
    people = Membership.objects.filter(merchant_id__in=by_merchant, user__is_active=True)
    return sum(
        _mail_person(person.user, person.merchant, by_merchant[person.merchant_id], now)
        for person in people.exclude(user__email="").select_related("user", "merchant")
    )


def _mail_person(user: User, merchant: Merchant, notices: Sequence[Notice], now: datetime) -> bool:
    clock, _ = NoticeMail.objects.get_or_create(user=user, merchant=merchant)
    last = clock.sent_at
    if last is not None and now - last < BETWEEN_MAILS:
        return False
    if not any(_is_worth_telling(notice, last, now) for notice in notices):
        return False
    if not NoticeMail.objects.filter(pk=clock.pk, sent_at=last).update(sent_at=now):
        return False  # another process is telling them
    try:
        EmailMessage(_subject(merchant, notices), _body(merchant, notices), to=[user.email]).send()
    except (OSError, SMTPException, ValueError):
        logger.exception("A notice about %s could not be mailed.", merchant.slug)
        NoticeMail.objects.filter(pk=clock.pk, sent_at=now).update(sent_at=last)
        return False
    return True


def _is_worth_telling(notice: Notice, last: datetime | None, now: datetime) -> bool:
    return last is None or notice.first_seen_at > last or now - last >= REPEATED_AFTER[notice.level]


def _subject(merchant: Merchant, notices: Sequence[Notice]) -> str:
    errors = sum(notice.level == Notice.Level.ERROR for notice in notices)
    what = "needs you" if errors else "has something to say"
    return f"Cascader {what}: {' '.join(merchant.name.split())}"


def _body(merchant: Merchant, notices: Iterable[Notice]) -> str:
    parts = [f"This is about the replication of {merchant.name}'s orders into the CRM.", ""]
    for notice in sorted(notices, key=lambda notice: notice.level):
        where = f"{notice.connection.name}: " if notice.connection else ""
        parts += [f"* {where}{notice.sentence}", *_link(notice), ""]
    parts.append("At most one such mail is sent to you in eight hours.")
    return "\n".join(parts)


def _link(notice: Notice) -> list[str]:
    if notice.connection_id is None or not settings.SITE_URL:
        return []
    page = reverse("admin:mappings_connection_change", args=[notice.connection_id])
    return [f"  {settings.SITE_URL}{page}"]
