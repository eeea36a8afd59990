"""What an order, its event and its delivery cost the database, as numbers: whoever raises one says why.

Statements include the begin and the end of each transaction.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cascade.models import Replication
from cascade.services import replication_work
from intake.processing import event_process
from mappings.access.quota.clock import DATABASE_CLOCK
from tests.factories import SourceFactory
from tests.reference import MODES, Reference
from tests.sandbox_client import Sandbox
from tests.ultracart import deliveries

# Claim, plan, end.
MOST_COMMITS_BESIDE_CALLS = 3
# A call: the transaction's begin and end, what the quota counts, the journal, the record of the call before.
MOST_STATEMENTS_A_CALL = 5
MOST_STATEMENTS_BESIDE_CALLS = {"XML-RPC blank order": 28, "REST": 28}
MOST_STATEMENTS_OF_A_DELIVERY = 4
MOST_STATEMENTS_OF_AN_EVENT = 12
# Where a delivery holds several events in one body, a row is made of each.
MOST_STATEMENTS_OF_A_SPLIT = 5


@pytest.mark.parametrize("mode", MOST_STATEMENTS_BESIDE_CALLS)
def test_an_order_costs_a_commit_for_each_call_and_a_handful_beside(
    unlimited: Sandbox, transactional_db: None, settings: Any, mode: str
) -> None:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    reference = Reference(unlimited, MODES[mode])
    reference.send("1000", email="first@example.com")
    replication = reference.replication("1001")
    before = len(unlimited.calls())
    DATABASE_CLOCK.now()  # every few seconds it asks the database
    with CaptureQueriesContext(connection) as queries:
        replication_work(replication.pk)
    calls = len(unlimited.calls()) - before
    commits = sum(query["sql"] == "COMMIT" for query in queries)
    assert 0 < calls <= MODES[mode].most_calls[0]
    assert commits <= calls + MOST_COMMITS_BESIDE_CALLS
    assert len(queries) <= MOST_STATEMENTS_A_CALL * calls + MOST_STATEMENTS_BESIDE_CALLS[mode]


def test_a_delivery_and_its_event_cost_a_handful(client: Client, transactional_db: None) -> None:
    source = SourceFactory(slug="tea")

    def deliver(number: str) -> tuple[int, CaptureQueriesContext]:
        body = [{"order_create": deliveries.order(number)}]
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(f"/hooks/{source.token}/", body, content_type="application/json")
        return answer.json()["stored"], queries

    deliver("1001")
    stored, queries = deliver("1002")
    assert len(queries) <= MOST_STATEMENTS_OF_A_DELIVERY
    DATABASE_CLOCK.now()
    with CaptureQueriesContext(connection) as queries:
        event_process(stored)
    assert Replication.objects.filter(subject_key="tea/1002", state=Replication.State.WAITING).exists()
    assert sum(query["sql"] == "COMMIT" for query in queries) == 2
    assert len(queries) <= MOST_STATEMENTS_OF_A_SPLIT + MOST_STATEMENTS_OF_AN_EVENT
