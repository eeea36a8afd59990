"""What a shop platform has to say: who may deliver, which events a delivery holds, and what an order means.

```
body ─► split ─► NativeEvent ─► read ─► NativeOrder ─► (merged over what is known) ─► parse ─► OrderData
                                  │                                  └─► shipments ─► ShipmentData, …
                                  ├───► CartData, AffiliateData, ShipmentData or RefundData
                                  └───► NotUsed("why")
```
A new platform is one new file in this package with one subclass; it is found by walking the package.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from carts.event_data import AffiliateData, CartData, RefundData, ShipmentData
from carts.models import Source
from carts.order_data import OrderData, Stage


class BadPayload(Exception):
    """A payload that cannot be used: a sentence that names the cure, and a detail for us."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeEvent:
    """One event of a delivery, in the shop's own words."""

    name: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeOrder:
    """An order in the shop's words. `version_at` is None where the payload carries no time at all.

    `undated` says that the payload may lack the times of what happened, because the shop was not asked for
    them; then `stage` may move a known order forward, whatever `version_at` says.
    """

    payload: dict[str, Any]
    shop_order_id: str
    version_at: datetime | None
    stage: Stage | None = None
    undated: bool = False
    history: bool = False  # only to be known, never to be sent


@dataclass(frozen=True, kw_only=True, slots=True)
class NotUsed:
    """An event that changes nothing here, with the sentence that says why."""

    reason: str


Told = NativeOrder | CartData | AffiliateData | ShipmentData | RefundData | NotUsed


class Platform(ABC):
    """A kind of shop. Its methods are pure: they write nothing and ask nobody."""

    name: ClassVar[str]
    title: ClassVar[str]
    takes_hooks: ClassVar[bool] = True
    merges: ClassVar[bool] = True  # a missing key means "not sent": earlier payloads fill it

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the delivery comes from the shop: HTTP basic authentication, if the source asks for it."""
        if not source.basic_user:
            return True
        user, password = _basic_credentials(headers.get("Authorization", ""))
        expected = (source.basic_user.encode(), source.basic_password.encode())
        same_user = hmac.compare_digest(user, expected[0])
        same_password = hmac.compare_digest(password, expected[1])
        return same_user and same_password

    @abstractmethod
    def split(self, source: Source, body: bytes, content_type: str) -> list[NativeEvent]:
        """The events of a delivery, unread. Raises: BadPayload if not even that can be told."""

    @abstractmethod
    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> Told:
        """What an event tells. An order may need what came before, so it stays in the shop's words.

        `received_at` is for shops that send no times. Raises: BadPayload.
        """

    @abstractmethod
    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        """The order in our words; `received_at` is for shops that send no times. Raises: BadPayload."""

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        """The parcels that an order's payload tells of, where a shop sends them so. Raises: BadPayload."""
        return ()


def _basic_credentials(header: str) -> tuple[bytes, bytes]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b""
    return user, password
