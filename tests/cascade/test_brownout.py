"""A protocol that is switched off for hours is one outage of the connection, not a thousand errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cascade.leases import lease_claim
from cascade.models import Attempt, Replication
from cascade.selectors import replications_due
from cascade.services import replication_work
from mappings.breaker import FAILURES_TO_OPEN, outages_of
from mappings.models import Outage
from tests.factories import order_data
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
    """As the sweep: whatever is due, again and again; the schedule's own waits are over each time."""
    for _ in range(passes):
        waits = Replication.objects.filter(state__in=Replication.OPEN, not_before__isnull=False)
        waits.update(not_before=timezone.now())
        for due in replications_due(timezone.now(), limit=200):
            replication_work(due.id)


def probes_due() -> None:
    Outage.objects.update(next_probe_at=timezone.now())


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_dead_protocol_is_one_outage_and_all_arrives_once_it_answers(account: Sandbox, answer: str) -> None:
    reference = Reference(account, MODES["XML-RPC blank order"])
    reference.send("1000", email="first@example.com")
    before = len(account.calls())
    off(account, "xmlrpc", answer)
    people = [f"buyer{number}@example.com" for number in range(12)]
    rows = [reference.replication(f"order-{email}", email=email) for email in people]
    work_on_all(passes=8)
    assert len(account.calls()) - before == FAILURES_TO_OPEN
    (outage,) = outages_of(reference.connection.pk, open_only=True)
    assert outage.failures == FAILURES_TO_OPEN
    attempts, failures = Attempt.objects.count(), sum(row.failures for row in Replication.objects.all())
    probes_due()
    work_on_all(passes=4)  # one probe, and nobody else is even tried
    assert len(account.calls()) - before == FAILURES_TO_OPEN + 1
    assert Attempt.objects.count() <= attempts + 2
    assert sum(row.failures for row in Replication.objects.all()) <= failures + 1
    account.brownouts()
    for _ in range(3):
        probes_due()
        work_on_all(passes=6)
    states = {Replication.objects.get(pk=row.pk).state for row in rows}
    assert states == {State.SUCCEEDED}
    assert len(account.rows("Job")) == len(people) + 1
    assert not outages_of(reference.connection.pk, open_only=True).exists()


@pytest.mark.parametrize("answer", ANSWERS)
def test_in_automatic_the_other_protocol_takes_over(account: Sandbox, answer: str) -> None:
    reference = Reference(account, MODES["automatic"])
    reference.connection.contact_action_set_id = None
    reference.connection.save()
    reference.send("1000", email="first@example.com")
    off(account, "xmlrpc", answer)
    people = [f"buyer{number}@example.com" for number in range(8)]
    rows = [reference.replication(f"order-{email}", email=email) for email in people]
    work_on_all(passes=8)
    assert {Replication.objects.get(pk=row.pk).state for row in rows} == {State.SUCCEEDED}
    assert len(account.rows("Contact")) == len(account.rows("Job")) == len(people) + 1


def test_a_dead_rest_leaves_xmlrpc_alone(account: Sandbox) -> None:
    reference = Reference(account, MODES["automatic"])
    reference.send("1000", email="first@example.com")
    off(account, "rest_v2", "503")
    rows = [reference.replication(f"order-{number}", email=f"b{number}@example.com") for number in range(8)]
    for _ in range(2):
        work_on_all(passes=8)
    assert {Replication.objects.get(pk=row.pk).state for row in rows} == {State.SUCCEEDED}


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
    assert lease_claim(replication.pk, now + timedelta(seconds=31)) is not None
