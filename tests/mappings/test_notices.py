"""People hear of what stops a connection, days before where it can be known, and not too often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from background.periodic import Rounds
from mappings.access.connect import MANUAL_PAUSE, connection_pause, connection_resume
from mappings.checks.connection_notices import causes, notices_check, pauses_check
from mappings.models import Connection, Merchant, Notice, NoticeMail
from mappings.notices.mails import notices_mail
from mappings.notices.notices import notice_raise, notice_resolve
from mappings.periodic import notices_duty
from tests.factories import ConnectionFactory, MembershipFactory
from tests.mappings.conftest import member_client
from tests.mappings.oauth_helpers import age, connect, grant_now, renewals, use_client
from tests.mappings.pages import page_url
from tests.sandbox_client import Sandbox
from tests.smtp_server import MailServer
from tests.stack import wait_until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ERROR, WARNING = Notice.Level.ERROR, Notice.Level.WARNING
KINDS, PROTOCOLS = Connection.CredentialKind, Connection.Protocol


@pytest.fixture
def running(merchant: Merchant) -> Connection:
    return ConnectionFactory(merchant=merchant, protocol=PROTOCOLS.REST)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    """A mail server, which notices are handed to."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def records_of(connection: Connection, now: datetime) -> dict[str, tuple[str, str]]:
    return {cause: (level, sentence) for cause, sentence, level in causes(connection, now)}


def test_who_cannot_be_mailed_is_told_on_the_page(running: Connection) -> None:
    MembershipFactory(
        merchant=running.merchant, user__username="olga", user__email="", can_edit_settings=True
    )
    MembershipFactory(
        merchant=running.merchant, user__username="pat", user__email="", can_edit_settings=False
    )
    notices_check(NOW)
    notice = Notice.objects.get(cause="no-address", resolved_at=None)
    assert notice.level == WARNING and "olga" in notice.sentence and "pat" not in notice.sentence
    running.merchant.memberships.get(user__username="olga").user.delete()
    notices_check(NOW)
    assert not Notice.objects.filter(cause="no-address", resolved_at=None).exists()


def test_a_new_log_in_is_asked_for_its_address_and_a_missing_one_is_told(
    admin_client: Client, running: Connection
) -> None:
    assert b'name="email"' in admin_client.get(reverse("admin:auth_user_add")).content
    membership = MembershipFactory(merchant=running.merchant, user__email="", can_edit_settings=True)
    url = reverse("admin:mappings_merchant_change", args=[running.merchant.pk])
    form = {
        "name": "Tea", "slug": running.merchant.slug,
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": membership.pk, "memberships-0-merchant": running.merchant.pk,
        "memberships-0-user": membership.user_id, "memberships-0-can_edit_settings": "on",
    }  # fmt: skip
    page = admin_client.post(url, form, follow=True)
    assert "Errors are not mailed to" in page.content.decode()


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
    assert records_of(running, day) == {}
    running.protocol = PROTOCOLS.XMLRPC
    found = records_of(running, day).get("xmlrpc-end")
    assert (found[0] if found else None) == level
    assert words in (found[1] if found else "")


def test_automatic_is_told_only_of_what_stops_with_xmlrpc(running: Connection) -> None:
    december = datetime(2026, 12, 20, tzinfo=UTC)
    running.protocol = PROTOCOLS.AUTOMATIC
    assert records_of(running, december) == {}
    running.contact_action_set_id = 7
    assert "What REST lacks then stops" in records_of(running, december)["xmlrpc-end"][1]


def test_a_bare_access_token_is_told(running: Connection) -> None:
    running.credential_kind, running.api_key = KINDS.BEARER, "a-bare-token"
    assert records_of(running, NOW)["access-token"][0] == WARNING
    running.api_key = "KeapAK-lasting"
    assert records_of(running, NOW) == {}


def test_a_pause_is_told_at_once_unless_a_person_made_it(running: Connection) -> None:
    running.paused_at, running.paused_reason = NOW, "The key is refused."
    assert "The key is refused." in records_of(running, NOW)["paused"][1]
    running.paused_reason = MANUAL_PAUSE
    assert records_of(running, NOW + HOUR) == {}
    assert records_of(running, NOW + DAY)["paused"][0] == WARNING


def test_a_connection_that_is_off_ends_quietly(running: Connection) -> None:
    running.enabled, running.protocol = False, PROTOCOLS.XMLRPC
    assert records_of(running, datetime(2026, 12, 31, tzinfo=UTC)) == {}


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
    assert records_of(connection, issued + 34 * DAY) == {}
    assert "before then" in records_of(connection, issued + 36 * DAY)["oauth-old"][1]


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
    MembershipFactory(merchant=running.merchant, can_edit_settings=False)
    MembershipFactory()
    Merchant.objects.filter(pk=running.merchant_id).update(name="Bones\r\nBcc: all@example.com")
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    assert notices_mail(NOW) == 1
    message = mail.outbox[0]
    assert message.recipients() == [person.email]
    assert "https://cascader.example.com" + page_url(running) in message.body


def test_errors_of_replications_are_told_again_while_there_are_new_ones(running: Connection) -> None:
    MembershipFactory(merchant=running.merchant)
    for hour in range(40):
        if hour <= 20:
            notice_raise(running, "orders:transient:", "Trouble.", ERROR, now=NOW + hour * HOUR)
        notices_mail(NOW + hour * HOUR)
    assert len(mail.outbox) == 4  # at 0, 8, 16 and, about the errors since then, 24 hours


