"""The one way to a connection's account at the CRM: every call passes the gate and is recorded."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from crm.contract import Crm
from crm.credentials import Credentials
from crm.http.observe import CallObserver
from mappings.access.calls import ApiCallLog, ObserverChain
from mappings.access.connect import crm_connect
from mappings.access.gate import CallGate
from mappings.models import Connection

ANSWER_SECONDS = 10.0  # a person waits for the page


@dataclass(kw_only=True)
class Account:
    """A connection's account, for one run of a replication or one piece of other work, in one thread.

    `log.step` says in the record what the coming calls are for; `gate` is where quota is reserved.
    """

    connection: Connection
    gate: CallGate
    log: ApiCallLog
    observer: CallObserver
    credentials: Credentials | None = None

    @cached_property
    def crm(self) -> Crm:
        """The CRM as the connection may use it. Raises: as `crm_connect` says."""
        return crm_connect(
            self.connection, self.observer, alive=self.gate.alive, credentials=self.credentials
        )

    def over(self, protocol: str) -> Crm:
        """The CRM over this protocol, whatever the connection speaks, given up on after ten seconds.

        Raises: ConfigurationError for a key that the protocol does not take, and as `crm_connect` says.
        """
        alone = copy.copy(self.connection)
        alone.protocol = protocol
        seconds = min(ANSWER_SECONDS, settings.CRM_READ_TIMEOUT_SECONDS)
        return crm_connect(alone, self.observer, credentials=self.credentials, read_timeout_seconds=seconds)


def open_crm(
    connection: Connection,
    *,
    step: str = "",
    trace_id: str = "",
    attempt: int = 0,
    observers: tuple[CallObserver, ...] = (),
    credentials: Credentials | None = None,
    gated: bool = True,
    probing: str = "",
    backfill: bool = False,
) -> Account:
    """The account of a connection, which may be an unsaved copy. Sends nothing yet.

    `observers` are told of each call between the gate and the record. `credentials` are used instead of the
    stored ones. `gated` is false where a person waits for the answer; `probing` names the protocol whose
    probe is to leave although its breaker is open; `backfill` calls leave a share of the day to fresh orders.
    """
    gate = CallGate(connection, probing=probing, backfill=backfill)
    log = ApiCallLog(connection, trace_id=trace_id, attempt=attempt, step=step)
    chain = ObserverChain(*([gate] if gated else []), *observers, log)
    return Account(connection=connection, gate=gate, log=log, observer=chain, credentials=credentials)
