"""What will stop a connection, told days before it does, and what has stopped it.

Run hourly. Tokens that are due are renewed here too: a connection without orders would else let its refresh
token die unused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings

from crm.errors import CrmError
from mappings.access.connect import MANUAL_PAUSE, XMLRPC_ENDS
from mappings.access.oauth.renewal import BROKEN, CAUSES, UNCLEAR, UNCLEAR_SENTENCE, broken_sentence
from mappings.access.oauth.tokens import oauth_token
from mappings.checks.findings import mapped_names
from mappings.checks.rest_gaps import rest_gaps
from mappings.encrypted import DecryptionFailed
from mappings.models import Connection, Membership, Merchant, Notice, OAuthGrant
from mappings.notices.mails import notices_mail
from mappings.notices.notices import NoticeDraft, notice_tell, notices_reconcile

logger = logging.getLogger(__name__)

PAUSED, XMLRPC_END, OLD_TOKENS, BARE_TOKEN = "paused", "xmlrpc-end", "oauth-old", "access-token"
NO_ADDRESS = "no-address"
CHECKED_CAUSES = (PAUSED, XMLRPC_END, OLD_TOKENS, BARE_TOKEN, BROKEN, UNCLEAR, NO_ADDRESS)
XMLRPC_ALARM = timedelta(days=45)
XMLRPC_URGENT = timedelta(days=14)
TOKENS_ALARM = timedelta(days=10)
PAUSE_FORGOTTEN = timedelta(days=1)
LASTING_KEY = "KeapAK-"  # personal access tokens and service account keys may be sent as bearer tokens
TRIED_AGAIN = (
    "The key is tried again every quarter of an hour, and everything goes on by itself once it is accepted."
)
Cause = tuple[str, str, str]


def notices_check(now: datetime) -> int:
    """Renew tokens that are due, bring every connection's notices up to date, and mail; the mails sent.

    Repeat: safe, also from several machines at once.
    """
    for connection in Connection.objects.select_related("merchant"):
        ours = list(CHECKED_CAUSES)
        if connection.credential_kind != Connection.CredentialKind.OAUTH:
            ours += CAUSES
        else:
            try:
                oauth_token(connection)
            except (CrmError, DecryptionFailed) as err:
                logger.info("The tokens of connection %s were not renewed: %s", connection.pk, err)
        known = Notice.objects.filter(connection=connection, cause__in=ours, resolved_at=None)
        notices_reconcile(known, _drafts(connection, causes(connection, now), seen_at=now), now)
    return notices_mail(now)


def _drafts(
    connection: Connection, found: Iterable[Cause], seen_at: datetime | None = None
) -> Iterator[NoticeDraft]:
    for cause, sentence, level in found:
        yield NoticeDraft(
            connection_id=connection.pk, cause=cause, sentence=sentence, level=level, last_seen_at=seen_at
        )


def causes(connection: Connection, now: datetime) -> Iterator[Cause]:
    """What stops the connection or soon will: cause, sentence, level."""
    yield from _pause(connection, now)
    if not connection.enabled:
        return
    yield from _xmlrpc_end(connection, now)
    if sentence := unaddressed_sentence(connection.merchant):
        yield NO_ADDRESS, sentence, Notice.Level.WARNING
    if connection.credential_kind == Connection.CredentialKind.OAUTH:
        yield from _tokens(connection, now)
    elif connection.credential_kind == Connection.CredentialKind.BEARER:
        yield from _bare_token(connection)


def unaddressed_sentence(merchant: Merchant) -> str:
    """Who should be mailed about errors and cannot be; blank if everybody can."""
    people = Membership.objects.filter(merchant=merchant, can_edit_settings=True, user__is_active=True)
    without = [row.user.get_username() for row in people.filter(user__email="").select_related("user")[:10]]
    if not without:
        return ""
    return (
        f"Errors are not mailed to {', '.join(without)}: no e-mail address is known. Whoever runs Cascader "
        "adds it under Users, or takes the right “Edit settings” away."
    )


def pauses_check(now: datetime) -> None:
    """Tell pauses at once, not at the next hour, and take back those that ended. Repeat: safe."""
    known = Notice.objects.filter(cause=PAUSED, resolved_at=None, connection__isnull=False)
    paused = Connection.objects.filter(paused_at__isnull=False)
    drafts = (draft for one in paused for draft in _drafts(one, _pause(one, now)))
    notices_reconcile(known, drafts, now)


def pause_tell(connection: Connection, now: datetime) -> None:
    """Raise the notice that the connection is paused, if it is and people should know. Repeat: safe."""
    for draft in _drafts(connection, _pause(connection, now)):
        notice_tell(connection, draft, now)


def _pause(connection: Connection, now: datetime) -> Iterator[Cause]:
    if connection.paused_at is None:
        return
    since = f"Paused since {connection.paused_at:%Y-%m-%d %H:%M} UTC; orders are kept and wait."
    if connection.paused_reason != MANUAL_PAUSE:
        tried = f" {TRIED_AGAIN}" if connection.credentials_probed_at else ""
        yield PAUSED, f"{since} {connection.paused_reason}{tried}", Notice.Level.ERROR
    elif now - connection.paused_at >= PAUSE_FORGOTTEN:
        yield PAUSED, f"{since} A person paused it; press Resume when it may go on.", Notice.Level.WARNING


def _xmlrpc_end(connection: Connection, now: datetime) -> Iterator[Cause]:
    left = XMLRPC_ENDS - now.date()
    automatic = connection.protocol == Connection.Protocol.AUTOMATIC
    if connection.protocol == Connection.Protocol.REST or left > XMLRPC_ALARM:
        return
    if automatic and not list(rest_gaps(connection, mapped_names(connection))):
        return
    if left < timedelta(0):
        when = f"The CRM's vendor switched XML-RPC off on {XMLRPC_ENDS}."
    elif left == timedelta(0):
        when = "The CRM's vendor switches XML-RPC off today."
    else:
        days = "1 day" if left.days == 1 else f"{left.days} days"
        when = f"The CRM's vendor switches XML-RPC off in {days}, on {XMLRPC_ENDS}."
    what = (
        "What REST lacks then stops. See “Moving to REST” on the settings page."
        if automatic
        else "Change over to REST under “Moving to REST” on the settings page; orders in flight go on."
    )
    urgent = left <= XMLRPC_URGENT
    yield XMLRPC_END, f"{when} {what}", Notice.Level.ERROR if urgent else Notice.Level.WARNING


def _tokens(connection: Connection, now: datetime) -> Iterator[Cause]:
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if grant is None or not grant.is_connected or grant.issued_at is None:
        return
    if grant.broken_at is not None:
        yield BROKEN, broken_sentence(grant, now), Notice.Level.ERROR
        return
    if grant.unclear_at is not None:
        yield UNCLEAR, UNCLEAR_SENTENCE, Notice.Level.WARNING
    dies = grant.issued_at + timedelta(days=settings.OAUTH_REFRESH_LIFE_DAYS)
    if now >= dies - TOKENS_ALARM:
        sentence = (
            f"The authorisation of this connection was last renewed on {grant.issued_at:%Y-%m-%d} and may "
            f"end about {dies:%Y-%m-%d}. Press “Connect with Keap” on the settings page before then."
        )
        yield OLD_TOKENS, sentence, Notice.Level.ERROR


def _bare_token(connection: Connection) -> Iterator[Cause]:
    try:
        lasts = connection.api_key.startswith(LASTING_KEY)
    except DecryptionFailed:
        return
    if not lasts:
        sentence = (
            "This connection uses a bare access token, which ends within a day or so and cannot be renewed. "
            "Use a personal access token or service account key, or press “Connect with Keap”."
        )
        yield BARE_TOKEN, sentence, Notice.Level.WARNING