def test_an_error_that_comes_while_a_mail_is_made_is_not_lost(running: Connection) -> None:
    MembershipFactory(merchant=running.merchant)
    notice_raise(running, "orders:a:", "One.", ERROR, now=NOW)
    assert notices_mail(NOW + MINUTE) == 1
    notice_raise(running, "orders:b:", "Written late.", ERROR, now=NOW + MINUTE / 2)
    assert notices_mail(NOW + MINUTE + 8 * HOUR) == 1
    assert notices_mail(NOW + MINUTE + 16 * HOUR) == 0


def test_the_mail_tells_the_worst_first_with_its_link_and_no_address(
    running: Connection, settings: Any
) -> None:
    settings.SITE_URL = "https://cascader.example.com"
    MembershipFactory(merchant=running.merchant)
    notice_raise(running, "old", "Soon.", WARNING, now=NOW)
    notice_raise(
        running,
        "orders:x:",
        "The contact ada.o'neil+shop@example.co.uk\n\nis refused.",
        ERROR,
        path="/logs/?state=attention&connection=1",
        now=NOW,
    )
    notices_mail(NOW)
    (message,) = mail.outbox
    assert "ada" not in message.body
    assert (
        "The contact [e-mail address] is refused.\n  https://cascader.example.com/logs/?state" in message.body
    )
    assert message.body.index("is refused.") < message.body.index("Soon.")


@pytest.mark.parametrize(
    "name", ["Bones\r\nBcc: all@example.com", "Bönes & Söhne 🦴", "B\x0b\x1b[31m\u2028X" * 11]
)
def test_a_merchant_s_name_cannot_forge_a_mail(
    running: Connection, post: MailServer, settings: Any, name: str
) -> None:
    settings.SITE_URL = "https://cascader.example.com"
    person = MembershipFactory(merchant=running.merchant).user
    Merchant.objects.filter(pk=running.merchant_id).update(name=name)
    Connection.objects.update(name="Main\r\nX-Forged: yes")
    notice_raise(Connection.objects.get(), "paused", "The key is refused.", ERROR, now=NOW)
    assert notices_mail(NOW) == 1
    (letter,) = post.letters
    assert letter.recipients == (person.email,)
    names = {header.lower() for header in letter.message}
    assert not names & {"bcc", "x-forged"}
    shown = "".join(one for one in " ".join(name.split()) if one.isprintable())
    assert letter.message["Subject"] == f"Cascader needs you: {shown[:80]}"
    assert f"replication of {shown}'s orders" in letter.text


def test_the_headers_say_that_a_machine_wrote_it(
    running: Connection, post: MailServer, settings: Any
) -> None:
    settings.SITE_URL = "https://cascader.example.com"
    MembershipFactory(merchant=running.merchant)
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    notices_mail(NOW)
    message = post.letters[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"].endswith(f"<{running.merchant.slug}.notices.cascader.example.com>")
    assert message["Message-ID"].endswith("@cascader.example.com>")
    assert message.get_content_type() == "text/plain"


def test_a_mail_server_that_is_down_stands_on_the_page_and_is_tried_again(
    merchant: Merchant, running: Connection, settings: Any
) -> None:
    client = member_client(merchant)
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert notices_mail(NOW) == 0
    assert "E-mails about errors cannot be handed over" in client.get(page_url(running)).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notices_mail(NOW + MINUTE) == 1
    assert "handed over" not in mail.outbox[0].body
    assert "E-mails about errors" not in client.get(page_url(running)).content.decode()


def test_one_address_that_is_refused_keeps_no_other_from_its_mail(
    running: Connection, post: MailServer
) -> None:
    gone, *others = (MembershipFactory(merchant=running.merchant).user for _ in range(3))
    post.refused = {gone.email}
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    assert notices_mail(NOW) == 2
    assert {letter.recipients[0] for letter in post.letters} == {user.email for user in others}
    assert gone.username in Notice.objects.get(cause="mail").sentence
    post.refused = set()
    assert notices_mail(NOW + MINUTE) == 1
    assert Notice.objects.get(cause="mail").resolved_at == NOW + MINUTE


def test_a_mail_that_a_killed_process_had_claimed_is_sent_after_all(running: Connection) -> None:
    person = MembershipFactory(merchant=running.merchant).user
    notice_raise(running, "paused", "The key is refused.", ERROR, now=NOW)
    NoticeMail.objects.create(user=person, merchant=running.merchant, lease_until=NOW + 10 * MINUTE)
    assert notices_mail(NOW + MINUTE) == 0
    assert notices_mail(NOW + 10 * MINUTE) == 1


def test_the_round_asks_no_more_for_more_merchants(settings: Any, db: None) -> None:
    counts = []
    for number in range(1, 13):
        theirs = ConnectionFactory()
        notice_raise(theirs, "paused", "The key is refused.", ERROR, now=NOW)
        MembershipFactory(merchant=theirs.merchant)
        notices_mail(NOW)
        if number in (2, 12):
            with CaptureQueriesContext(database) as queries:
                assert notices_mail(NOW + HOUR) == 0
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_pause_is_told_and_taken_back_within_a_minute(running: Connection) -> None:
    connection_pause(running, "The key is refused.")
    pauses_check(timezone.now())
    assert Notice.objects.get().cause == "paused"
    connection_resume(running)
    pauses_check(timezone.now())
    assert Notice.objects.get().resolved_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_rounds_check_what_upper_layers_gave_them_before_they_mail(
    running: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    MembershipFactory(merchant=running.merchant)

    def broken(now: datetime) -> None:
        raise RuntimeError("one check fails")

    def check(now: datetime) -> None:
        notice_raise(running, "orders:x:", "Trouble.", ERROR, now=now)

    rounds = Rounds(notices_duty([broken, check]))
    rounds.once(timezone.now())
    wait_until(lambda: not rounds._busy)
    rounds.close()
    assert len(mail.outbox) == 1


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
