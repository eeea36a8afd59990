"""What the engine may ask of the CRM, in our words; each protocol is one adapter behind it.

Units:  money is `Money`, a Decimal in major units with its currency; times are aware; ids are integers.
Raises: every method raises a `crm.errors.CrmError`; a look-up that failed raises, one that found
        nothing returns an empty list. Nothing below this contract sends a request twice.
Repeat: stated per method. What is not safe to repeat is probed by the caller first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


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
    """What is written on a contact; a blank member is never sent, so it wipes nothing."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    phones: tuple[str, ...] = ()
    address1: Address = field(default_factory=Address)
    address2: Address = field(default_factory=Address)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecord:
    id: int
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagRecord:
    id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductRecord:
    id: int
    name: str
    sku: str = ""
    active: bool = True


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
class OrderRecord:
    ref: OrderRef
    title: str
    contact_id: int | None = None


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
    """The app that answered, as far as the protocol tells ("" where it does not)."""

    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request about to be sent. `operation` is the contract's word, `method` the wire's."""

    operation: str
    method: str
    protocol: str
    writes: bool
    request: str  # redacted, bounded


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOutcome:
    """How one request ended; `error` is empty when it ended well."""

    call: Call
    started_at: datetime
    duration_ms: int
    http_status: int | None = None
    response: str = ""  # redacted, bounded
    error_class: str = ""
    error: str = ""
    app_name: str = ""


class CallObserver(Protocol):
    """Told of every request: right before its first byte leaves (may raise `NotSent` to stop it), and
    once after it ended, well or not."""

    def sending(self, call: Call) -> None: ...

    def finished(self, outcome: CallOutcome) -> None: ...


class Crm(Protocol):
    # -- the account ---------------------------------------------------------------------------------
    def probe_credentials(self) -> AppIdentity:
        """Read something small that needs a valid key. Raises CredentialsRejected if it is not valid."""
        ...

    def list_payment_types(self) -> list[str]:
        """The manual payment types the account offers. Raises NotSupported where the API lists none."""
        ...

    # -- contacts ------------------------------------------------------------------------------------
    def upsert_contact(self, data: ContactData, check: DuplicateCheck) -> int:
        """Add the contact, or update the one the check finds; the contact's id.

        Repeat: not always safe (with the company check each repeat may add one): probe by e-mail.
        """
        ...

    def update_contact(self, contact_id: int, data: ContactData) -> None:
        """Write the non-blank values. Repeat: safe. Raises MissingInCrm if the contact is gone."""
        ...

    def find_contacts_by_email(self, email: str) -> list[ContactRecord]:
        """Contacts that carry the address in any e-mail column, lowest id first."""
        ...

    def set_contact_fields(self, contact_id: int, values: Mapping[str, str]) -> None:
        """Write custom fields (underscore names) by absolute value. Repeat: safe."""
        ...

    # -- tags ----------------------------------------------------------------------------------------
    def apply_tag(self, contact_id: int, tag_id: int) -> bool:
        """Tag the contact; whether it changed, as far as the CRM says. Repeat: safe."""
        ...

    def remove_tag(self, contact_id: int, tag_id: int) -> bool:
        """Untag the contact. Repeat: safe."""
        ...

    def find_tags(self, name: str) -> list[TagRecord]:
        """Tags whose name equals `name` exactly (compared on our side), lowest id first."""
        ...

    def load_tags(self, tag_ids: Sequence[int]) -> list[TagRecord]:
        """Those of the given tags that exist."""
        ...

    def create_tag(self, name: str) -> int:
        """Create a tag; its id. Repeat: not safe: look it up first."""
        ...

    # -- products ------------------------------------------------------------------------------------
    def find_products(self, name: str) -> list[ProductRecord]:
        """Products whose name equals `name` exactly (case too), active ones first, then lowest id."""
        ...

    def load_products(self, product_ids: Sequence[int]) -> list[ProductRecord]:
        """Those of the given products that exist."""
        ...

    # -- orders --------------------------------------------------------------------------------------
    def create_order(self, head: OrderHead) -> OrderRef:
        """Create an order without lines. Repeat: not safe: probe with `find_orders` by the title."""
        ...

    def find_orders(self, title: str) -> list[OrderRecord]:
        """Orders whose title equals `title` exactly (compared on our side), lowest id first."""
        ...

    def add_line(self, order: OrderRef, line: Line) -> None:
        """Add one line. Repeat: not safe: probe with `read_lines`."""
        ...

    def read_lines(self, order: OrderRef) -> list[LineRecord]: ...

    def record_payment(self, order: OrderRef, payment: Payment) -> None:
        """Record money received elsewhere; charges nothing. Repeat: not safe: probe `read_payments`."""
        ...

    def read_payments(self, order: OrderRef) -> list[PaymentRecord]: ...

    def read_invoice(self, order: OrderRef) -> Invoice:
        """Total, paid and due as the CRM sees them, with the order id. Raises MissingInCrm if gone."""
        ...

    def set_order_fields(
        self, order: OrderRef, values: Mapping[str, str], *, notes: str | None = None
    ) -> None:
        """Write order custom fields (underscore names) and the notes by absolute value. Repeat: safe."""
        ...
