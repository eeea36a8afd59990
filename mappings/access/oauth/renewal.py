"""One renewal under its lease: sent, stored before it is used, and what a lost reply means.

A lost reply says nothing about whether the refresh token is used up. The old one is then tried once more at
once; if the CRM refuses it, the chain is broken. That is the one break that cannot be prevented: the access
token is used to its end, and the merchant's people are told at once.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from background.lease import Lease, LeaseLost, lease_take
from crm.errors import (
    ConfigurationError,
    CredentialsRejected,
    CrmError,
    HeldBack,
    OutcomeUnknown,
    TransientError,
)
from crm.oauth import GrantRefused, TokenPair
from mappings.access.calls import ApiCallLog
from mappings.access.oauth.client import NOT_SET_UP, oauth_is_set_up, token_endpoint
from mappings.models import Connection, Notice, OAuthGrant
from mappings.notices.notices import notice_raise, notice_resolve

logger = logging.getLogger(__name__)

BROKEN, UNCLEAR, CLIENT = "oauth-broken", "oauth-unclear", "oauth-client"
CAUSES = (BROKEN, UNCLEAR, CLIENT)
RECONNECT = "Press “Connect with Keap” on the settings page."
REVOKED = (
    "The CRM no longer accepts the authorisation of this connection: it was revoked or ran out. " + RECONNECT
)
REPLY_LOST = (
    "The CRM renewed the authorisation of this connection, but its answer was lost on the way, and the old "
    f"one no longer works. {RECONNECT}"
)
UNCLEAR_SENTENCE = (
    "The CRM's answer to the renewal of this connection's authorisation was lost. It is tried again; if it "
    "stays so, you will be asked to connect anew."
)
SAVE_TRIES = 5
PAUSE_AFTER_DOUBT = timedelta(seconds=60)
PAUSE_AFTER_OUTAGE = timedelta(seconds=10)
PAUSE_AFTER_REFUSAL = timedelta(minutes=5)


def grant_claim(grant: OAuthGrant) -> Lease | None:
    """Take the right to renew this version; None is a normal answer.

    Who takes over from a worker that died in the middle does not know whether its request arrived.
    """
    now, same_version = timezone.now(), OAuthGrant.objects.filter(pk=grant.pk, version=grant.version)
    unclear_at = grant.unclear_at or (now if grant.lease_token else None)
    as_seen = same_version.filter(lease_token=grant.lease_token)
    lease = lease_take(as_seen, now, settings.OAUTH_LEASE_SECONDS, held=same_version, unclear_at=unclear_at)
    if lease is not None:
        grant.unclear_at = unclear_at
    return lease


def grant_renew(connection: Connection, grant: OAuthGrant, lease: Lease) -> OAuthGrant:
    """Ask for the next pair and store it; the row as it then is.

    Raises: CredentialsRejected if only a person can connect anew; HeldBack in every other case.
    """
    if not oauth_is_set_up():
        raise _given_up(connection, grant, lease, ConfigurationError(NOT_SET_UP))
    started = timezone.now()
    try:
        pair = _ask(connection, grant, lease)
    except GrantRefused as err:
        return _break(connection, grant, REPLY_LOST if grant.unclear_at else REVOKED, err)
    except CrmError as err:
        raise _given_up(connection, grant, lease, err) from err
    if pair.app and grant.app and pair.app != grant.app:
        reason = f"The CRM renewed this connection for another app, {pair.app}. {RECONNECT}"
        return _break(connection, grant, reason)
    pair_store(grant, pair, started)
    notice_resolve(connection, *CAUSES)
    return OAuthGrant.objects.get(pk=grant.pk)


def pair_store(grant: OAuthGrant, pair: TokenPair, started: datetime) -> bool:
    """Store the pair over the version it was made from; False if that is no longer the newest.

    A pair that is not stored is lost for good, so a database that stumbles is asked again.
    """
    values = {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token or grant.refresh_token,
        "version": grant.version + 1,
        "app": pair.app or grant.app,
        "issued_at": started,
        "expires_at": started + timedelta(seconds=pair.life_seconds),
        "not_before": None,
        "lease_token": "",
        "lease_until": None,
        "unclear_at": None,
        "broken_at": None,
        "broken_reason": "",
    }
    for attempt in range(1, SAVE_TRIES + 1):
        try:
            return bool(OAuthGrant.objects.filter(pk=grant.pk, version=grant.version).update(**values))
        except DatabaseError:
            if attempt == SAVE_TRIES:
                raise
            logger.exception("New tokens of connection %s could not be stored yet.", grant.connection_id)
            close_old_connections()
            time.sleep(attempt)
    return False


def _ask(connection: Connection, grant: OAuthGrant, lease: Lease) -> TokenPair:
    """Renew, and after a lost reply once more with the old token."""
    endpoint = token_endpoint(ApiCallLog(connection, step="renew authorisation"))
    try:
        return endpoint.refresh(grant.refresh_token)
    except OutcomeUnknown:
        grant.unclear_at = grant.unclear_at or timezone.now()
        if time.monotonic() >= lease.ends:
            raise
        return endpoint.refresh(grant.refresh_token)


def _break(connection: Connection, grant: OAuthGrant, reason: str, err: CrmError | None = None) -> OAuthGrant:
    """Note that the chain has ended, unless a slower worker has just stored a pair after all."""
    now = timezone.now()
    broken = OAuthGrant.objects.filter(pk=grant.pk, version=grant.version).update(
        broken_at=now, broken_reason=reason, lease_token="", lease_until=None
    )
    if not broken:
        return OAuthGrant.objects.get(pk=grant.pk)
    notice_resolve(connection, UNCLEAR)
    grant.broken_reason = reason
    notice_raise(connection, BROKEN, broken_sentence(grant, now), Notice.Level.ERROR)
    raise CredentialsRejected(reason, setting="credentials", label="oauth-broken") from err


def broken_sentence(grant: OAuthGrant, now: datetime) -> str:
    """What a person must do about a broken chain, and until when there is time."""
    if grant.expires_at is None or grant.expires_at <= now:
        return grant.broken_reason
    until = f"{grant.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"{grant.broken_reason} Orders are still sent until {until}, then they wait."


def _given_up(connection: Connection, grant: OAuthGrant, lease: Lease, err: CrmError) -> HeldBack:
    """Give the lease back; when it is tried again depends on what went wrong."""
    if isinstance(err, OutcomeUnknown):
        pause = PAUSE_AFTER_DOUBT
        notice_raise(connection, UNCLEAR, UNCLEAR_SENTENCE, Notice.Level.WARNING)
    elif isinstance(err, TransientError):
        pause = max(PAUSE_AFTER_OUTAGE, timedelta(seconds=err.retry_after_seconds or 0))
    else:
        pause = PAUSE_AFTER_REFUSAL
        notice_raise(connection, CLIENT, err.message, Notice.Level.ERROR)
    with suppress(LeaseLost):
        lease.release(unclear_at=grant.unclear_at, not_before=timezone.now() + pause)
    return HeldBack(
        err.message,
        detail=err.detail,
        setting=err.setting,
        label="oauth-renewing",
        retry_after_seconds=pause.total_seconds(),
    )
