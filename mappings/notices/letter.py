"""The mail about a merchant's notices: plain text, the worst first, each with its cure and a link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse

from mappings.models import Merchant, Notice, NoticeMail

SUBJECT_NAME_CHARACTERS = 80
MOST_NOTICES = 50
FOOTER = (
    "Everybody with the right “Edit settings” gets this mail, at most once in eight hours, for as long as "
    "there are errors. It cannot be switched off: remove the cause, or switch the integration off."
)


def letter(
    clock: NoticeMail, merchant: Merchant, notices: Sequence[Notice], post: BaseEmailBackend
) -> EmailMessage:
    """The mail to the person of the clock. A repeat of the same mail has the same Message-ID."""
    # Of the site, else of the sender: the name of the machine is nobody's business.
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = urlsplit(settings.SITE_URL).hostname or sender.rpartition("@")[2] or "localhost"
    before = int(clock.sent_at.timestamp()) if clock.sent_at else 0
    errors = sum(notice.level == Notice.Level.ERROR for notice in notices)
    what = "needs you" if errors else "has something to say"
    return EmailMessage(
        f"Cascader {what}: {one_line(merchant.name)[:SUBJECT_NAME_CHARACTERS]}",
        _body(merchant, notices),
        to=[clock.user.email],
        connection=post,
        headers={
            "Message-ID": f"<notice.{clock.pk}.{before}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "List-Id": f"Cascader notices <{merchant.slug}.notices.{domain}>",
        },
    )


def _body(merchant: Merchant, notices: Iterable[Notice]) -> str:
    parts = [f"This is about the replication of {one_line(merchant.name)}'s orders into the CRM.", ""]
    worst_first = sorted(notices, key=lambda one: (one.level != Notice.Level.ERROR, one.first_seen_at))
    for notice in worst_first[:MOST_NOTICES]:
        where = f"{one_line(notice.connection.name)}: " if notice.connection else ""
        parts += [f"* {where}{one_line(notice.sentence)}", *_link(notice), ""]
    if len(worst_first) > MOST_NOTICES:
        parts += [f"And {len(worst_first) - MOST_NOTICES} more, on the settings pages.", ""]
    parts.append(FOOTER)
    return "\n".join(parts)


def _link(notice: Notice) -> list[str]:
    page = notice.path
    if not page and notice.connection_id is not None:
        page = reverse("admin:mappings_connection_change", args=[notice.connection_id])
    return [f"  {settings.SITE_URL}{page}"] if page and settings.SITE_URL else []


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which could forge a header or a paragraph."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
