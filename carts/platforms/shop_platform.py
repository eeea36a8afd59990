"""What a shop platform has to say beside what any platform says: what an order means.

```
NativeEvent ─► read ─► NativeOrder ─► (merged over what is known) ─► parse ─► OrderData
                 │                                  └─► shipments ─► ShipmentData, …
                 ├───► CartData, CheckoutData, AffiliateData, ShipmentData, …
                 └───► NotUsed("why")
```
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from carts.order_data import OrderData, Stage
from carts.record_data import AffiliateData, CartData, CheckoutData, ItemFolderData, RefundData, ShipmentData
from intake.models.sources import Source
from intake.platform import NativeEvent, NotUsed, Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeOrder:
    """An order in the shop's words. `version_at` is None where the payload carries no time at all.

    `undated` says that the payload may lack the times of what happened, because the shop was not asked for
    them; then `stage` may move a known order forward, whatever `version_at` says.

    `read_back` says that it was just read from the shop whole: it is the latest, whatever times it carries,
    and what is missing in it is empty. `ask_again` says that events of the shop tell less, or less surely,
    than the shop's API: the order is read there instead, where we may ask.
    """

    payload: dict[str, Any]
    shop_order_id: str
    version_at: datetime | None
    stage: Stage | None = None
    undated: bool = False
    history: bool = False  # only to be known, never to be sent
    read_back: bool = False
    ask_again: bool = False


Record = CartData | CheckoutData | AffiliateData | ShipmentData | RefundData | ItemFolderData
ReadEvent = NativeOrder | Record | NotUsed


class ShopPlatform(Platform):
    merges: ClassVar[bool] = True  # a missing key means "not sent": earlier payloads fill it
    dates_shipments: ClassVar[bool] = False  # each parcel of `shipments` carries a time of its own
    numbers_in_sequence: ClassVar[bool] = False  # order numbers run without gaps, so a gap is a lost order

    @abstractmethod
    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        """An order may need what came before, so it stays in the shop's words."""

    @abstractmethod
    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        """The order in our words; `received_at` is for shops that send no times. Raises: BadPayload."""

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        """The parcels that an order's payload tells of, where a shop sends them so. Raises: BadPayload."""
        return ()
