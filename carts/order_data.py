"""An order in our words: what every platform parses into, what is stored, what the plan reads.

Units: amounts are Decimals in major units of `currency`; times are aware. `None` means "the shop did not
say", which is never the same as empty or zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from crm.money import quantize
from intake.party import Party
from intake.stored_data import StoredData


class Stage(StrEnum):
    """Where the order stands, for us: `paid` means past Accounts Receivable."""

    UNPAID = "unpaid"
    PAID = "paid"
    REJECTED = "rejected"


class MoneyState(StrEnum):
    """Whether the shop has the money: `on_account` for COD and purchase orders not yet settled."""

    RECEIVED = "received"
    ON_ACCOUNT = "on_account"


class ChargeKind(StrEnum):
    SHIPPING = "shipping"
    TAX = "tax"
    SERVICE = "service"
    FINANCE_CHARGE = "finance_charge"
    DISCOUNT = "discount"


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLineData:
    """`key` is the shop's own line id, or the position fixed at the first sight of the order.

    `unit_price` is the list price. `kit` marks a bundle row, `kit_key` names the bundle of a component. `fee`
    marks what the shop sells beside its goods, such as a gift card or insurance: without a CRM product
    it is sent by its name.
    """

    key: str
    item_id: str
    title: str
    quantity: Decimal
    unit_price: Decimal
    kit: bool = False
    kit_key: str = ""
    fee: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Money of the order that is no item. Discounts are negative, everything else positive.

    The discount with the key `discount` is what the coupons took off; credit and the like have keys of their
    own.
    """

    key: str
    kind: ChargeKind
    title: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Coupon:
    """`code` as configured in the shop, `typed` as the buyer entered it (one-time codes differ)."""

    code: str
    typed: str = ""
    automatic: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderData(StoredData):
    shop_order_id: str
    number: str = ""
    stage: Stage
    shop_stage: str = ""
    placed_at: datetime
    version_at: datetime
    email: str = ""
    billing: Party = field(default_factory=Party)
    shipping: Party = field(default_factory=Party)
    currency: str
    paid_currency: str = ""  # the buyer's, where it differs from `currency`
    paid_total: Decimal | None = None
    lines: tuple[OrderLineData, ...] | None = None
    subtotal: Decimal | None = None
    charges: tuple[Charge, ...] = ()
    gift_certificate: Decimal = Decimal(0)  # positive; whether `total` is net of it is not known
    total: Decimal | None = None
    # Received so far, in `currency`; None where the shop tells only paid or not.
    paid_amount: Decimal | None = None
    doubt: str = ""  # why the shop's own figures cannot be believed: such an order is parked with it
    payment_method: str = ""
    money: MoneyState = MoneyState.RECEIVED
    paid_at: datetime | None = None
    coupons: tuple[Coupon, ...] = ()
    is_test: bool = False
    mailing_list: bool = False  # the buyer ticked the box; a shop that does not say counts as not ticked
    sales_rep: str = ""
    affiliates: tuple[str, ...] = ()  # the shop's ids or codes: who sent the order first, then recruiters
    cart_id: str = ""  # the shop's token of the cart it was made from
    original_order_id: str = ""  # of a subscription's later orders; they are ordinary orders
    view_of: str = (
        ""  # the order that this one shows a part of once more, as a marketplace's vendor orders do
    )
    has_views: bool = False  # the shop says that there are such parts of this one
    replaces: str = ""  # the order that was cancelled for this one: the same purchase, edited
    shipping_method: str = ""
    refunded_at: datetime | None = None
    refunded_total: Decimal | None = None  # all refunds so far, positive, in `currency`
    refund_reason: str = ""
    reject_reason: str = ""
    custom_fields: dict[str, str] = field(
        default_factory=dict
    )  # by mappings.shop_fields; only those with a value

    @property
    def received(self) -> Decimal | None:
        """What came in of the total so far, refunds not taken off; None if the total is not told."""
        if self.total is None:
            return None
        if self.paid_amount is not None:
            return quantize(max(Decimal(0), min(self.paid_amount, self.total)), self.currency)
        owed = self.money == MoneyState.ON_ACCOUNT or self.stage == Stage.UNPAID
        return Decimal(0) if owed else quantize(self.total, self.currency)

    @property
    def outstanding(self) -> Decimal | None:
        received = self.received
        if received is None or self.total is None:
            return None
        return quantize(self.total, self.currency) - received

    @property
    def is_part_paid(self) -> bool:
        return bool(self.received and self.outstanding)
