"""What a shop tells beside its orders, in our words: abandoned carts, affiliates, shipments, refunds.

Units: amounts are Decimals in major units of `currency`; times are aware.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from carts.order_data import OrderLineData, encode_value, line_from_json
from intake.party import Party


class _Stored:
    """What the rows of all four keep: JSON, and a hash of it without the time the delivery claims."""

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(json.dumps(asdict(self), default=encode_value))  # type: ignore[call-overload]
        return data

    def content_hash(self) -> str:
        data = self.to_json()
        data.pop("version_at", None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class CartData(_Stored):
    """A cart that was left. `version_at` is when the shop said so; lines have no charges and no payment."""

    cart_id: str
    version_at: datetime
    email: str = ""
    billing: Party = field(default_factory=Party)
    shipping: Party = field(default_factory=Party)
    currency: str = ""
    lines: tuple[OrderLineData, ...] = ()
    total: Decimal | None = None
    coupons: tuple[str, ...] = ()
    mailing_list: bool = False
    affiliates: tuple[str, ...] = ()
    custom_fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CartData:
        values = _moments(data, "version_at")
        values["total"] = None if data["total"] is None else Decimal(data["total"])
        for name in ("billing", "shipping"):
            values[name] = Party(**{**data[name], "phones": tuple(data[name]["phones"])})
        values["lines"] = tuple(line_from_json(line) for line in data["lines"])
        for name in ("coupons", "affiliates"):
            values[name] = tuple(data[name])
        return cls(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutData(_Stored):
    """A checkout of a shop that calls none abandoned: `changed_at` is when the buyer last did something.

    `completed` says that an order came of it, or that it is gone for good.
    """

    cart: CartData
    changed_at: datetime
    completed: bool = False

    @property
    def cart_id(self) -> str:
        return self.cart.cart_id

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CheckoutData:
        return cls(**{**_moments(data, "changed_at"), "cart": CartData.from_json(data["cart"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemFolderData:
    """In which folder of the shop an item lies. Goals may be set for a folder, and orders do not tell it."""

    item_id: str
    folder_id: str  # blank: in none


@dataclass(frozen=True, kw_only=True, slots=True)
class AffiliateData(_Stored):
    """Somebody who sends buyers to the shop. `code` is what orders may name beside the id."""

    shop_affiliate_id: str
    version_at: datetime
    code: str = ""
    email: str = ""
    party: Party = field(default_factory=Party)
    active: bool = True

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> AffiliateData:
        values = _moments(data, "version_at")
        values["party"] = Party(**{**data["party"], "phones": tuple(data["party"]["phones"])})
        return cls(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    number: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShipmentData(_Stored):
    """One parcel, or all of an order where the shop tells no parcels apart (`shipment_id` is then blank)."""

    shop_order_id: str
    shipment_id: str = ""
    version_at: datetime
    shipped_at: datetime | None = None
    tracking: tuple[Tracking, ...] = ()
    carrier: str = ""
    method: str = ""
    status: str = ""
    expected_at: datetime | None = None
    delivered_at: datetime | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ShipmentData:
        values = _moments(data, "version_at", "shipped_at", "expected_at", "delivered_at")
        values["tracking"] = tuple(Tracking(**item) for item in data["tracking"])
        return cls(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundData(_Stored):
    """Money given back, once: each refund has an id of its own. `amount` is positive, in `currency`.

    `version_at` tells a corrected refund from what it corrects; without it `refunded_at` does.
    """

    shop_order_id: str
    refund_id: str
    amount: Decimal
    currency: str
    refunded_at: datetime
    reason: str = ""
    version_at: datetime | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RefundData:
        return cls(**{**_moments(data, "refunded_at", "version_at"), "amount": Decimal(data["amount"])})


def _moments(data: dict[str, Any], *names: str) -> dict[str, Any]:
    found = {name: datetime.fromisoformat(data[name]) if data[name] else None for name in names}
    return {**data, **found}
