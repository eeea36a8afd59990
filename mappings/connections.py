"""From a stored connection to a CRM client, and the switch that holds a connection's work back."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict

import requests
from django.conf import settings
from django.utils import timezone

from crm.contract import CallObserver, Crm
from crm.credentials import GATEWAY_URL, BearerToken, Credentials, Endpoints, HeaderKey, LegacyKey
from crm.http_session import new_session
from crm.xmlrpc.adapter import XmlRpcCrm
from mappings.models import Connection

SESSIONS_PER_THREAD = 32
MANUAL_PAUSE = "Paused by a person on this page."  # no test ends this one


class _ThreadSessions(threading.local):
    """The open HTTP sessions of one thread, least recently used first."""

    def __init__(self) -> None:
        self.by_connection: OrderedDict[int, tuple[Credentials, requests.Session]] = OrderedDict()


_sessions = _ThreadSessions()
# A forked child must not go on talking over its parent's sockets: it would read the parent's replies.
os.register_at_fork(after_in_child=lambda: _sessions.by_connection.clear())


def crm_connect(
    connection: Connection, observer: CallObserver, *, read_timeout_seconds: float | None = None
) -> Crm:
    """The CRM as this connection may use it; sends nothing yet.

    Raises: ConfigurationError for a key or App Name that could not be sent safely.
    """
    credentials = connection_credentials(connection)
    return XmlRpcCrm(
        credentials,
        endpoints=Endpoints(
            gateway_url=settings.CRM_GATEWAY_URL or GATEWAY_URL, legacy_url=settings.CRM_LEGACY_URL
        ),
        observer=observer,
        time_zone=settings.CRM_TIME_ZONE,
        connect_timeout_seconds=settings.CRM_CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=read_timeout_seconds or settings.CRM_READ_TIMEOUT_SECONDS,
        session=session_of(connection.pk, credentials),
    )


def connection_credentials(connection: Connection) -> Credentials:
    """The stored key as the kind the merchant says it is."""
    match connection.credential_kind:
        case Connection.CredentialKind.LEGACY_KEY:
            return LegacyKey(app_name=connection.app_name, key=connection.api_key)
        case Connection.CredentialKind.BEARER:
            return BearerToken(token=connection.api_key)
        case _:
            return HeaderKey(key=connection.api_key)


def connection_pause(connection: Connection, reason: str) -> bool:
    """Hold the connection's work back; whether this call changed it. Repeat: safe.

    A connection tested anew since it was loaded is left alone: the answer that led here may have been to
    credentials that are already replaced.
    """
    now, reason = timezone.now(), reason[:500]
    changed = Connection.objects.filter(
        pk=connection.pk, paused_at__isnull=True, tested_at=connection.tested_at
    ).update(paused_at=now, paused_reason=reason)
    if changed:
        connection.paused_at, connection.paused_reason = now, reason
    return bool(changed)


def connection_resume(connection: Connection) -> bool:
    """Let the connection work again; whether this call changed it. Repeat: safe."""
    changed = Connection.objects.filter(pk=connection.pk, paused_at__isnull=False).update(
        paused_at=None, paused_reason=""
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
