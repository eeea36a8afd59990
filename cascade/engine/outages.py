"""While no protocol of a connection answers, no order is to blame; once one does, whoever waits is rung."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cascade.models import Replication
from mappings.access.breaker import outages_holding
from mappings.models import Outage

WAITS_FOR_ANSWERS = ("transient", "unknown")


def outage_now(connection_id: int) -> Outage | None:
    """The open outage that holds all of the connection's work; probes alone go out meanwhile."""
    return outages_holding().filter(connection=connection_id).first()


def outages_announce(now: datetime) -> None:
    """Let what waits be due at once, not at its schedule's time: a protocol is back, or surely away, so that
    the other one must do. Repeat: safe. The sweep rings for what is due, at the pace of the quota.
    """
    for outage in Outage.objects.filter(announced=False):
        with transaction.atomic():
            Outage.objects.filter(pk=outage.pk).update(announced=True)
            Replication.objects.filter(
                connection=outage.connection_id,
                state=Replication.State.RETRYING,
                error_class__in=WAITS_FOR_ANSWERS,
                not_before__gt=now,
            ).update(not_before=now)
