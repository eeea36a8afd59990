"""People hear of what stops a connection, days before where it can be known, and not too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mappings.alarms import causes, notices_check
from mappings.connections import MANUAL_PAUSE
from mappings.models import Connection, Merchant, Notice
from mappings.notices import notice_raise, notice_resolve, notices_mail
from tests.factories import ConnectionFactory, MembershipFactory
from tests.mappings.conftest import member_client
from tests.mappings.oauth_rig import age, connect, grant_now, renewals, use_client
from tests.mappings.pages import page_url
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ERROR, WARNING = Notice.Level.ERROR, Notice.Level.WARNING
KINDS, PROTOCOLS = Connection.CredentialKind, Connection.Protocol


@pytest.fixture
def running(merchant: Merchant) -> Connection:
    return ConnectionFactory(merchant=merchant, protocol=PROTOCOLS.REST)


def told_of(connection: Connection, now: datetime) -> dict[str, tuple[str, str]]:
    return {cause: (level, sentence) for cause, sentence, level in causes(connection, now)}


@pytest.mark.parametrize(
    ("day", "level", "words"),
    [
        (datetime(2026, 11, 15, tzinfo=UTC), None, ""),
        (datetime(2026, 11, 16, tzinfo=UTC), WARNING, "in 45 days"),
        (datetime(2026, 12, 1, tzinfo=UTC), WARNING, "in 30 days"),
        (datetime(2026, 12, 17, tzinfo=UTC), ERROR, "in 14 days"),
        (datetime(2026, 12, 30, tzinfo=UTC), ERROR, "in 1 day,"),
        (datetime(2026, 12, 31, tzinfo=UTC), ERROR, "off today"),
        (datetime(2027, 1, 1, tzinfo=UTC), ERROR, "switched XML-RPC off"),
    ],
)
def test_the_end_of_xmlrpc_is_told_day_by_day(
    running: Connection, day: datetime, level: str | None, words: str
) -> None:
    assert told_of(running, day) == {}
    running.protocol = PROTOCOLS.XMLRPC
    found = told_of(running, day).get("xmlrpc-end")
    assert (found[0] if found else None) == level
    assert words in (found[1] if found else "")


def test_automatic_is_told_only_of_what_stops_with_xmlrpc(running: Connection) -> None:
    december = datetime(2026, 12, 20, tzinfo=UTC)
    running.protocol = PROTOCOLS.AUTOMATIC
    assert told_of(running, december) == {}
    running.contact_action_set_id = 7
    assert "What REST lacks then stops" in told_of(running, december)["xmlrpc-end"][1]


def test_a_bare_access_token_is_told(running: Connection) -> None:
    running.credential_kind, running.api_key = KINDS.BEARER, "a-bare-token"
    assert told_of(running, NOW)["access-token"][0] == WARNING
    running.api_key = "KeapAK-lasting"
    assert told_of(running, NOW) == {}


def test_a_pause_is_told_at_once_unless_a_person_made_it(running: Connection) -> None:
    running.paused_at, running.paused_reason = NOW, "The key is refused."
    assert "The key is refused." in told_of(running, NOW)["paused"][1]
    running.paused_reason = MANUAL_PAUSE
    assert told_of(running, NOW + HOUR) == {}
    assert told_of(running, NOW + DAY)["paused"][0] == WARNING


def test_a_connection_that_is_off_ends_quietly(running: Connection) -> None:
    running.enabled, running.protocol = False, PROTOCOLS.XMLRPC
    assert told_of(running, datetime(2026, 12, 31, tzinfo=UTC)) == {}


def test_the_hourly_check_renews_tokens_that_no_order_uses(
    connection: Connection, crm: Sandbox, settings: Any
) -> None:
    use_client(settings, crm)
    grant = connect(connection, crm)
    age(grant, issued_at=24, expires_at=0)
    notices_check(grant_now(connection).issued_at + DAY)
    assert (grant_now(connection).version, renewals(crm)) == (2, 1)


def test_tokens_that_were_not_renewed_for_long_are_told_days_before(
    connection: Connection, crm: Sandbox, settings: Any
) -> None:
    use_client(settings, crm)
    issued = connect(connection, crm).issued_at
    assert issued is not None
    connection.enabled, connection.protocol = True, PROTOCOLS.REST
    assert told_of(connection, issued + 34 * DAY) == {}
    assert "before then" in told_of(connection, issued + 36 * DAY)["oauth-old"][1]


def test_a_notice_is_one_row_until_it_is_resolved(running: Connection) -> None:
    Connection.objects.update(paused_at=NOW, paused_reason="The key is refused.")
    notices_check(NOW)
    notices_check(NOW + HOUR)
    notice = Notice.objects.get()
    assert (notice.first_seen_at, notice.last_seen_at) == (NOW, NOW + HOUR)
    Connection.objects.update(paused_at=None, paused_reason="")
    notices_check(NOW + 2 * HOUR)
    assert Notice.objects.get().resolved_at == NOW + 2 * HOUR
    notice_raise(running, "paused", "Again.", ERROR, now=NOW + 3 * HOUR)
    assert Notice.objects.count() == 2


def test_one_mail_in_eight_hours_over_all_causes(running: Connection) -> None:
    person = MembershipFactory(merchant=running.merchant).user
    for hour in range(24):
        notice_raise(running, f"cause-{hour}", f"Trouble {hour}.", ERROR, now=NOW + hour * HOUR)
        notices_mail(NOW + hour * HOUR)
    assert len(mail.outbox) == 3
    assert {tuple(message.to) for message in mail.outbox} == {(person.email,)}
    assert "Trouble 0." in mail.outbox[0].body
    assert "Trouble 16." in mail.outbox[2].body


def test_what_stays_is_repeated_daily_or_weekly(running: Connection) -> None:
    MembershipFactory(merchant=running.merchant)
    notice_raise(running, "old", "Soon.", WARNING, now=NOW)
    assert [notices_mail(NOW + day * DAY) for day in range(9)] == [1, 0, 0, 0, 0, 0, 0, 1, 0]
    notice_raise(running, "worse", "Stopped.", ERROR, now=NOW + 9 * DAY)
    assert [notices_mail(NOW + day * DAY) for day in range(10, 13)] == [1, 1, 1]
    notice_resolve(running, "old", "worse")
    assert notices_mail(NOW + 20 * DAY) == 0


def test_only_the_merchant_s_own_people_are_mailed(running: Connection, settings: Any) -> None:
    settings.SITE_URL = "https://cascader.example.com"
    person = MembershipFactory(merchant=running.merchant).user
    MembershipFactory(merchant=running.merchant, user__email="")
    MembershipFactory(merchant=running.merchant, user__is_active=False)
    MembershipFactory()
    Merchant.objects.filter(pk=running.merchant_id).update(name="Bones\r\nBcc: all@example.com")
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    assert notices_mail(NOW) == 1
    message = mail.outbox[0]
    assert message.recipients() == [person.email]
    assert "https://cascader.example.com" + page_url(running) in message.body


def test_a_mail_that_fails_is_tried_again(running: Connection, settings: Any) -> None:
    MembershipFactory(merchant=running.merchant)
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert notices_mail(NOW) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notices_mail(NOW + HOUR) == 1


def test_notices_stand_on_the_page_and_in_the_list(merchant: Merchant, running: Connection) -> None:
    theirs = ConnectionFactory()
    notice_raise(running, "paused", "The key is <refused>.", ERROR, now=NOW)
    notice_raise(theirs, "paused", "A canary.", ERROR, now=NOW)
    client: Client = member_client(merchant, can_edit_settings=False)
    for url in (page_url(running), reverse("admin:mappings_connection_changelist")):
        body = client.get(url).content.decode()
        assert "The key is &lt;refused&gt;." in body
        assert "A canary." not in body


def test_the_list_asks_for_all_notices_at_once(merchant: Merchant, running: Connection) -> None:
    client = member_client(merchant)
    counts = []
    for number in range(2):
        notice_raise(ConnectionFactory(merchant=merchant, name=f"More {number}"), "paused", "One.", ERROR)
        with CaptureQueriesContext(database) as queries:
            client.get(reverse("admin:mappings_connection_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
