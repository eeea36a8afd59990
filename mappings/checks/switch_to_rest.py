"""From XML-RPC to REST: the change-over."""

from __future__ import annotations

import copy

from mappings.checks.check import check_store, connection_check
from mappings.checks.findings import CheckOutcome, mapped_names
from mappings.models import Connection

Protocol = Connection.Protocol


def connection_move(connection: Connection) -> CheckOutcome:
    """Try REST, and change over to it if it takes the credentials; the answer either way.

    Orders in flight go on: each run reads the protocol anew, and what was begun over one is continued over
    the other. Repeat: safe.
    """
    candidate = copy.copy(connection)
    candidate.protocol = Protocol.REST
    outcome = connection_check(candidate, mapped_names(connection))
    if outcome.accepted:
        Connection.objects.filter(pk=connection.pk).update(protocol=Protocol.REST)
        connection.protocol = Protocol.REST
        check_store(connection, outcome)
    return outcome
