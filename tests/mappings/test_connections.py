from __future__ import annotations

import pytest
import requests
from django.utils import timezone

from crm.credentials import BearerToken, HeaderKey, LegacyKey
from crm.errors import ConfigurationError
from mappings.access.calls import ApiCallLog
from mappings.access.connect import (
    SESSIONS_PER_THREAD,
    connection_credentials,
    connection_pause,
    connection_resume,
    crm_connect,
    session_of,
)
from mappings.models import Connection
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
KINDS = Connection.CredentialKind


def open_session(connection: Connection) -> requests.Session:
    return session_of(connection.pk, connection_credentials(connection))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (KINDS.HEADER_KEY, HeaderKey("k")),
        (KINDS.LEGACY_KEY, LegacyKey("ab123", "k")),
        (KINDS.BEARER, BearerToken("k")),
    ],
)
def test_each_kind_of_key(kind: str, expected: object) -> None:
    connection = ConnectionFactory.build(merchant=None, credential_kind=kind, api_key="k")
    assert connection_credentials(connection) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values if kind != KINDS.OAUTH])
def test_each_kind_of_key_reaches_the_crm(connection: Connection, kind: str) -> None:
    connection.credential_kind = kind
    assert crm_connect(connection, ApiCallLog(connection)).probe_credentials().name == "demo"


def test_a_key_that_cannot_be_sent_is_a_configuration_error() -> None:
    connection = ConnectionFactory(api_key="with\r\nbreak")
    with pytest.raises(ConfigurationError):
        crm_connect(connection, ApiCallLog(connection))


def test_the_session_is_kept_until_the_credentials_change() -> None:
    connection = ConnectionFactory()
    first = open_session(connection)
    assert open_session(connection) is first
    connection.api_key = "another"
    assert open_session(connection) is not first


def test_only_so_many_sessions_are_kept() -> None:
    connections = [ConnectionFactory() for _ in range(SESSIONS_PER_THREAD + 1)]
    first = [open_session(connection) for connection in connections]
    assert open_session(connections[-1]) is first[-1]
    assert open_session(connections[0]) is not first[0]


def test_pausing_twice_changes_once_and_keeps_the_first_reason() -> None:
    connection = ConnectionFactory()
    other = Connection.objects.get(pk=connection.pk)
    assert connection_pause(connection, "The key is refused. " + "x" * 600)
    assert not connection_pause(other, "Later.")
    stored = Connection.objects.get()
    assert stored.paused_reason.startswith("The key is refused.")
    assert stored.paused_at == connection.paused_at


def test_a_late_refusal_does_not_pause_what_was_tested_since() -> None:
    connection = ConnectionFactory()
    Connection.objects.update(tested_at=timezone.now())
    assert not connection_pause(connection, "The old key is refused.")
    assert Connection.objects.get().paused_at is None


def test_resuming_is_safe_to_repeat() -> None:
    connection = ConnectionFactory()
    connection_pause(connection, "Wait.")
    assert connection_resume(connection)
    assert not connection_resume(connection)
    stored = Connection.objects.get()
    assert (stored.paused_at, stored.paused_reason) == (None, "")
