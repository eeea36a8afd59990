"""What the contract suite runs on: adapters, credentials, what an adapter lacks, and small orders.

An adapter is one entry of ADAPTERS. Each test of the suite runs once per door: an adapter with one kind of
credentials. A test marked `needs(...)` runs only where the adapter lacks nothing of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm.automatic import AutomaticCrm
from crm.contract import Crm
from crm.credentials import BearerToken, Credentials, Endpoints, HeaderKey, LegacyKey
from crm.records import ContactData, CreatedOrder, Line, LineType, Money, OrderHead, OrderRef, Payment
from crm.rest.adapter import RestCrm, always
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.crm.validated_session import validated_session
from tests.sandbox_client import Row, Sandbox

READ_SECONDS = 15.0  # a busy machine is no silent CRM


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """`connect` takes credentials, endpoints and options, and gives the CRM as a context.

    `kinds` are the credentials it takes. `lacks` are the operations that raise NotSupported; in brackets
    stands what of an operation is meant, where it is not the whole.
    """

    connect: Callable[..., AbstractContextManager[Any]]
    kinds: tuple[str, ...]
    lacks: frozenset[str] = frozenset()


@contextmanager
def rest(credentials: Credentials, **options: Any) -> Iterator[RestCrm]:
    """REST whose every request of v2 is held against the vendor's file."""
    with validated_session() as session:
        yield RestCrm(credentials, session=session, **options)


@contextmanager
def automatic(credentials: Credentials, **options: Any) -> Iterator[AutomaticCrm]:
    with rest(credentials, **options) as over_rest, XmlRpcCrm(credentials, **options) as over_xmlrpc:
        yield AutomaticCrm(over_rest, over_xmlrpc, alive=always)


ADAPTERS: dict[str, Adapter] = {
    "xmlrpc": Adapter(
        connect=XmlRpcCrm,
        kinds=("legacy", "header", "bearer"),
        lacks=frozenset(
            {
                "read_merchant_mode",
                "read_currency",
                "read_time_zone",
                "delete_tag",
                "list_directory(appointment_type)",
            }
        ),
    ),
    "rest": Adapter(
        connect=rest,
        kinds=("header", "bearer"),
        lacks=frozenset(
            {
                "list_payment_types",
                "run_action_set",
                "complete_appointment",
                "place_order(specials)",
                "list_directory(action_set)",
            }
        ),
    ),
    "automatic": Adapter(connect=automatic, kinds=("header",)),
}
CREDENTIALS: dict[str, Callable[[str], Credentials]] = {
    "legacy": lambda key: LegacyKey("demo", key),
    "header": HeaderKey,
    "bearer": BearerToken,
}
PLACED = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
PLACED_DAY = "2026-02-28"  # where the CRM is
MARKER = "shop order 1001"
ANN = ContactData(email="ann@example.com", first_name="Ann", last_name="Lee")


@dataclass(frozen=True)
class Door:
    adapter: str
    kind: str

    def __str__(self) -> str:
        return f"{self.adapter}-{self.kind}"


def adapters(needed: frozenset[str] = frozenset()) -> list[str]:
    return [name for name, adapter in ADAPTERS.items() if not needed & adapter.lacks]


def doors(needed: frozenset[str] = frozenset()) -> list[Door]:
    return [Door(name, kind) for name in adapters(needed) for kind in ADAPTERS[name].kinds]


def connect(door: Door, sandbox: Sandbox, key: str = "", **options: Any) -> AbstractContextManager[Any]:
    endpoints = Endpoints(gateway_url=sandbox.url, legacy_url=sandbox.url)
    credentials = CREDENTIALS[door.kind](key or sandbox.key)
    settings = {"read_timeout_seconds": READ_SECONDS, **options}
    return ADAPTERS[door.adapter].connect(credentials, endpoints=endpoints, **settings)


def money(amount: str, currency: str = "USD") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def line(kind: LineType, title: str, quantity: int, price: str, currency: str = "USD", **more: Any) -> Line:
    return Line(type=kind, title=title, quantity=quantity, unit_price=money(price, currency), **more)


MUG = line(LineType.PRODUCT, "Blue mug", 2, "11.48", description="glazed")


def add_contact(sandbox: Sandbox, **columns: Any) -> int:
    return sandbox.seed(Contact=[{"Email": ANN.email, **columns}])["Contact"][0]


def add_product(sandbox: Sandbox, name: str = "Blue mug", price: str = "11.48") -> int:
    return sandbox.seed(Product=[{"ProductName": name, "ProductPrice": price}])["Product"][0]


def new_order(crm: Crm, sandbox: Sandbox, title: str = MARKER) -> OrderRef:
    head = OrderHead(contact_id=add_contact(sandbox), title=title, placed_at=PLACED)
    return crm.create_order(head).ref


def whole_order(
    crm: Crm,
    head: OrderHead,
    lines: Sequence[Line] = (),
    fields: Mapping[str, str] | None = None,
    notes: str = "",
) -> CreatedOrder:
    """Make an order as a caller of the contract must: what did not go along is sent by itself."""
    created = crm.create_order(head, lines, fields=fields, notes=notes)
    if not created.has_lines:
        for each in lines:
            crm.add_line(created.ref, each)
    if not created.has_fields:
        crm.set_order_fields(created.ref, fields or {}, notes=notes or None)
    return created


def pay(amount: str, currency: str = "USD") -> Payment:
    kind = "Credit Card (Manual)"
    return Payment(amount=money(amount, currency), paid_at=PLACED, type=kind, note=MARKER)


def order_rows(sandbox: Sandbox, table: str, order: OrderRef) -> list[Row]:
    """The rows of one order in a table of the CRM, oldest first."""
    invoice = next(row for row in sandbox.rows("Invoice") if row["Id"] == order.invoice_id)
    wanted = {
        "Job": ("Id", invoice["JobId"]),
        "Invoice": ("Id", order.invoice_id),
        "OrderItem": ("OrderId", invoice["JobId"]),
        "Payment": ("InvoiceId", order.invoice_id),
    }
    column, value = wanted[table]
    return [row for row in sandbox.rows(table) if row[column] == value]


def title_of(item: Row) -> str:
    """A line's title in whichever of two columns the CRM keeps it."""
    return str(item["ItemDescription"] or item["ItemName"])
