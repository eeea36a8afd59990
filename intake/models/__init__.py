from intake.models.events import InboundEvent
from intake.models.polling import Catchup, FeedState, OrderReading, PolledRecord, Poller
from intake.models.sources import ApiKey, Source

__all__ = [
    "ApiKey",
    "Catchup",
    "FeedState",
    "InboundEvent",
    "OrderReading",
    "PolledRecord",
    "Poller",
    "Source",
]
