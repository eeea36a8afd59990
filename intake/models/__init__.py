from intake.models.events import InboundEvent
from intake.models.polling import Catchup, FeedState, PolledRecord, Poller, Reading
from intake.models.sources import ApiKey, Source

__all__ = [
    "ApiKey",
    "Catchup",
    "FeedState",
    "InboundEvent",
    "PolledRecord",
    "Poller",
    "Reading",
    "Source",
]
