"""What a shop's own program may read of replications: its own source's alone."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from cascade.engine.kinds import KINDS
from cascade.models import Replication
from crm.emails import email_key
from intake.models import Source
from logs_ui.log.filters import of_source
from logs_ui.log.subjects import with_subjects


def source_replications(
    source: Source,
    *,
    email: str = "",
    kind: str = "",
    state: str = "",
    since: datetime | None = None,
    **ids: str,
) -> QuerySet[Replication]:
    """The replications of one shop; an empty filter is none. `ids` are by the names of `ApiId`."""
    rows = Replication.objects.filter(of_source(source.pk), connection=source.connection_id)
    kinds = KINDS.values()
    for name, value in ids.items():
        if value:
            told = [kind.name for kind in kinds if kind.api_id and kind.api_id.name == name]
            rows = rows.filter(subject_key=f"{source.slug}/{value}", kind__in=told)
    if email:
        key = email_key(email)
        rows = rows.filter(reduce(or_, (kind.of_email(key) for kind in kinds), Q(contact_key=key)))
    wanted = {"kind": kind, "state": state, "created_at__gte": since}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return with_subjects(rows)
