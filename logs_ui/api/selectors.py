"""What a shop's own program may read of replications: its own source's alone."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from carts.models import Source
from cascade.models import Replication
from crm.emails import email_key
from logs_ui.filters import of_source

Kind = Replication.Kind


def source_replications(
    source: Source,
    *,
    shop_order_id: str = "",
    cart_id: str = "",
    email: str = "",
    kind: str = "",
    state: str = "",
    since: datetime | None = None,
) -> QuerySet[Replication]:
    """The replications of one shop; an empty filter is none. An order's id also finds its shipments."""
    rows = Replication.objects.filter(of_source(source.pk), connection=source.connection_id)
    if shop_order_id:
        key = f"{source.slug}/{shop_order_id}"
        rows = rows.filter(subject_key=key, kind__in=(Kind.ORDER, Kind.SHIPMENT))
    if cart_id:
        rows = rows.filter(subject_key=f"{source.slug}/{cart_id}", kind=Kind.CART)
    if email:
        rows = rows.filter(Q(contact_key=email_key(email)) | Q(order__email_key=email_key(email)))
    wanted = {"kind": kind, "state": state, "created_at__gte": since}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return rows.select_related("order", "cart", "affiliate").defer("plan", "order__data", "order__payload")
