"""Tokens are renewed early, by one worker at a time, and a lost reply is told at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from crm.errors import CredentialsRejected, HeldBack, TransientError
from crm.oauth import TokenPair
from mappings.access.calls import ApiCallLog
from mappings.access.connect import crm_connect
from mappings.access.oauth.renewal import pair_store
from mappings.access.oauth.tokens import is_due, oauth_renew, oauth_token
from mappings.models import ApiCall, Connection, Notice, OAuthGrant
from tests.mappings.oauth_helpers import age, connect, grant_now, renewals, use_client
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
TOKEN_CALL = "POST /token"
RENEWALS = 200


@pytest.fixture
def grant(connection: Connection, crm: Sandbox, settings: Any) -> OAuthGrant:
    use_client(settings, crm)
    return connect(connection, crm)


def probe(connection: Connection) -> str:
    return crm_connect(connection, ApiCallLog(connection)).probe_credentials().name


def open_causes(connection: Connection) -> set[str]:
    return set(Notice.objects.filter(connection=connection, resolved_at=None).values_list("cause", flat=True))


@pytest.mark.parametrize(
    ("life_seconds", "left_seconds", "due"),
    [
        (86_400, 86_400, False),
        (86_400, 18_000, False),
        (86_400, 17_000, True),
        (1_800, 700, False),
        (1_800, 590, True),
        (600, 310, False),
        (600, 290, True),
        (0, 0, True),
        (86_400, -1, True),
    ],
)
def test_a_pair_is_due_early_but_not_before_half_of_its_life(
    life_seconds: int, left_seconds: int, due: bool
) -> None:
    now = timezone.now()
    ends = now + timedelta(seconds=left_seconds)
    grant = OAuthGrant(expires_at=ends, issued_at=ends - timedelta(seconds=life_seconds))
    assert is_due(grant, now) is due


def test_a_fresh_token_is_used_as_it_is(connection: Connection, grant: OAuthGrant, crm: Sandbox) -> None:
    assert oauth_token(connection).value == grant.access_token
    assert probe(connection) == "demo"
    assert renewals(crm) == 0


def test_a_pair_is_renewed_before_it_ends(connection: Connection, grant: OAuthGrant, crm: Sandbox) -> None:
    age(grant, issued_at=22, expires_at=-2)
    token = oauth_token(connection)
    assert (token.version, renewals(crm)) == (2, 1)
    assert token.value != grant.access_token
    assert probe(connection) == "demo"
    assert renewals(crm) == 1


def test_a_token_cut_off_in_the_middle_is_renewed_once_and_nobody_is_paused(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    age(grant, issued_at=1)
    crm.credential(grant.access_token, state="expired")
    with pytest.raises(TransientError, match="renewed"):
        probe(connection)
    assert probe(connection) == "demo"
    assert renewals(crm) == 1


def test_a_token_another_worker_has_renewed_is_no_refusal(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    crm.options(refresh_ends_access_token=True)
    client = crm_connect(connection, ApiCallLog(connection))
    oauth_renew(connection, grant.version)
    with pytest.raises(TransientError):
        client.probe_credentials()
    assert probe(connection) == "demo"


def test_a_token_refused_right_after_its_issue_is_a_refusal(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    crm.credential(grant.access_token, state="revoked")
    with pytest.raises(CredentialsRejected):
        probe(connection)
    assert renewals(crm) == 0


def test_a_revoked_authorisation_asks_for_a_person(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    age(grant, issued_at=24, expires_at=0)
    crm.credential(grant.refresh_token, state="revoked")
    with pytest.raises(CredentialsRejected, match="revoked or ran out"):
        oauth_token(connection)
    assert open_causes(connection) == {"oauth-broken"}
    with pytest.raises(CredentialsRejected):
        oauth_token(connection)
    assert len(crm.calls(TOKEN_CALL)) == 2  # the code, and one refresh


def test_a_request_that_never_arrived_is_repeated(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    crm.faults({"method": TOKEN_CALL, "call": 1, "do": "drop_before"})
    age(grant, issued_at=22, expires_at=-2)
    assert oauth_token(connection).version == 2
    assert open_causes(connection) == set()


def test_a_lost_reply_uses_the_token_to_its_end_and_alarms_at_once(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    crm.faults({"method": TOKEN_CALL, "call": 1, "do": "drop_after"})
    age(grant, issued_at=22, expires_at=-2)
    assert oauth_token(connection).value == grant.access_token
    assert probe(connection) == "demo"
    notice = Notice.objects.get(connection=connection, resolved_at=None)
    assert "answer was lost" in notice.sentence
    assert "still sent until" in notice.sentence
    age(grant, expires_at=0)
    with pytest.raises(CredentialsRejected, match="Connect with Keap"):
        oauth_token(connection)


def test_an_outage_of_the_token_call_holds_back_only_once_the_token_has_ended(
    connection: Connection, grant: OAuthGrant, crm: Sandbox, settings: Any
) -> None:
    settings.CRM_GATEWAY_URL = "http://127.0.0.1:9"
    age(grant, issued_at=22, expires_at=-2)
    assert oauth_token(connection).value == grant.access_token
    age(grant, expires_at=0)
    with pytest.raises(HeldBack):
        oauth_token(connection)
    settings.CRM_GATEWAY_URL = crm.url
    OAuthGrant.objects.update(not_before=None)
    assert oauth_token(connection).version == 2


def test_a_wrong_client_of_the_installation_pauses_nobody(
    connection: Connection, grant: OAuthGrant, crm: Sandbox, settings: Any
) -> None:
    settings.KEAP_CLIENT_SECRET = "wrong"
    age(grant, issued_at=24, expires_at=0)
    with pytest.raises(HeldBack, match="KEAP_CLIENT_SECRET"):
        oauth_token(connection)
    assert open_causes(connection) == {"oauth-client"}
    settings.KEAP_CLIENT_SECRET = "a-client-secret"
    OAuthGrant.objects.update(not_before=None)
    assert oauth_token(connection).version == 2
    assert open_causes(connection) == set()


def test_a_renewal_for_another_app_is_not_used(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    OAuthGrant.objects.update(app="other")
    age(grant, issued_at=24, expires_at=0)
    with pytest.raises(CredentialsRejected, match="another app, demo"):
        oauth_token(connection)


def test_a_worker_waits_for_the_one_that_renews_but_not_for_ever(
    connection: Connection, grant: OAuthGrant, settings: Any
) -> None:
    settings.OAUTH_WAIT_SECONDS = 0.1
    age(grant, issued_at=24, expires_at=0)
    later = timezone.now() + timedelta(seconds=30)
    OAuthGrant.objects.update(lease_token="another", lease_until=later)
    with pytest.raises(HeldBack):
        oauth_token(connection)


@pytest.mark.django_db(transaction=True)
def test_a_slow_endpoint_is_waited_for_by_one_alone(
    connection: Connection, grant: OAuthGrant, crm: Sandbox, settings: Any
) -> None:
    """The answer takes longer than any other call may; whoever else needs a token takes the old one."""
    settings.CRM_READ_TIMEOUT_SECONDS = 0.2
    age(grant, issued_at=22, expires_at=-2)
    crm.faults({"method": TOKEN_CALL, "do": "hold", "seconds": 2})
    renewing = threading.Thread(target=in_thread, args=(lambda: oauth_token(connection),))
    renewing.start()
    crm.wait_for_call(TOKEN_CALL, "applied", timeout=20, count=2)
    began = time.monotonic()
    assert oauth_token(Connection.objects.get(pk=connection.pk)).version == 1
    assert time.monotonic() - began < 1
    renewing.join()
    assert oauth_token(connection).version == 2
    assert renewals(crm) == 1 and open_causes(connection) == set()


def in_thread(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connections.close_all()


def test_no_token_is_recorded_or_shown(connection: Connection, grant: OAuthGrant) -> None:
    oauth_renew(connection, grant.version)
    after = grant_now(connection)
    call = ApiCall.objects.get(method=TOKEN_CALL)
    texts = [call.request, call.response, call.error, repr(after), str(after), repr(oauth_token(connection))]
    for secret in (grant.refresh_token, after.access_token, after.refresh_token):
        assert not [text for text in texts if secret in text]


# -- across processes ---------------------------------------------------------------------------------------


def in_child(work: Callable[[], object]) -> int:
    """A process of its own; its exit code is 0 if the work raised nothing."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def renew_until(connection: Connection, version: int) -> None:
    """Renew as a worker would, again and again, until the pair has that version."""
    while True:
        seen = grant_now(connection).version
        if seen >= version:
            return
        try:
            oauth_renew(connection, seen)
        except HeldBack:
            continue


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends_access", [False, True])
def test_two_processes_renew_two_hundred_times_and_the_chain_holds(
    connection: Connection, grant: OAuthGrant, crm: Sandbox, ends_access: bool
) -> None:
    """Each refresh token works once, and using one twice would end the whole chain."""
    crm.options(refresh_reuse="revoke_chain", refresh_ends_access_token=ends_access)
    children = [in_child(lambda: renew_until(connection, 1 + RENEWALS)) for _ in range(2)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0, 0]
    assert (grant_now(connection).version, renewals(crm)) == (1 + RENEWALS, RENEWALS)
    assert ApiCall.objects.filter(method=TOKEN_CALL).exclude(error_class="").count() == 0
    assert probe(connection) == "demo"


