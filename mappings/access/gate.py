"""The one gate every call to the CRM goes through: first the circuit breaker, then the quota ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property, partial

from django.db import Error as DatabaseProblem
from django.db import transaction

from crm.errors import HeldBack
from crm.http.observe import Call, CallOutcome
from mappings.access.breaker import Breaker
from mappings.access.quota.clock import DATABASE_CLOCK, Clock
from mappings.access.quota.ledger import Ledger
from mappings.access.quota.scopes import scopes_of
from mappings.models import Connection

logger = logging.getLogger(__name__)


class CallGate:
    """Lets a connection's calls out: breaker first, then the ledger. A CallObserver.

    One per run of a replication, or per piece of other work; not for several threads at once. Nothing of it
    is held in a transaction while a request is on its way. `probing` names the protocol whose probe is to
    leave although its breaker is open. What is to be committed before a call leaves is written by `along`, in
    the one transaction that lets it out. With `backfill` every call leaves a share of the day to fresh
    orders.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock = DATABASE_CLOCK,
        probing: str = "",
        backfill: bool = False,
    ) -> None:
        self._breaker = Breaker(connection.pk, clock, probing=probing)
        self._connection, self._clock, self._backfill = connection, clock, backfill
        self.along: Callable[[], None] = lambda: None
        self._beginning: Callable[[], None] | None = None

    @cached_property
    def _ledger(self) -> Ledger:
        """Made at the first call: who asks without the gate is not stopped by a key that cannot be read."""
        return Ledger(scopes_of(self._connection), self._clock)

    def sending(self, call: Call) -> None:
        """Let the call out at its moment.

        Units:  it may sleep for pacing, a quarter of a second in all; a lease's heartbeat goes on meanwhile.
        Raises: HeldBack, with the seconds to wait, for anything longer.
        """
        begin, self._beginning = self._beginning, None
        try:
            with transaction.atomic():
                try:
                    if begin is not None:
                        begin()
                    pause, outage = self._ledger.take(*self._breaker.question, backfill=self._backfill)
                except HeldBack:
                    self._breaker.let_out(call.protocol)  # what is out of service is not waited for
                    raise
                self._breaker.let_out(call.protocol, in_doubt=outage is None or bool(outage))
                self.along()
        except BaseException:
            self._ledger.forget(holder=begin is not None)
            self._beginning = begin
            raise
        if pause:
            self._clock.sleep(pause)

    def finished(self, outcome: CallOutcome) -> None:
        """Learn from how the call ended. What cannot be written down is not worth the call."""
        try:
            self._breaker.note(outcome)
            self._ledger.note(outcome)
        except DatabaseProblem:
            logger.exception("What the reply to %s says of the quota was not noted.", outcome.call.method)

    def begin(self, holder: str, calls: int, *, begun: bool, backfill: bool = False) -> None:
        """Reserve a whole order's calls of the day, in place of what the holder had reserved.

        `begun` says that effects of the order are in the CRM already: it may use the day's reserve. A
        `backfill` that has not begun leaves a share of the day to fresh orders. The
        reservation ends by itself when neither `sending` nor `end` is heard of for longer than a call lasts.
        Repeat: safe. Raises: HeldBack until the day's quota is new.
        """
        with transaction.atomic():
            self._ledger.begin(holder, calls, begun=begun, backfill=backfill)

    def begin_with_call(self, holder: str, calls: int, *, begun: bool, backfill: bool = False) -> None:
        """The same in the transaction of the next call, which raises HeldBack in its place."""
        self._beginning = partial(self._ledger.begin, holder, calls, begun=begun, backfill=backfill)

    def end(self) -> None:
        """Give back what was reserved and not used. Repeat: safe."""
        self._ledger.end()

    def idle_seconds(self) -> float:
        """Seconds for which no order of this connection need be looked at: the quota would hold it back."""
        return self._ledger.idle_seconds()

    def alive(self, protocol: str) -> bool:
        """Whether the CRM answered over "xmlrpc", "rest_v1" or "rest_v2" when it was last asked."""
        return self._breaker.alive(protocol)
