"""A protocol that is switched off for hours is one outage of the connection, not a thousand errors."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cascade.engine.selectors import replications_due
from cascade.models import Attempt, Replication
from cascade.services import replication_work
from mappings.access.breaker import FAILURES_TO_OPEN
from mappings.access.open import open_crm
from mappings.models import Connection, Outage
from tests.cascade.conftest import lease_claim
from tests.factories import order_data
from tests.outages import look_at_outages, outages_of
from tests.reference import MODES, Reference
from tests.sandbox_client import Sandbox

State = Replication.State
ANSWERS = [
    "503",
    *(pytest.param(answer, marks=pytest.mark.embedded) for answer in ("404", "410", "drop", "fault")),
]


@pytest.fixture
def account(unlimited: Sandbox, transactional_db: None, settings: Any) -> Sandbox:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.SETTLE_SECONDS = 0.3
    return unlimited


def off(sandbox: Sandbox, protocol: str, answer: str) -> None:
    began = (timezone.now() - timedelta(minutes=1)).isoformat()
    sandbox.brownouts({"protocol": protocol, "from": began, "until": None, "answer": answer})


def work_on_all(passes: int) -> None:
    """As the scheduler: whatever is due, again and again; the schedule's own waits are over each time."""
    for _ in range(passes):
        look_at_outages()
        waits = Replication.objects.filter(state__in=Replication.OPEN, not_before__isnull=False)
        waits.update(not_before=timezone.now())
        for due in replications_due(timezone.now(), limit=200):
            replication_work(due.id)


