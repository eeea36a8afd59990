"""What an order costs the database, as numbers: whoever raises one says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.services import replication_work
from tests.reference import MODES, Reference
from tests.sandbox_client import Sandbox

# Claim, plan, end.
MOST_COMMITS_BESIDE_CALLS = 3
# A call: the transaction's begin and end, what the quota counts, the journal, the record of the call before.
MOST_STATEMENTS_A_CALL = 5
MOST_STATEMENTS_BESIDE_CALLS = {"XML-RPC blank order": 45, "REST": 50}


@pytest.mark.parametrize("mode", MOST_STATEMENTS_BESIDE_CALLS)
def test_an_order_costs_a_commit_for_each_call_and_a_handful_beside(
    unlimited: Sandbox, transactional_db: None, settings: Any, mode: str
) -> None:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    reference = Reference(unlimited, MODES[mode])
    reference.send("1000", email="first@example.com")
    replication = reference.replication("1001")
    before = len(unlimited.calls())
    with CaptureQueriesContext(connection) as queries:
        replication_work(replication.pk)
    calls = len(unlimited.calls()) - before
    commits = sum(query["sql"] == "COMMIT" for query in queries)
    assert 0 < calls <= MODES[mode].most_calls[0]
    assert commits <= calls + MOST_COMMITS_BESIDE_CALLS
    assert len(queries) <= MOST_STATEMENTS_A_CALL * calls + MOST_STATEMENTS_BESIDE_CALLS[mode]
