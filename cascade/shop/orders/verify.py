"""What the journal calls done and the CRM no longer has: before a resend is planned, it is looked for."""

from __future__ import annotations

from django.db import transaction

from cascade.engine.journal import State, subject_entries
from cascade.engine.lease import ReplicationLease
from cascade.models import JournalEntry, Replication
from cascade.steps import kinds_that, step_of
from cascade.steps.base import AtHead
from crm.contract import Crm
from crm.errors import MissingInCrm
from crm.records import OrderRef

GONE = "The CRM's order was gone, so it is made anew."


def order_verify(replication: Replication, crm: Crm, lease: ReplicationLease) -> None:
    """Have the whole order made anew where the CRM says that it is gone; what it started is not repeated.

    Repeat: safe. Raises: the CrmError of the look-up; LeaseLost.
    """
    of_order = kinds_that(lambda step: step.is_frozen or (step.at_head is AtHead.BEHIND and not step.once))
    entries = [entry for entry in subject_entries(replication) if entry.kind in of_order]
    if not any(step_of(entry.kind).is_head and entry.state == State.DONE for entry in entries):
        return
    known = {name: value for entry in entries for name, value in entry.external.items()}
    try:
        crm.read_invoice(OrderRef(invoice_id=known["invoice_id"], order_id=known.get("order_id")))
    except MissingInCrm:
        with transaction.atomic():
            lease.renew()
            JournalEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
                state=State.PLANNED,
                external={},
                result="",
                note=GONE,
                clean_probes=0,
                send_began_at=None,
                reply_lost_at=None,
                done_at=None,
            )
