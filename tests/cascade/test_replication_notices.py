"""Errors of replications become notices: one per cause, counted, cured by name, and gone with their rows."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cascade.engine.outcome import Ending, ending_write
from cascade.models import Replication
from cascade.replication_notices import LONG_RETRYING, replication_notice_note, replication_notices_check
from mappings.access.connect import connection_pause
from mappings.models import Connection, Notice, Outage
from mappings.notices.mails import notices_mail
from tests.factories import ConnectionFactory, MembershipFactory
from tests.smtp_server import MailServer

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
State, Level = Replication.State, Replication.Level
WORKERS = 4
FAILING = 500


@pytest.fixture
def running(db: None) -> Connection:
    return ConnectionFactory()


def row(connection: Connection, number: int = 1, **changes: Any) -> Replication:
    """A failed replication: its tag is not in the CRM."""
    values = {
        "connection": connection,
        "kind": "order",
        "subject_key": f"tea/T-{number}",
        "contact_key": f"buyer{number}@example.com",
        "state": State.FAILED,
        "level": Level.ERROR,
        "error_class": "configuration",
        "setting": "tags",
        "reason": "The tag VIP is not in the CRM.",
        "finished_at": NOW,
        **changes,
    }
    return Replication.objects.create(**values)


def trying(connection: Connection, number: int = 1, **changes: Any) -> Replication:
    values = {
        "state": State.RETRYING,
        "level": Level.WARNING,
        "error_class": "transient",
        "setting": "",
        "reason": "The CRM stumbled.",
        "failures": LONG_RETRYING,
        "first_failure_at": NOW - HOUR,
        "finished_at": None,
        **changes,
    }
    return row(connection, number, **values)


def outage(connection: Connection, protocol: str = "xmlrpc") -> Outage:
    return Outage.objects.create(
        connection=connection, protocol=protocol, since=NOW - HOUR, opened_at=NOW - HOUR, failures=5
    )


def open_notices() -> list[Notice]:
    return list(Notice.objects.filter(resolved_at=None).order_by("cause"))


def test_one_notice_per_cause_says_how_many_since_when_and_the_cure(running: Connection) -> None:
    for number in range(3):
        row(running, number, finished_at=NOW - number * HOUR)
    row(running, 8, state=State.PARKED, error_class="unknown", setting="", reason="The reply was lost.")
    replication_notices_check(NOW)
    tags, unknown = open_notices()
    assert tags.sentence == (
        "3 orders could not be replicated since 2026-03-02 10:00 UTC. The latest: “The tag VIP is not in the "
        "CRM.” Correct the setting, then resend."
    )
    assert tags.path == f"/logs/?connection={running.pk}&state=attention&error=configuration"
    assert (tags.first_seen_at, tags.last_seen_at) == (NOW - 2 * HOUR, NOW)
    assert unknown.sentence.startswith("1 order could not be replicated since 2026-03-02 12:00 UTC.")


def test_the_link_shows_just_these_rows(running: Connection) -> None:
    wanted, _ = row(running), trying(running, 2)
    replication_notices_check(NOW)
    client = Client()
    person = MembershipFactory(merchant=running.merchant).user
    client.force_login(person)
    rows = client.get(open_notices()[0].path).context["page"].rows
    assert [one.pk for one in rows] == [wanted.pk]


def test_a_worker_s_note_and_the_check_agree(running: Connection) -> None:
    replication_notice_note(row(running))
    (noted,) = open_notices()
    replication_notices_check(NOW + MINUTE)
    (checked,) = open_notices()
    same = ("pk", "sentence", "level", "path", "first_seen_at", "last_seen_at")
    assert [getattr(noted, name) for name in same] == [getattr(checked, name) for name in same]


def test_a_note_that_a_crash_swallowed_is_made_up_for(running: Connection) -> None:
    row(running)
    assert open_notices() == []
    replication_notices_check(NOW)
    assert len(open_notices()) == 1


def test_a_good_ending_asks_nothing_and_an_error_little(
    running: Connection, django_assert_num_queries: Any
) -> None:
    good = row(running, state=State.SUCCEEDED, level=Level.INFO)
    with django_assert_num_queries(0):
        replication_notice_note(good)
    replication_notice_note(row(running, 2))
    again = Replication.objects.get(pk=row(running, 3).pk)
    with django_assert_num_queries(2):
        replication_notice_note(again)


@pytest.mark.parametrize(
    "cured",
    [
        {"state": State.SKIPPED, "level": Level.INFO, "reason": "Superseded by #2."},
        {"state": State.SUCCEEDED, "level": Level.INFO},
        {"state": State.WAITING, "level": Level.INFO},
    ],
)
def test_a_notice_goes_with_its_rows(running: Connection, cured: dict[str, str]) -> None:
    row(running)
    replication_notices_check(NOW)
    Replication.objects.update(**cured)
    replication_notices_check(NOW + MINUTE)
    assert open_notices() == []
    assert Notice.objects.get().resolved_at == NOW + MINUTE


def test_a_notice_that_a_worker_has_just_raised_is_not_closed_by_an_older_look(running: Connection) -> None:
    row(running)
    replication_notices_check(NOW)
    Replication.objects.all().delete()
    with CaptureQueriesContext(database) as queries:
        replication_notices_check(NOW + MINUTE)
    (closing,) = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert "last_seen_at" in closing.partition("WHERE")[2]


def test_an_order_in_the_crm_that_lacks_something_is_told(running: Connection) -> None:
    row(running, state=State.SUCCEEDED, error_class="", setting="", reason="BONE is not in the CRM.")
    replication_notices_check(NOW)
    (notice,) = open_notices()
    assert "1 order arrived incomplete since" in notice.sentence
    assert notice.level == Notice.Level.ERROR


def test_what_is_tried_for_long_is_a_warning_and_sooner_is_nothing(running: Connection) -> None:
    replication_notice_note(trying(running, 1, failures=LONG_RETRYING - 1))
    replication_notices_check(NOW)
    assert open_notices() == []
    trying(running, 2)
    replication_notices_check(NOW)
    (notice,) = open_notices()
    assert (notice.level, notice.first_seen_at) == (Notice.Level.WARNING, NOW - HOUR)
    assert "tried again by itself" in notice.sentence
    assert notice.path.endswith("state=retrying&error=transient")


def test_stopped_and_tried_ones_of_one_cause_share_a_notice(running: Connection) -> None:
    row(running, 1, state=State.PARKED, error_class="transient", setting="", reason="No answer.")
    trying(running, 2)
    replication_notices_check(NOW)
    (notice,) = open_notices()
    assert notice.sentence.startswith("1 order could not be replicated, 1 failed 3 times or more")


def test_an_open_outage_is_one_cause_and_its_retries_are_no_second(running: Connection) -> None:
    outage(running)
    note = trying(running, 1)
    replication_notice_note(note)
    trying(running, 2, state=State.WAITING, error_class="", failures=0)
    (notice,) = open_notices()
    assert "1 order waits and is sent by itself" in notice.sentence
    replication_notices_check(NOW)
    (notice,) = open_notices()
    assert notice.sentence.startswith(
        "The CRM has not answered over XML-RPC since 2026-03-02 11:00 UTC. 2 orders wait"
    )
    row(running, 3)
    replication_notices_check(NOW)
    assert len(open_notices()) == 2


def test_an_outage_that_nothing_waits_for_is_not_mailed(running: Connection) -> None:
    outage(running)
    replication_notices_check(NOW)
    assert open_notices() == []


def test_with_automatic_only_what_the_protocol_stopped_counts(running: Connection) -> None:
    Connection.objects.update(protocol=Connection.Protocol.AUTOMATIC)
    outage(running)
    trying(running, 1, state=State.WAITING, error_class="", failures=0)
    replication_notices_check(NOW)
    assert open_notices() == []
    trying(running, 2)
    replication_notices_check(NOW)
    assert "1 order waits" in open_notices()[0].sentence


def test_a_connection_that_is_off_or_of_old_has_none(running: Connection) -> None:
    row(running, 1, finished_at=NOW - timedelta(days=31))
    replication_notices_check(NOW)
    assert open_notices() == []
    row(running, 2)
    Connection.objects.update(enabled=False)
    replication_notice_note(Replication.objects.latest("pk"))
    replication_notices_check(NOW)
    assert open_notices() == []


def test_a_refused_key_is_told_as_the_pause_it_makes_at_once(running: Connection) -> None:
    connection_pause(running, "The CRM does not accept the key.")
    refused = trying(running, level=Level.ERROR, error_class="configuration", setting="credentials")
    replication_notice_note(Replication.objects.get(pk=refused.pk))
    (notice,) = open_notices()
    assert notice.cause == "paused"
    replication_notices_check(NOW)
    assert [one.cause for one in open_notices()] == ["paused"]


def test_the_check_asks_no_more_for_more_rows(running: Connection) -> None:
    counts = []
    for number in range(1, 41):
        row(running, number)
        if number in (2, 40):
            with CaptureQueriesContext(database) as queries:
                replication_notices_check(NOW)
            counts.append(len(queries))
        replication_notices_check(NOW)
    assert counts[0] == counts[1]


# -- 500 at once ----------------------------------------------------------------------------------------


def fail_and_tell(pks: list[int]) -> None:
    """What a worker does with each of its orders; every worker mails in between, as a scheduler would."""
    for number, replication in enumerate(Replication.objects.filter(pk__in=pks)):
        ending = Ending(
            state=State.FAILED,
            level=Level.ERROR,
            error_class="configuration",
            setting="tags",
            reason="The tag VIP is not in the CRM.",
        )
        assert ending_write(replication, ending)
        replication_notice_note(replication)
        if number % 25 == 0:
            notices_mail(datetime.now(UTC))


def work_in_process(pks: list[int]) -> None:
    connections.close_all()
    try:
        fail_and_tell(pks)
    finally:
        connections.close_all()


def work_in_threads(parts: list[list[int]]) -> None:
    def work(pks: list[int]) -> None:
        try:
            fail_and_tell(pks)
        finally:
            database.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, parts))


def work_in_processes(parts: list[list[int]]) -> None:
    connections.close_all()  # a child must not go on talking over its parent's
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work_in_process, args=(part,)) for part in parts]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * WORKERS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [work_in_threads, work_in_processes])
def test_500_orders_that_fail_at_once_are_one_notice_and_one_mail_each(work: Any, settings: Any) -> None:
    connection = ConnectionFactory()
    people = sorted(MembershipFactory(merchant=connection.merchant).user.email for _ in range(3))
    MembershipFactory(merchant=connection.merchant, can_edit_settings=False)
    rows = [
        Replication(
            connection=connection,
            kind="order",
            subject_key=f"tea/T-{number}",
            contact_key=f"buyer{number}@example.com",
            state=State.RUNNING,
            lease_token=f"lease {number}",
        )
        for number in range(FAILING)
    ]
    pks = [one.pk for one in Replication.objects.bulk_create(rows)]
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        work([pks[number::WORKERS] for number in range(WORKERS)])
        replication_notices_check(datetime.now(UTC))
        notices_mail(datetime.now(UTC))
    assert sorted(letter.recipients[0] for letter in server.letters) == people
    (notice,) = open_notices()
    assert notice.sentence.startswith(f"{FAILING} orders could not be replicated")