def probes_due() -> None:
    Outage.objects.filter(until=None).update(next_probe_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_dead_protocol_is_one_outage_and_all_arrives_once_it_answers(account: Sandbox, answer: str) -> None:
    reference = Reference(account, MODES["XML-RPC blank order"])
    reference.send("1000", email="first@example.com")
    off(account, "xmlrpc", answer)
    people = [f"buyer{number}@example.com" for number in range(12)]
    rows = [reference.replication(f"order-{email}", email=email) for email in people]
    work_on_all(passes=8)
    (outage,) = outages_of(reference.connection.pk, open_only=True)
    assert outage.failures == len(people) + 1  # each once, and then the probe
    calls = len(account.calls())
    attempts, failures = Attempt.objects.count(), sum(row.failures for row in Replication.objects.all())
    for _ in range(3):
        probes_due()
        work_on_all(passes=2)  # a probe, and no order is even tried
    assert len(account.calls()) - calls == 3
    assert Attempt.objects.count() == attempts
    assert sum(row.failures for row in Replication.objects.all()) == failures
    account.brownouts()
    Replication.objects.filter(state=State.RETRYING).update(not_before=timezone.now() + timedelta(hours=4))
    probes_due()
    look_at_outages()
    assert all(row.not_before <= timezone.now() for row in Replication.objects.filter(state=State.RETRYING))
    work_on_all(passes=8)
    states = {Replication.objects.get(pk=row.pk).state for row in rows}
    assert states == {State.SUCCEEDED}
    assert len(account.rows("Job")) == len(people) + 1
    assert not outages_of(reference.connection.pk, open_only=True).exists()


def test_one_order_alone_opens_it_with_the_probes(account: Sandbox) -> None:
    reference = Reference(account, MODES["REST"])
    off(account, "rest_v2", "503")
    row = reference.replication("1000", email="first@example.com")
    replication_work(row.pk)
    for _ in range(FAILURES_TO_OPEN):
        probes_due()
        look_at_outages()
    assert outages_of(reference.connection.pk, open_only=True).exists()
    assert Replication.objects.get(pk=row.pk).failures == 1


@pytest.mark.parametrize("answer", ["404", "410"])
@pytest.mark.parametrize("dead", ["xmlrpc", "rest_v2"])
def test_automatic_delivers_at_once_without_one_protocol(account: Sandbox, dead: str, answer: str) -> None:
    """The first order already, in one attempt: no probe, no schedule, no other traffic is needed."""
    reference = Reference(account, MODES["automatic"])
    reference.connection.contact_action_set_id = None
    reference.connection.save()
    off(account, dead, answer)
    row = replication_work(reference.replication("1000", email="first@example.com").pk)
    assert row is not None and (row.state, row.attempts) == (State.SUCCEEDED, 1)
    assert len(account.rows("Contact")) == len(account.rows("Job")) == len(account.rows("Payment")) == 1


@pytest.mark.parametrize("answer", ["503", "drop", "fault"])
@pytest.mark.parametrize("dead", ["xmlrpc", "rest_v2"])
def test_automatic_goes_the_other_way_after_an_answer_in_doubt(
    account: Sandbox, dead: str, answer: str
) -> None:
    """What may have taken effect is looked for over the other protocol before it is sent there."""
    reference = Reference(account, MODES["automatic"])
    reference.connection.contact_action_set_id = None
    reference.connection.save()
    reference.send("1000", email="first@example.com")
    off(account, dead, answer)
    people = [f"buyer{number}@example.com" for number in range(3)]
    rows = [reference.replication(f"order-{email}", email=email) for email in people]
    for _ in range(FAILURES_TO_OPEN + 2):
        probes_due()
        work_on_all(passes=1)
        time.sleep(0.1)
    ended = [Replication.objects.get(pk=row.pk) for row in rows]
    assert {row.state for row in ended} == {State.SUCCEEDED}
    assert len(account.rows("Contact")) == len(account.rows("Job")) == len(account.rows("Payment")) == 4


def test_with_both_protocols_gone_automatic_waits_as_a_whole_and_is_rung(account: Sandbox) -> None:
    reference = Reference(account, MODES["automatic"])
    began = (timezone.now() - timedelta(minutes=1)).isoformat()
    account.brownouts(
        *({"protocol": name, "from": began, "answer": "503"} for name in ("xmlrpc", "rest_v1", "rest_v2"))
    )
    row = reference.replication("1000", email="first@example.com")
    replication_work(row.pk)
    for _ in range(FAILURES_TO_OPEN + 1):
        replication_work(row.pk)
        Replication.objects.update(not_before=timezone.now())
        probes_due()
        look_at_outages()
    assert replications_due(timezone.now(), limit=10) == []
    off(account, "xmlrpc", "410")  # for good; REST is back
    Replication.objects.update(not_before=timezone.now() + timedelta(hours=4))
    probes_due()
    look_at_outages()
    Connection.objects.update(contact_action_set_id=None)
    assert [due.id for due in replications_due(timezone.now(), limit=10)] == [row.pk]


def test_what_only_the_dead_protocol_can_do_waits_alone(account: Sandbox) -> None:
    """An action set, in automatic while XML-RPC is away: the rest is there at once, it follows by itself."""
    reference = Reference(account, MODES["automatic"])
    off(account, "xmlrpc", "503")
    crm = open_crm(reference.connection).crm
    crm.find_products("BONE")  # somebody's read is the first to notice
    for _ in range(FAILURES_TO_OPEN):
        probes_due()
        look_at_outages()
    row = reference.replication("1000", email="first@example.com")
    replication_work(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.failures) == (State.RETRYING, 1, 0)
    assert len(account.rows("Payment")) == len(account.effects("goal.achieved")) == 1
    assert account.effects("contact.tagged") and not account.effects("action_set.run")
    account.brownouts()
    probes_due()
    work_on_all(passes=2)
    row.refresh_from_db()
    assert row.state == State.SUCCEEDED
    assert len(account.effects("action_set.run")) == 1


def test_an_order_that_waits_for_the_protocol_is_not_claimed(account: Sandbox) -> None:
    reference = Reference(account, MODES["XML-RPC blank order"])
    now = timezone.now()
    Outage.objects.create(
        connection=reference.connection,
        protocol="xmlrpc",
        since=now,
        opened_at=now,
        failures=5,
        next_probe_at=now + timedelta(seconds=30),
    )
    replication = reference.replication(**{"shop_order_id": order_data().shop_order_id})
    assert lease_claim(replication.pk, now) is None
    assert replications_due(now, limit=10) == []
    assert lease_claim(replication.pk, now + timedelta(seconds=31)) is None
    Outage.objects.update(until=now)
    assert lease_claim(replication.pk, now + timedelta(seconds=31)) is not None