@pytest.mark.django_db(transaction=True)
def test_threads_that_need_a_token_at_once_share_one_renewal(
    connection: Connection, grant: OAuthGrant, crm: Sandbox
) -> None:
    age(grant, issued_at=24, expires_at=0)
    crm.options(refresh_reuse="revoke_chain")
    versions: list[int] = []

    def work() -> None:
        try:
            versions.append(oauth_token(Connection.objects.get(pk=connection.pk)).version)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == [2] * 6
    assert renewals(crm) == 1


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("fault", "chain_holds"), [("delay", True), ("hold", False)])
def test_a_worker_killed_while_it_renews(
    connection: Connection, grant: OAuthGrant, crm: Sandbox, settings: Any, fault: str, chain_holds: bool
) -> None:
    """Before the CRM took the request nothing is lost; after it, it is the break that cannot be prevented."""
    settings.OAUTH_LEASE_SECONDS = 0.2
    age(grant, issued_at=22, expires_at=-2)
    crm.faults({"method": TOKEN_CALL, "call": 1, "do": fault, "seconds": 60})
    child = in_child(lambda: oauth_token(connection))
    crm.wait_for_call(TOKEN_CALL, "applied" if fault == "hold" else "received", timeout=20, count=2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    crm.clear_faults()
    while grant_now(connection).version == 1 and grant_now(connection).broken_at is None:
        oauth_token(connection)
    assert (grant_now(connection).broken_at is None) is chain_holds
    assert open_causes(connection) == (set() if chain_holds else {"oauth-broken"})
    assert probe(connection) == "demo"


def test_a_pair_made_from_an_older_one_is_not_stored_over_the_newer(
    connection: Connection, grant: OAuthGrant
) -> None:
    newer, older = (
        TokenPair(access_token=f"access {n}", refresh_token=f"refresh {n}", life_seconds=3600, app=grant.app)
        for n in (2, 1)
    )
    assert pair_store(grant, newer, timezone.now())
    assert not pair_store(grant, older, timezone.now())  # made from the version that both had read
    assert grant_now(connection).access_token == "access 2"
