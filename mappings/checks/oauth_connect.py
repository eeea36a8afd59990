"""A person lets Cascader into an app at the CRM's own page: away with a state, and back with a code.

The state is signed, lives ten minutes, works once, and is good only for the person, the browser session and
the connection it was made for.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from crm.credentials import BearerToken
from crm.errors import CrmError
from crm.oauth import GrantRefused, TokenPair, authorize_url
from mappings.access.calls import ApiCallLog
from mappings.access.connect import connection_pause
from mappings.access.oauth.client import NOT_SET_UP, authorize_page, oauth_is_set_up, token_endpoint
from mappings.access.oauth.renewal import CAUSES
from mappings.checks.check import check_store, connection_check
from mappings.checks.findings import CheckOutcome, CredentialVerdict, FindingLevel, mapped_names
from mappings.models import Connection, OAuthGrant
from mappings.notices.notices import notice_resolve

SALT = "mappings.access.oauth.state"
STATE_SECONDS = 600
AGAIN = "Press “Connect with Keap” again."
DISCONNECTED = "Disconnected from Keap by a person. Connect it again, or choose another kind of key."


class ConnectRefused(Exception):
    """Why nothing was connected, in a sentence for the person."""


def connect_begin(connection: Connection, *, user_id: int, session_key: str, redirect_uri: str) -> str:
    """The address to send the person to. An earlier, unfinished try of the connection ends.

    Raises: ConnectRefused if this installation has no client id.
    """
    if not oauth_is_set_up():
        raise ConnectRefused(NOT_SET_UP)
    nonce = secrets.token_urlsafe(24)
    OAuthGrant.objects.update_or_create(connection=connection, defaults={"state_digest": _digest(nonce)})
    values = {
        "connection": connection.pk,
        "user": user_id,
        "session": _session_mark(session_key),
        "nonce": nonce,
        "redirect_uri": redirect_uri,
    }
    return authorize_url(
        settings.KEAP_CLIENT_ID,
        redirect_uri=redirect_uri,
        state=signing.dumps(values, salt=SALT),
        url=authorize_page(),
    )


def state_open(state: str, *, user_id: int, session_key: str) -> dict[str, Any]:
    """What the state says; it is used up then. Raises ConnectRefused if it is not this person's to use."""
    try:
        values: dict[str, Any] = signing.loads(state, salt=SALT, max_age=STATE_SECONDS)
    except signing.SignatureExpired as err:
        raise ConnectRefused(f"That took longer than ten minutes. {AGAIN}") from err
    except signing.BadSignature as err:
        raise ConnectRefused(f"The answer does not belong to anything that was begun here. {AGAIN}") from err
    same_session = constant_time_compare(values["session"], _session_mark(session_key))
    if values["user"] != user_id or not same_session:
        raise ConnectRefused(f"This was begun by another log-in or in another browser. {AGAIN}")
    used = OAuthGrant.objects.filter(
        connection_id=values["connection"], state_digest=_digest(values["nonce"])
    ).update(state_digest="")
    if used != 1:
        raise ConnectRefused(f"This answer was used already, or connecting was begun anew since. {AGAIN}")
    return values


def connect_finish(connection: Connection, *, code: str, redirect_uri: str) -> CheckOutcome:
    """Turn the code into tokens and keep them, if they are the connection's own app's.

    Raises: ConnectRefused with what to do; nothing is kept then. Needs that no transaction is open.
    """
    endpoint = token_endpoint(ApiCallLog(connection, step="connect"))
    started = timezone.now()
    try:
        pair = endpoint.exchange(code, redirect_uri)
    except GrantRefused as err:
        raise ConnectRefused(
            f"The CRM did not accept its own answer: it was used already or is too old. {AGAIN}"
        ) from err
    except CrmError as err:
        raise ConnectRefused(f"{err.message} Nothing was connected. {AGAIN}") from err
    expected = connection.bound_app or connection.app_name  # rule 1: a connection is bound to one app
    if pair.app and pair.app != expected:
        raise ConnectRefused(
            f"You let Cascader into the app {pair.app}, but this connection belongs to the app {expected}. "
            f"Nothing was connected. Choose {expected} on the CRM's page, or make a new connection for "
            f"{pair.app}."
        )
    connection.credential_kind = Connection.CredentialKind.OAUTH
    outcome = connection_check(
        connection, mapped_names(connection), credentials=BearerToken(pair.access_token)
    )
    if outcome.verdict == CredentialVerdict.REFUSED or (
        outcome.verdict == CredentialVerdict.UNREACHABLE and not pair.app
    ):
        reasons = [finding.sentence for finding in outcome.worst_first if finding.level == FindingLevel.ERROR]
        raise ConnectRefused(f"Nothing was connected: {' '.join(reasons)}")
    _keep(connection, pair, started, outcome.app)
    check_store(connection, outcome)
    notice_resolve(connection, *CAUSES)
    return outcome


def connect_end(connection: Connection) -> bool:
    """Forget the tokens and hold the connection's work back; whether there were any. Repeat: safe."""
    with transaction.atomic():
        grant = OAuthGrant.objects.select_for_update().filter(connection=connection).first()
        if grant is None or not grant.is_connected:
            return False
        OAuthGrant.objects.filter(pk=grant.pk).update(
            access_token="",
            refresh_token="",
            version=grant.version + 1,
            issued_at=None,
            expires_at=None,
            lease_token="",
            lease_until=None,
            unclear_at=None,
            broken_at=None,
            broken_reason="",
        )
    notice_resolve(connection, *CAUSES)
    if connection.credential_kind == Connection.CredentialKind.OAUTH:
        connection_pause(connection, DISCONNECTED)
    return True


def _keep(connection: Connection, pair: TokenPair, started: Any, app: str) -> None:
    """A new chain begins; a renewal of the old one that is under way can no longer store its pair."""
    with transaction.atomic():
        grant = OAuthGrant.objects.select_for_update().get(connection=connection)
        OAuthGrant.objects.filter(pk=grant.pk).update(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            version=grant.version + 1,
            app=pair.app or app,
            issued_at=started,
            expires_at=started + timedelta(seconds=pair.life_seconds),
            not_before=None,
            lease_token="",
            lease_until=None,
            unclear_at=None,
            broken_at=None,
            broken_reason="",
        )
        Connection.objects.filter(pk=connection.pk).update(credential_kind=connection.credential_kind)


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _session_mark(session_key: str) -> str:
    return salted_hmac(SALT, session_key, algorithm="sha256").hexdigest()
