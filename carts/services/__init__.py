"""What writes the rows of this package. Reading is in `carts.selectors`."""

from carts.selectors import events_due
from carts.services.bought import cart_bought_check, carts_bought_by
from carts.services.checkouts import checkout_close, checkout_ingest, checkouts_due
from carts.services.deliveries import Stored, delivery_store, delivery_take, event_reprocess
from carts.services.history import BadHistory, HistoryReport, orders_import_history
from carts.services.orders import IngestResult, order_ingest, order_ingest_native
from carts.services.others import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.services.processing import event_process
from carts.services.sources import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    shop_credentials_forget,
    signing_secret_before_drop,
    source_create,
    source_saved,
    source_token_new,
)
from carts.services.told import ToldResult
from carts.services.trying import TryRefused, delivery_try
from carts.services.versions import Outcome

__all__ = [
    "BadHistory",
    "HistoryReport",
    "IngestResult",
    "Outcome",
    "Stored",
    "ToldResult",
    "TryRefused",
    "affiliate_ingest",
    "api_key_create",
    "api_key_revoke",
    "api_key_rotate",
    "cart_bought_check",
    "cart_ingest",
    "carts_bought_by",
    "checkout_close",
    "checkout_ingest",
    "checkouts_due",
    "delivery_store",
    "delivery_take",
    "delivery_try",
    "event_process",
    "event_reprocess",
    "events_due",
    "order_ingest",
    "order_ingest_native",
    "orders_import_history",
    "refund_ingest",
    "shipment_ingest",
    "shop_credentials_forget",
    "signing_secret_before_drop",
    "source_create",
    "source_saved",
    "source_token_new",
]
