"""A fresh access token for a connection, and the renewal of its tokens by one worker at a time.

A refresh token works once, so two workers that renew at the same moment would break the chain. Renewal runs
under a lease taken by a conditional update, the new pair is stored before it is used, and a pair is stored
only over the version it was made from. No transaction is open while the CRM is asked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from crm.errors import CredentialsRejected, CrmError, HeldBack
from mappings.access.oauth.renewal import grant_claim, grant_renew
from mappings.models import Connection, OAuthGrant

SHORTEST_MARGIN = timedelta(minutes=10)
NOT_WORTH_RENEWING = timedelta(minutes=5)  # a token this young that is refused is not refused for its age
POLL_SECONDS = 0.02
RECONNECT = "Press “Connect with Keap” on the settings page."


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    version: int


def oauth_token(connection: Connection) -> Token:
    """A token that may be sent now, renewed early: with a fifth of its life or ten minutes left.

    Raises: CredentialsRejected if only a person can connect anew; HeldBack if the token has run out and
    cannot be renewed at this moment.
    Repeat: safe, from any number of processes.
    """
    now = timezone.now()
    grant = grant_of(connection)
    alive = grant.expires_at is not None and grant.expires_at > now
    if not is_due(grant, now):
        return _token(grant)
    if grant.broken_at is not None:
        if alive:
            return _token(grant)
        raise _broken(grant)
    if grant.not_before is not None and grant.not_before > now:
        if alive:
            return _token(grant)
        raise _later((grant.not_before - now).total_seconds())
    try:
        return _token(oauth_renew(connection, grant.version, waits=not alive))
    except CrmError:
        if not alive:
            raise
    return _token(grant_of(connection))


def oauth_renew(connection: Connection, seen_version: int, *, waits: bool = True) -> OAuthGrant:
    """See to it that the pair is newer than `seen_version`: renew it, or wait for who is at it.

    The endpoint may take a minute; who has a living token need not wait for another's renewal.
    Raises: CredentialsRejected if only a person can connect anew; HeldBack in every other case.
    Repeat: safe, from any number of processes: one of them renews.
    """
    deadline = time.monotonic() + settings.OAUTH_WAIT_SECONDS
    while True:
        grant = grant_of(connection)
        if grant.version > seen_version:
            return grant
        if grant.broken_at is not None:
            raise _broken(grant)
        lease = grant_claim(grant)
        if lease is not None:
            return grant_renew(connection, grant, lease)
        if not waits or time.monotonic() >= deadline:
            raise _later(settings.OAUTH_WAIT_SECONDS)
        time.sleep(POLL_SECONDS)


def grant_of(connection: Connection) -> OAuthGrant:
    """The stored tokens as they are now. Raises CredentialsRejected if the connection has none."""
    grant = OAuthGrant.objects.filter(connection_id=connection.pk).first() if connection.pk else None
    if grant is None or not grant.is_connected:
        raise CredentialsRejected(
            f"This connection is not connected yet. {RECONNECT}", setting="credentials", label="oauth-missing"
        )
    return grant


def is_due(grant: OAuthGrant, now: datetime) -> bool:
    """Whether the access token should be renewed; never before half of its life."""
    if grant.issued_at is None or grant.expires_at is None:
        return True
    life = grant.expires_at - grant.issued_at
    margin = min(max(life / 5, SHORTEST_MARGIN), life / 2)
    return grant.expires_at - now <= margin


def token_refused(connection_id: int, version: int) -> bool:
    """The CRM refused the token of that version: whether a newer one is there or can be had.

    The first refusal of a token that should still live ends it here, so that the next use renews it; a token
    refused right after its issue is not worth another renewal. Repeat: safe.
    """
    now = timezone.now()
    grant = OAuthGrant.objects.filter(connection_id=connection_id).first()
    if grant is None or not grant.is_connected or grant.issued_at is None:
        return False
    if grant.version != version:
        return True
    if grant.broken_at is not None:
        return False
    if grant.expires_at is not None and grant.expires_at <= now:
        return True
    if now - grant.issued_at < NOT_WORTH_RENEWING:
        return False
    OAuthGrant.objects.filter(pk=grant.pk, version=version).update(expires_at=now)
    return True


def _token(grant: OAuthGrant) -> Token:
    return Token(grant.access_token, grant.version)


def _broken(grant: OAuthGrant) -> CredentialsRejected:
    return CredentialsRejected(grant.broken_reason, setting="credentials", label="oauth-broken")


def _later(seconds: float) -> HeldBack:
    return HeldBack(
        "The authorisation at the CRM is being renewed. Orders wait for it; nothing needs to be done.",
        label="oauth-renewing",
        retry_after_seconds=seconds,
    )
