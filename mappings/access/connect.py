"""From a stored connection to a CRM client, and the switch that holds a connection's work back."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from typing import Any, cast

import requests
from django.conf import settings
from django.utils import timezone

from crm.automatic import AutomaticCrm
from crm.contract import Crm
from crm.credentials import GATEWAY_URL, BearerToken, Credentials, Endpoints, HeaderKey, LegacyKey
from crm.errors import ConfigurationError
from crm.http.observe import CallObserver
from crm.http.session import new_session
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from mappings.access.oauth.expired_tokens import ExpiredTokenObserver
from mappings.access.oauth.tokens import oauth_token
from mappings.directory.field_cache import ConnectionFieldCache
from mappings.models import Connection

SESSIONS_PER_THREAD = 32
LEGACY_OVER_REST = (
    "A legacy API key works on the app's own address alone, and that speaks XML-RPC alone. Choose the "
    "protocol XML-RPC, or make a personal access token or service account key in the CRM (Settings, API) "
    "and choose that kind of key."
)
XMLRPC_ENDS = date(2026, 12, 31)  # the vendor's announcement, as 4spotconsulting.com reports it
MANUAL_PAUSE = "Paused by a person on this page."  # no test ends this one


class _ThreadSessions(threading.local):
    """The open HTTP sessions of one thread, least recently used first."""

    def __init__(self) -> None:
        self.by_connection: OrderedDict[int, tuple[Credentials, requests.Session]] = OrderedDict()


_sessions = _ThreadSessions()
# A forked child must not go on talking over its parent's sockets: it would read the parent's replies.
os.register_at_fork(after_in_child=lambda: _sessions.by_connection.clear())


def always(protocol: str) -> bool:
    return True


def crm_connect(
    connection: Connection,
    observer: CallObserver,
    *,
    alive: Callable[[str], bool] = always,
    credentials: Credentials | None = None,
    read_timeout_seconds: float | None = None,
) -> Crm:
    """The CRM as this connection may use it; sends nothing yet, but for renewing tokens that are due.

    `alive` says whether "xmlrpc", "rest_v1" or "rest_v2" answer at this moment: where the protocol is
    `automatic` or REST has two ways, it chooses. `credentials` are used instead of the stored ones.
    Raises: ConfigurationError for a key or App Name that could not be sent safely, or a key the protocol does
    not take; for a connection with tokens also CredentialsRejected and HeldBack.
    """
    if credentials is None and connection.credential_kind == Connection.CredentialKind.OAUTH:
        token = oauth_token(connection)
        credentials = BearerToken(token=token.value)
        observer = ExpiredTokenObserver(observer, connection.pk, token.version)
    known = credentials or connection_credentials(connection)
    options: dict[str, Any] = {
        "time_zone": connection.zone_name,
        "endpoints": Endpoints(
            gateway_url=settings.CRM_GATEWAY_URL or GATEWAY_URL, legacy_url=settings.CRM_LEGACY_URL
        ),
        "observer": observer,
        "connect_timeout_seconds": settings.CRM_CONNECT_TIMEOUT_SECONDS,
        "read_timeout_seconds": read_timeout_seconds or settings.CRM_READ_TIMEOUT_SECONDS,
    }
    if connection.protocol != Connection.Protocol.XMLRPC:
        check_rest_key(connection)
    options["session"] = session_of(connection.pk, known)
    match connection.protocol:
        case Connection.Protocol.XMLRPC:
            return XmlRpcCrm(known, **options)
        case Connection.Protocol.AUTOMATIC:
            automatic = AutomaticCrm(
                _rest(connection, known, options, alive),
                XmlRpcCrm(known, **options),
                alive=alive,
                awaits_xmlrpc=timezone.now().date() <= XMLRPC_ENDS,
            )
            return cast(Crm, automatic)
        case _:
            return _rest(connection, known, options, alive)


def _rest(
    connection: Connection, credentials: Credentials, options: dict[str, Any], alive: Callable[[str], bool]
) -> Crm:
    return RestCrm(
        credentials,
        field_cache=ConnectionFieldCache(connection),
        alive=alive,
        discount_sign=1 if settings.CRM_REST_DISCOUNTS_POSITIVE else -1,
        **options,
    )


def check_rest_key(connection: Connection) -> None:
    """Raises ConfigurationError for a kind of key that REST does not know."""
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY:
        raise ConfigurationError(LEGACY_OVER_REST, setting="credentials", label="legacy-over-rest")


def connection_credentials(connection: Connection) -> Credentials:
    """The stored key as the kind the merchant says it is.

    Raises: for a connection with tokens, CredentialsRejected and HeldBack as `oauth_token` says.
    """
    match connection.credential_kind:
        case Connection.CredentialKind.LEGACY_KEY:
            return LegacyKey(app_name=connection.app_name, key=connection.api_key)
        case Connection.CredentialKind.BEARER:
            return BearerToken(token=connection.api_key)
        case Connection.CredentialKind.OAUTH:
            return BearerToken(token=oauth_token(connection).value)
        case _:
            return HeaderKey(key=connection.api_key)


def connection_pause(connection: Connection, reason: str, *, probed: bool = False) -> bool:
    """Hold the connection's work back; whether this call changed it. Repeat: safe.

    `probed`: its credentials were refused, so they are asked again on a schedule, and it resumes by itself.
    A connection tested anew since it was loaded is left alone: the answer that led here may have been to
    credentials that are already replaced.
    """
    now, reason = timezone.now(), reason[:500]
    changed = Connection.objects.filter(
        pk=connection.pk, paused_at__isnull=True, tested_at=connection.tested_at
    ).update(
        paused_at=now,
        paused_reason=reason,
        credentials_probed_at=now if probed else None,
    )
    if changed:
        connection.paused_at, connection.paused_reason = now, reason
    return bool(changed)


def connection_resume(connection: Connection) -> bool:
    """Let the connection work again; whether this call changed it. Repeat: safe."""
    changed = Connection.objects.filter(pk=connection.pk, paused_at__isnull=False).update(
        paused_at=None, paused_reason="", credentials_probed_at=None
    )
    connection.paused_at, connection.paused_reason = None, ""
    return bool(changed)


def session_of(connection_id: int | None, credentials: Credentials) -> requests.Session:
    """This thread's session for the connection; other credentials get a fresh one, and so does no id."""
    if connection_id is None:
        return new_session()
    cache = _sessions.by_connection
    known = cache.pop(connection_id, None)
    if known is not None and known[0] != credentials:
        known[1].close()
        known = None
    entry = known or (credentials, new_session())
    cache[connection_id] = entry
    if len(cache) > SESSIONS_PER_THREAD:
        _, (_, oldest) = cache.popitem(last=False)
        oldest.close()
    return entry[1]
