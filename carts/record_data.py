"""What a shop tells beside its orders, in our words: abandoned carts, affiliates, shipments, refunds.

Units: amounts are Decimals in major units of `currency`; times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from carts.order_data import OrderLineData
from intake.party import Party
from intake.stored_data import StoredData


@dataclass(frozen=True, kw_only=True, slots=True)
class CartData(StoredData):
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


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutData(StoredData):
    """A checkout of a shop that calls none abandoned: `changed_at` is when the buyer last did something.

    `completed` says that an order came of it, or that it is gone for good.
    """

    cart: CartData
    changed_at: datetime
    completed: bool = False

    @property
    def cart_id(self) -> str:
        return self.cart.cart_id


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemFolderData:
    """In which folder of the shop an item lies. Goals may be set for a folder, and orders do not tell it."""

    item_id: str
    folder_id: str  # blank: in none


@dataclass(frozen=True, kw_only=True, slots=True)
class AffiliateData(StoredData):
    """Somebody who sends buyers to the shop. `code` is what orders may name beside the id."""

    shop_affiliate_id: str
    version_at: datetime
    code: str = ""
    email: str = ""
    party: Party = field(default_factory=Party)
    active: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    number: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShipmentData(StoredData):
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


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundData(StoredData):
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
