"""What every peer does, the reference order of docs/calls.md over XML-RPC, and what the CRM then holds."""

from __future__ import annotations

import os
import xmlrpc.client
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.sandbox_client import Row, Sandbox

# As in tests/reference.py, which the peers do not load: it brings Django.
ITEMS = {"BONE": 9.95, "LEASH": 17.95, "BOWL": 2.0}
TAGS = ("Customer", "Dog owner", "Spring", "Newsletter")
FIELDS = tuple(f"_Shop{number}" for number in range(1, 9))
INTEGRATION, CALL_NAME = "teashop", "bought"
TOTAL = Decimal("45.85")
LINES = (("BONE", 2), ("LEASH", 1), ("BOWL", 4))
PLACED_AT = datetime(2026, 3, 2, 10, 4, 5)
Step = Callable[..., Any]


class Account:
    """The CRM as a script sees it: one kept connection, ids of its lists."""

    def __init__(self, ids: dict[str, list[int]]) -> None:
        self.ids = ids
        self.key = os.environ["CRM_KEY"]
        self.proxy = xmlrpc.client.ServerProxy(
            os.environ["CRM_GATEWAY_URL"] + "/api/xmlrpc", allow_none=True, use_builtin_types=True
        )

    def close(self) -> None:
        self.proxy("close")()

    def call(self, method: str, *arguments: Any) -> Any:
        """One call. Raises: xmlrpc.client.Fault, OSError."""
        return getattr(self.proxy, method)(self.key, *arguments)


def order_send(account: Account, name: str, step: Step) -> None:
    """The 13 calls of one order; `step(method, *arguments)` makes each of them."""
    ids = account.ids
    products = dict(zip(ITEMS, ids["Product"], strict=True))
    contact = {
        "Email": f"{name}@example.com",
        "FirstName": "Ada",
        "LastName": "Example",
        "StreetAddress1": "1 Main Street",
        "City": "Atlanta",
        "State": "GA",
        "PostalCode": "30303",
        "Country": "United States",
        "Phone1": "555-0100",
        **{field: f"value {field}" for field in FIELDS},
    }
    title = f"tea order {name}"
    contact_id = step("ContactService.addWithDupCheck", contact, "Email")
    invoice_id = step("InvoiceService.createBlankOrder", contact_id, title, PLACED_AT, 0, 0)
    for item, quantity in LINES:
        line = (products[item], 4, ITEMS[item], quantity, item, "")
        step("InvoiceService.addOrderItem", invoice_id, *line)
    (invoice,) = step("DataService.query", "Invoice", 1, 0, {"Id": invoice_id}, ["Id", "InvoiceTotal"])
    if round(invoice["InvoiceTotal"], 2) != float(TOTAL):
        raise ValueError(f"{title}: the CRM counts {invoice['InvoiceTotal']}")
    payment = (float(TOTAL), PLACED_AT, "Credit Card (Manual)", f"{title} payment", False)
    step("InvoiceService.addManualPayment", invoice_id, *payment)
    for tag_id in ids["ContactGroup"]:
        step("ContactService.addToGroup", contact_id, tag_id)
    step("ContactService.runActionSequence", contact_id, ids["ActionSequence"][0])
    step("FunnelService.achieveGoal", INTEGRATION, CALL_NAME, contact_id)


@dataclass(frozen=True)
class Judgement:
    """How many orders miss something in the CRM, and how many have something more than once."""

    lost: int
    doubled: int


def judge(sandbox: Sandbox, names: Sequence[str]) -> Judgement:
    contacts: dict[str, list[int]] = {}
    for row in sandbox.rows("Contact"):
        contacts.setdefault(str(row["Email"]).removesuffix("@example.com"), []).append(row["Id"])
    titles = {row["Id"]: str(row["JobTitle"]).split()[-1] for row in sandbox.rows("Job")}
    heads = Counter(titles.values())
    item_names = {row["Id"]: row["ProductName"] for row in sandbox.rows("Product")}
    lines: Counter[tuple[str, str]] = Counter()
    for row in sandbox.rows("OrderItem"):
        lines[titles[row["OrderId"]], item_names[row["ProductId"]]] += int(row["Qty"])
    invoices = {row["Id"]: titles[row["JobId"]] for row in sandbox.rows("Invoice")}
    paid: dict[str, Decimal] = {}
    for row in sandbox.rows("Payment"):
        name = invoices[row["InvoiceId"]]
        paid[name] = paid.get(name, Decimal(0)) + Decimal(str(row["PayAmt"]))
    tags = Counter(row["ContactId"] for row in sandbox.rows("ContactGroupAssign"))
    started = Counter(_started(effect) for effect in sandbox.effects())
    lost = doubled = 0
    for name in names:
        ids = contacts.get(name, [])
        least, most = [len(ids) - 1, heads[name] - 1], []
        most += least
        for held, wanted in (
            *((lines[name, item], quantity) for item, quantity in LINES),
            (paid.get(name, Decimal(0)), TOTAL),
            (sum(tags[one] for one in ids), len(TAGS)),
            (sum(started["action_set.run", one] for one in ids), 1),
            (sum(started["goal.achieved", one] for one in ids), 1),
        ):
            least.append(int(held >= wanted) - 1)
            most.append(int(held > wanted))
        lost += min(least) < 0
        doubled += max(most) > 0
    return Judgement(lost, doubled)


def _started(effect: Row) -> tuple[str, int]:
    return effect["kind"], effect["ids"].get("contact", 0)
