"""Orders over REST: one call each, found again whichever title is searched, discounts of either sign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm.credentials import Endpoints, HeaderKey
from crm.errors import MissingInCrm
from crm.list_records import CustomField, FieldObject
from crm.records import LineType, OrderHead, OrderRef
from crm.rest.service import safe_value
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.crm.contract_helpers import (
    MARKER,
    PLACED,
    add_contact,
    add_product,
    line,
    new_order,
    order_rows,
    pay,
)
from tests.crm.doubles import Recorder
from tests.crm.rest.rest_helpers import methods, rest_on
from tests.sandbox_client import Sandbox

SHIP = {"Name": "Ship", "FormId": -9, "DataType": 15, "Label": "Ship"}
SENT = {"Name": "Sent", "FormId": -9, "DataType": 12, "Label": "Sent"}
LINES = [line(LineType.SERVICE, "Wrap", 3, "4.00"), line(LineType.DISCOUNT, "Coupon", 1, "-2.50")]
SIGNS = [("as_given", -1), ("subtracted", 1), ("absolute", -1), ("absolute", 1)]


def head(sandbox: Sandbox, title: str = MARKER) -> OrderHead:
    return OrderHead(contact_id=add_contact(sandbox), title=title, placed_at=PLACED)


def test_a_whole_order_with_its_payment_takes_two_calls(sandbox: Sandbox) -> None:
    product_id = add_product(sandbox)
    lines = [line(LineType.PRODUCT, "Mug", 2, "11.48", product_id=product_id), *LINES]
    with rest_on(sandbox) as crm:
        created = crm.create_order(head(sandbox), lines, notes="thanks")
        crm.record_payment(created.ref, pay("32.46"))
    assert (created.has_lines, created.has_fields, created.total) == (True, True, Decimal("32.46"))
    assert methods(sandbox) == ["POST /v2/orders", "POST /v2/orders/{order_id}/payments"]


@pytest.mark.parametrize(("reading", "sign"), SIGNS)
def test_a_discount_lowers_the_total(sandbox: Sandbox, reading: str, sign: int) -> None:
    sandbox.options(rest_discount_price=reading)
    with rest_on(sandbox, discount_sign=sign) as crm:
        created = crm.create_order(head(sandbox), LINES)
        crm.add_line(created.ref, LINES[1])
        assert (created.total, crm.read_invoice(created.ref).total) == (Decimal("9.5"), Decimal("7"))
        read = crm.read_lines(created.ref)
    assert [(each.type, each.unit_price) for each in read] == [
        (LineType.SERVICE, Decimal("4")),
        (LineType.DISCOUNT, Decimal("-2.5")),
        (LineType.DISCOUNT, Decimal("-2.5")),
    ]


def test_a_reply_that_tells_little_is_enough(sandbox: Sandbox) -> None:
    sandbox.options(rest_created_order="bare")
    with rest_on(sandbox) as crm:
        created = crm.create_order(head(sandbox), LINES)
        assert (created.has_lines, created.total) == (True, None)
        assert crm.read_invoice(created.ref).ref == created.ref


@pytest.mark.parametrize("reads", ["title", "order_title"])
@pytest.mark.parametrize("title", [MARKER, "shop; order==7*", 'a "b", c', "NONE", " pad", "*", "50% (x)"])
def test_an_order_is_found_whichever_title_is_read(sandbox: Sandbox, reads: str, title: str) -> None:
    sandbox.options(rest_title_filter=reads)
    with rest_on(sandbox) as crm:
        wanted = head(sandbox, title)
        order = crm.create_order(wanted).ref
        crm.create_order(head(sandbox, title + "x"))
        assert [found.ref for found in crm.find_orders(title, contact_id=wanted.contact_id)] == [order]


def test_not_found_is_said_after_a_second_look(sandbox: Sandbox) -> None:
    with rest_on(sandbox) as crm:
        assert crm.find_orders(MARKER) == []
        assert crm.find_orders(MARKER, contact_id=5) == []
    assert methods(sandbox) == ["GET /v2/orders"] * 3


def test_an_order_of_the_other_protocol_is_carried_on(sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[SHIP])
    with XmlRpcCrm(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url)) as xmlrpc:
        order = new_order(xmlrpc, sandbox)
        assert order.order_id is None
        with rest_on(sandbox) as crm:
            crm.add_line(order, LINES[0])
            crm.set_order_fields(order, {"_Ship": "1Z"})
            crm.record_payment(order, pay("12.00"))
            invoice = crm.read_invoice(order)
            assert invoice == xmlrpc.read_invoice(order)
            assert (invoice.due, invoice.ref.invoice_id) == (0, order.invoice_id)
            assert [payment.id for payment in crm.read_payments(order)] == [
                payment.id for payment in xmlrpc.read_payments(order)
            ]


def test_an_invoice_that_is_gone_is_missing(sandbox: Sandbox) -> None:
    with rest_on(sandbox) as crm:
        for order in (OrderRef(invoice_id=987654), OrderRef(invoice_id=987654, order_id=987653)):
            with pytest.raises(MissingInCrm) as caught:
                crm.record_payment(order, pay("1.00"))
            assert caught.value.setting


@pytest.mark.parametrize("lists", ["replace", "merge"])
def test_order_fields_leave_each_other_alone(sandbox: Sandbox, lists: str) -> None:
    sandbox.options(rest_lists=lists)
    sandbox.seed(DataFormField=[SHIP, SENT])
    with rest_on(sandbox) as crm:
        order = crm.create_order(head(sandbox), fields={"_Ship": "1Z"}).ref
        crm.set_order_fields(order, {"_Sent": "3"}, notes="later")
        crm.set_order_fields(order, {}, title="new title")
    (job,) = order_rows(sandbox, "Job", order)
    assert (job["_Ship"], int(job["_Sent"]), job["JobNotes"], job["JobTitle"]) == (
        "1Z", 3, "later", "new title",
    )  # fmt: skip
    assert methods(sandbox)[1:] == [
        "POST /v2/orders",
        "GET /v2/orders/{order_id}",
        "PATCH /v2/orders/{order_id}",
        "PATCH /v2/orders/{order_id}",
    ]


class Memory:
    """A FieldCache that begins with what it is given."""

    def __init__(self, fields: list[CustomField] | None = None) -> None:
        self.fields = fields
        self.remembered: list[FieldObject] = []

    def custom_fields(self, of: FieldObject) -> list[CustomField] | None:
        return self.fields

    def remember_custom_fields(self, of: FieldObject, fields: Any) -> None:
        self.fields = list(fields)
        self.remembered.append(of)


def test_fields_somebody_remembers_are_not_read(sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[SHIP])
    memory, recorder = Memory(), Recorder()
    for _ in range(2):
        with rest_on(sandbox, field_cache=memory, observer=recorder) as crm:
            crm.create_order(head(sandbox), fields={"_Ship": "1Z"})
            crm.create_order(head(sandbox), fields={"_Ship": "2Z"})
    assert memory.remembered == [FieldObject.ORDER]
    assert [call.method for call in recorder.calls] == ["GET /v2/orders/model"] + ["POST /v2/orders"] * 4


def test_a_field_made_since_is_read_afresh_and_an_unknown_one_stops_the_order(sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[SHIP])
    memory = Memory([])
    with rest_on(sandbox, field_cache=memory) as crm:
        crm.create_order(head(sandbox), fields={"_Ship": "1Z"})
        with pytest.raises(MissingInCrm) as caught:
            crm.create_order(head(sandbox), fields={"_ship": "1Z", "_Ship": "2Z"})
    assert caught.value.setting == "custom-fields" and "_ship" in caught.value.message
    assert len(sandbox.rows("Job")) == 1


@pytest.mark.parametrize(
    ("wanted", "wildcard", "value"),
    [
        ("shop order 1", True, "shop order 1"),
        ("Mug, blue", True, "Mug*"),
        ("Mug, blue", False, ""),
        ("*", True, ""),
        ("Mug ", True, "Mug*"),
        (" Mug", True, ""),
        ("none", True, ""),
        ("a==b", True, "a*"),
        ("50% off", True, "50% off"),
    ],
)
def test_a_filter_never_finds_less(wanted: str, wildcard: bool, value: str) -> None:
    assert safe_value(wanted, wildcard=wildcard) == value
