"""What may be done with replications: open, skip, work, resend, preview."""

from __future__ import annotations

from functools import cache, partial

from background.wakeup import wake_on_commit
from cascade.engine.addresses import address_shared
from cascade.engine.contact_links import contact_holding
from cascade.engine.create import (
    RUN_REPLICATION,
    ResendRefused,
    replication_changed,
    replication_open,
    replication_resend,
    replication_skip,
    stand_in,
)
from cascade.engine.dry_run import PlannedCall, calls_of
from cascade.engine.journal import subject_entries
from cascade.engine.kinds import KINDS, kind_of
from cascade.engine.replicate import Watch, replication_run, unwatched
from cascade.engine.selectors import open_for_contact
from cascade.models import Replication
from cascade.plan import Plan
from crm.contract import Crm
from mappings.access.open import open_crm
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.models import Connection

__all__ = [
    "ResendRefused",
    "replication_calls",
    "replication_changed",
    "replication_open",
    "replication_preview",
    "replication_resend",
    "replication_skip",
    "replication_work",
]


def replication_work(replication_id: int, *, watch: Watch = unwatched) -> Replication | None:
    """Run the replication and wake what its end makes possible. Repeat: safe."""
    replication = replication_run(replication_id, watch=watch)
    if replication is None:
        return None
    if replication.subject is not None:
        KINDS[replication.kind].after_run(replication.subject)
    for waiting in open_for_contact(replication, DATABASE_CLOCK.now()):
        wake_on_commit(RUN_REPLICATION, waiting)
    return replication


def replication_calls(subject: object, plan: Plan) -> list[PlannedCall]:
    """The calls that a run of the plan would make now, if all goes well. Writes nothing; asks the CRM only
    what a step itself looks up, such as the lead source that the contact has.

    Raises: the CrmError of a look-up.
    """
    row = stand_in(subject)
    contact = next((step for step in plan.steps if step.name == "contact"), None)
    return calls_of(
        plan,
        takes_along=row.connection.protocol != Connection.Protocol.XMLRPC,
        entries=subject_entries(row),
        contact_id=contact_holding(row, contact.args) or 0 if contact else 0,
        ask=cache(lambda: _asking(row.connection)),
        shared=partial(address_shared, row),
    )


def replication_preview(
    subject: object, *, without_automation: bool = False, trigger: str = Replication.Trigger.EVENT
) -> Plan:
    """The plan a run would make now: the same reads, no write to the CRM. The calls are logged as "preview",
    and the names it answered for are remembered. `trigger` is what the run would begin by: a resend sends
    what is kept out by itself, such as history.

    Raises: the CrmError of a look-up; SubjectAwaited for a shipment whose order is not there.
    """
    row = stand_in(subject, without_automation=without_automation, triggered_by=trigger)
    return kind_of(subject).plan(row, subject, _asking(row.connection), anew=True)


def _asking(connection: Connection) -> Crm:
    """The connection's CRM, for reads that stand in the log as a preview's."""
    return open_crm(connection, trace_id="preview").crm
