"""What writes the rows of this package. Reading is in `carts.selectors`."""

from carts.selectors import events_due
from carts.services.deliveries import delivery_store, event_reprocess
from carts.services.orders import IngestResult, Outcome, order_ingest, order_ingest_native
from carts.services.processing import event_process
from carts.services.sources import (
    api_key_create,
    api_key_revoke,
    source_create,
    source_token_new,
)

__all__ = [
    "IngestResult",
    "Outcome",
    "api_key_create",
    "api_key_revoke",
    "delivery_store",
    "event_process",
    "event_reprocess",
    "events_due",
    "order_ingest",
    "order_ingest_native",
    "source_create",
    "source_token_new",
]
