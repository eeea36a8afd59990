"""What the contract suite runs on: adapters, credentials, and small orders.

One adapter and each kind of credentials today; a second adapter is one more entry of ADAPTERS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm.contract import ContactData, Crm, Line, LineType, Money, OrderHead, OrderRef, Payment
from crm.credentials import BearerToken, Credentials, Endpoints, HeaderKey, LegacyKey
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.sandbox_client import Sandbox

ADAPTERS: dict[str, Callable[..., Any]] = {"xmlrpc": XmlRpcCrm}
CREDENTIALS: dict[str, Callable[[str], Credentials]] = {
    "legacy": lambda key: LegacyKey("demo", key),
    "header": HeaderKey,
    "bearer": BearerToken,
}
PLACED = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
MARKER = "shop order 1001"
ANN = ContactData(email="ann@example.com", first_name="Ann", last_name="Lee")


def connect(adapter: str, kind: str, sandbox: Sandbox, key: str = "", **options: Any) -> Any:
    endpoints = Endpoints(gateway_url=sandbox.url, legacy_url=sandbox.url)
    return ADAPTERS[adapter](CREDENTIALS[kind](key or sandbox.key), endpoints=endpoints, **options)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


MUG = Line(type=LineType.PRODUCT, title="Blue mug", quantity=2, unit_price=usd("11.48"), description="glazed")


def add_contact(sandbox: Sandbox, **columns: Any) -> int:
    return sandbox.seed(Contact=[{"Email": ANN.email, **columns}])["Contact"][0]


def new_order(crm: Crm, sandbox: Sandbox, title: str = MARKER) -> OrderRef:
    head = OrderHead(contact_id=add_contact(sandbox), title=title, placed_at=PLACED)
    return crm.create_order(head)


def pay(amount: str) -> Payment:
    return Payment(amount=usd(amount), paid_at=PLACED, type="Credit Card (Manual)", note=MARKER)
