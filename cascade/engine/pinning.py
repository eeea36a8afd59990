"""From a replication to its plan: made at the first run, pinned, and kept through its retries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from cascade.engine.addresses import contact_key_take
from cascade.engine.contact_links import contact_leave
from cascade.engine.journal import journal_prepare, subject_entries
from cascade.engine.kinds import KINDS
from cascade.engine.lease import ReplicationLease
from cascade.models import Replication
from cascade.plan import Draft, Plan, PlanVerdict
from crm.contract import Crm

GONE = "What this was about is no longer stored, so there is nothing to send."


@dataclass(frozen=True, slots=True)
class Reading:
    """The subject as a run found it when it began; what comes in later is seen to be newer.

    `keeps_plan`: the pinned plan goes on, for it is of this version, or too much of it was sent.
    """

    subject: Any
    version: int = 0
    fingerprint: str = ""
    keeps_plan: bool = False


def subject_read(replication: Replication) -> Reading:
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is None:
        return Reading(None)
    version = kind.version(subject)
    keeps_plan = replication.plan is not None and (
        version == replication.subject_version or kind.is_frozen(subject_entries(replication))
    )
    return Reading(subject, version, kind.fingerprint(subject), keeps_plan)


def plan_pinned(replication: Replication, reading: Reading, crm: Crm, lease: ReplicationLease) -> Plan:
    """The plan this replication keeps; a newer version of the subject makes a new one until it is frozen.

    Raises: the CrmError of a look-up.
    """
    kind, subject = KINDS[replication.kind], reading.subject
    if subject is None:
        return Draft(verdict=PlanVerdict(state="skipped", reason=GONE)).plan()
    if reading.keeps_plan and replication.plan is not None:
        return Plan.from_json(replication.plan)
    _serialise(replication, kind.keys(subject)["contact_key"])
    anew = replication.triggered_by == Replication.Trigger.RESEND
    if anew:
        kind.verify(replication, crm, lease)
    plan = kind.plan(replication, subject, crm, anew=anew)
    with transaction.atomic():
        lease.renew()
        replication.plan = plan.to_json()
        replication.subject_version = reading.version
        replication.subject_hash = reading.fingerprint
        replication.save(update_fields=["plan", "subject_version", "subject_hash"])
        contact_leave(replication, plan)
        journal_prepare(replication, plan)
    return plan


def _serialise(replication: Replication, contact_key: str) -> None:
    """Run under the subject's address of now: it may have changed since the row was made.

    Raises: HeldBack while another replication of that contact is in flight.
    """
    if replication.contact_key == contact_key:
        return
    contact_key_take(replication, contact_key)
    replication.contact_key = contact_key
