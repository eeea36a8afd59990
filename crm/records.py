"""What goes into the CRM and comes out of it, in our words: the values of `crm.contract`.

Units: money is `Money`, a Decimal in major units with its currency; times are aware; ids are integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class DuplicateCheck(StrEnum):
    """Which values make two contacts the same person; the CRM's own words."""

    EMAIL = "Email"
    EMAIL_AND_NAME = "EmailAndName"
    EMAIL_AND_NAME_AND_COMPANY = "EmailAndNameAndCompany"


class LineType(StrEnum):
    PRODUCT = "product"
    SHIPPING = "shipping"
    TAX = "tax"
    SERVICE = "service"
    FINANCE_CHARGE = "finance_charge"
    DISCOUNT = "discount"


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """`country` is an ISO 3166 alpha-2 code; the adapter writes what its protocol wants."""

    street1: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactData:
    """What is written on a contact; a blank member is never sent, so it wipes nothing. But an address with a
    street is one value, written with its blank parts, and so is a phone, which has no extension.

    `fields` are custom fields by their underscore name, as text; `lead_source_id` and `owner_id` are the
    CRM's ids, 0 where none is to be set. `time_zone` is an IANA name; `contact_type` one of the account's own
    words. `source_type`, a word of REST's, is for a new contact alone and not known to XML-RPC.
    `company_id` puts the contact into a company, whose name `company` then is; the name alone links nothing.
    """

    email: str = ""
    email2: str = ""
    email3: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    phones: tuple[str, ...] = ()
    address1: Address = field(default_factory=Address)
    address2: Address = field(default_factory=Address)
    website: str = ""
    time_zone: str = ""
    contact_type: str = ""
    source_type: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    lead_source_id: int = 0
    owner_id: int = 0
    company_id: int = 0

    def without_email(self) -> ContactData:
        return replace(self, email="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecord:
    """`email` is the contact's own address, not its second or third. `lead_source_id` and `owner_id` are 0
    where the contact has none, or where nobody asked; `created_at` is None there.

    From `phones` on, `read_contact` alone asks: `phones` are all five, blank ones too; countries are as the
    CRM writes them, a name or an alpha-3 code; `fields` are the custom fields asked for, blank where empty.
    """

    id: int
    email: str = ""
    email2: str = ""
    email3: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    lead_source_id: int = 0
    owner_id: int = 0
    created_at: datetime | None = None
    phones: tuple[str, ...] = ()
    address1: Address = field(default_factory=Address)
    address2: Address = field(default_factory=Address)
    title: str = ""
    website: str = ""
    time_zone: str = ""
    contact_type: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TagRecord:
    id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryRecord:
    """A category of tags, or one of lead sources."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductRecord:
    id: int
    name: str
    sku: str = ""
    active: bool = True
    price: Decimal | None = None  # the catalogue's, in the account's currency; None where it was not read


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderHead:
    """`title` carries our marker; `placed_at` is aware and sent in the CRM's zone."""

    contact_id: int
    title: str
    placed_at: datetime
    lead_affiliate_id: int = 0
    sale_affiliate_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRef:
    """XML-RPC answers a new order with its invoice id alone; the order id is known after a read."""

    invoice_id: int
    order_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedOrder:
    """A new order, and what of it went along in the same call.

    `has_lines`, `has_fields`: the lines, or the order's custom fields and notes, are on it already.
    `total` is the CRM's own figure where its reply told it.
    """

    ref: OrderRef
    has_lines: bool = False
    has_fields: bool = False
    total: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CartOrder:
    """An order the CRM prices itself: catalogue products, a quantity by repeating the id.

    `title` is our marker where the protocol takes one. `specials` lets the CRM apply its automatic discounts.
    """

    contact_id: int
    title: str
    placed_at: datetime
    product_ids: tuple[int, ...]
    promo_codes: tuple[str, ...] = ()
    specials: bool = False
    lead_affiliate_id: int = 0
    sale_affiliate_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRecord:
    ref: OrderRef
    title: str
    contact_id: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """The CRM's own figures, in the account's currency."""

    ref: OrderRef
    total: Decimal
    paid: Decimal
    due: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`product_id` is 0 for lines that are not a product; a discount has a negative price."""

    type: LineType
    title: str
    quantity: int
    unit_price: Money
    product_id: int = 0
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineRecord:
    type: LineType | None
    product_id: int
    title: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    amount: Money
    paid_at: datetime
    type: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentRecord:
    id: int
    amount: Decimal
    type: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AppIdentity:
    """The app that answered, as far as the protocol tells ("" where it does not).

    `server_time` is what its clock showed, in UTC to the second: the reply's header `Date`, None without one.
    """

    name: str = ""
    server_time: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadSourceRecord:
    id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalResult:
    """One goal that answered; `achieved` false with the CRM's words where none was configured."""

    achieved: bool
    message: str = ""
    goal_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionResult:
    """What one action of an action set did."""

    action: str
    message: str = ""
    is_error: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AffiliateRecord:
    """A referral partner; `code` is unique in the account."""

    id: int
    code: str
    name: str = ""
    contact_id: int | None = None
    active: bool = True


class MerchantMode(StrEnum):
    """Whether the account's default merchant account could charge a card; none counts as test."""

    TEST = "test"
    LIVE = "live"


class Priority(StrEnum):
    """How urgent an activity is, in the CRM's words."""

    CRITICAL = "Critical"
    ESSENTIAL = "Essential"
    NON_ESSENTIAL = "Non-Essential"


@dataclass(frozen=True, kw_only=True, slots=True)
class AppointmentData:
    """A new appointment of a contact; both times are aware, to the second, and in this order.

    `action_type` is a word of the account's own list, `priority` one of `Priority`; blank is the CRM's
    default. `reminder_minutes` before the start the CRM tells `user_id`. `custom_fields` go by underscore
    name, as text. REST takes no type, priority and custom fields, and no reminder without a user; XML-RPC
    takes no location: what the protocol lacks is left out, so what must be seen belongs into the description.
    """

    contact_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    location: str = ""
    user_id: int | None = None
    action_type: str = ""
    priority: str = ""
    reminder_minutes: int | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class AppointmentChanges:
    """What to write over an appointment, by absolute value; None and no custom fields leave as it is.

    A reminder counts from the start, so `reminder_minutes` needs `starts_at` beside it.
    """

    title: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    description: str | None = None
    location: str | None = None
    user_id: int | None = None
    action_type: str | None = None
    priority: str | None = None
    reminder_minutes: int | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.reminder_minutes is not None and self.starts_at is None:
            raise ValueError("a reminder needs the start that it counts from")


@dataclass(frozen=True, kw_only=True, slots=True)
class AppointmentRecord:
    """`contact_id` and `user_id` are None where there is none. `completed_at` is told by XML-RPC alone.

    Over XML-RPC a time of the hour that clocks go back over may mean either: the later is told.
    """

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    contact_id: int | None = None
    description: str = ""
    user_id: int | None = None
    completed_at: datetime | None = None
