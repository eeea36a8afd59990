"""The reference order of the call counts, and the modes it is sent in.

Paid, three items, four tags, one goal, eight custom fields of the contact, one action set (where the mode
has action sets), no coupon, no opt-in. `Reference(sandbox, mode)` makes the account and the shop; `send()`
replicates an order and returns the calls the sandbox saw.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cascade.engine.replicate import Watch, unwatched
from cascade.models import Replication
from cascade.services import replication_open, replication_work
from intake.models import Source
from mappings.models import Connection
from mappings.shop_fields import FIELD_KEYS
from tests.factories import ConnectionFactory, OrderFactory, SourceFactory, order_data
from tests.sandbox_client import Sandbox

ITEMS = {"BONE": 9.95, "LEASH": 17.95, "BOWL": 2.0}
TAGS = ("Customer", "Dog owner", "Spring", "Newsletter")
FIELDS = {f"_Shop{number}": key for number, key in enumerate(FIELD_KEYS[:8], start=1)}
INTEGRATION, CALL_NAME = "teashop", "bought"
TOTAL = Decimal("45.85")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mode:
    """How an account is spoken to, and with how many calls at most: for a new buyer, for a returning one."""

    name: str
    protocol: str
    creation_method: str = Connection.CreationMethod.BLANK_ORDER
    action_set: bool = True
    most_calls: tuple[int, int] = (0, 0)


MODES = {
    mode.name: mode
    for mode in (
        Mode(name="XML-RPC blank order", protocol="xmlrpc", most_calls=(13, 12)),
        Mode(
            name="XML-RPC placeOrder",
            protocol="xmlrpc",
            creation_method=Connection.CreationMethod.PLACE_ORDER,
            most_calls=(11, 10),
        ),
        Mode(name="REST", protocol="rest", action_set=False, most_calls=(10, 8)),
        Mode(name="automatic", protocol="automatic", most_calls=(7, 6)),
    )
}


class Reference:
    """One shop and one account, in the sandbox's rows and in ours."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        self.sandbox = sandbox
        self.mode = mode
        action_set = self.seed()
        self.connection = ConnectionFactory(
            api_key=sandbox.key,
            protocol=mode.protocol,
            creation_method=mode.creation_method,
            contact_tags=", ".join(TAGS),
            contact_action_set_id=action_set if mode.action_set else None,
        )
        self.connection.product_goals.create(value="BONE", integration=INTEGRATION, call_name=CALL_NAME)
        mappings = self.connection.field_mappings
        for crm_field, shop_field in FIELDS.items():
            mappings.create(shop_field=shop_field, target="contact", crm_field=crm_field)
        self.source: Source = SourceFactory(connection=self.connection, slug="tea")

    def seed(self) -> int:
        """Fill the account; the id of its action set."""
        ids = self.sandbox.seed(
            DataFormField=[
                {"FormId": -1, "Name": name[1:], "Label": name[1:], "DataType": 15} for name in FIELDS
            ],
            Product=[
                {"ProductName": name, "ProductPrice": price, "Status": 1} for name, price in ITEMS.items()
            ],
            ContactGroup=[{"GroupName": name} for name in TAGS],
            ActionSequence=[{"TemplateName": "Welcome"}],
            FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
            FunnelGoal=[{"CampaignId": 7, "Integration": INTEGRATION, "CallName": CALL_NAME}],
        )
        return ids["ActionSequence"][0]

    def replication(self, shop_order_id: str = "1001", **changes: Any) -> Replication:
        fields = {key: f"value {key}" for key in FIELDS.values()}
        values = {
            "shop_order_id": shop_order_id,
            "number": shop_order_id,
            "charges": (),
            "coupons": (),
            "total": TOTAL,
            "custom_fields": fields,
            **changes,
        }
        return replication_open(OrderFactory(source=self.source, order=order_data(**values)))

    def send(self, shop_order_id: str, *, watch: Watch = unwatched, **changes: Any) -> list[str]:
        """Replicate one order of the reference kind; the methods the sandbox was called by, in order."""
        before = len(self.sandbox.calls())
        replication = self.replication(shop_order_id, **changes)
        ended = replication_work(replication.pk, watch=watch)
        assert ended is not None and ended.state == Replication.State.SUCCEEDED, ended and ended.reason
        assert ended.level == Replication.Level.INFO, ended.reason
        return [call["method"] for call in self.sandbox.calls()[before:]]


def assert_sent_once(sandbox: Sandbox, mode: Mode) -> None:
    """The account holds the reference order exactly once, and what starts something was started once."""
    (contact,) = sandbox.rows("Contact")
    assert contact["Email"] == "ada@example.com"
    assert [contact[name] for name in FIELDS] == [f"value {key}" for key in FIELDS.values()]
    assert len(sandbox.rows("ContactGroupAssign")) == len(TAGS)
    assert [row["JobTitle"] for row in sandbox.rows("Job")] == ["tea order 1001"]
    names = {row["Id"]: row["ProductName"] for row in sandbox.rows("Product")}
    pieces: Counter[str] = Counter()
    for row in sandbox.rows("OrderItem"):
        pieces[names[row["ProductId"]]] += int(row["Qty"])
    assert pieces == Counter({"BONE": 2, "LEASH": 1, "BOWL": 4})
    (invoice,) = sandbox.rows("Invoice")
    assert (Decimal(str(invoice["InvoiceTotal"])), Decimal(str(invoice["TotalDue"]))) == (TOTAL, 0)
    assert [Decimal(str(row["PayAmt"])) for row in sandbox.rows("Payment")] == [TOTAL]
    assert len(sandbox.effects("goal.achieved")) == 1
    assert len(sandbox.effects("action_set.run")) == int(mode.action_set)
