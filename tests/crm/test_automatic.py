"""Automatic: the protocol with the fewest calls that is alive, and never two for one effect."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from crm.automatic import FIRST, REST, XMLRPC, AutomaticCrm
from crm.contract import Crm
from crm.credentials import Endpoints, HeaderKey
from crm.errors import (
    CrmError,
    HeldBack,
    NotSent,
    NotSupported,
    NotWholeYet,
    OutcomeUnknown,
    OutOfService,
    Throttled,
    TransientError,
)
from crm.http.observe import Call, CallOutcome
from crm.list_records import DirectoryKind
from crm.records import ContactData, DuplicateCheck, OrderHead
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.crm.contract_helpers import ANN, MARKER, MUG, PLACED, add_contact, new_order, pay, rest
from tests.sandbox_client import Sandbox


@dataclass
class Gate:
    """Lets the calls of some protocols through and notes their methods."""

    refused: dict[str, CrmError] = field(default_factory=dict)
    methods: list[str] = field(default_factory=list)
    alive: Callable[[str], bool] = lambda _protocol: True

    def sending(self, call: Call) -> None:
        if not self.alive(call.protocol):
            raise OutOfService("Dead.", retry_after_seconds=9)
        if call.protocol in self.refused:
            raise self.refused[call.protocol]
        self.methods.append(call.method)

    def finished(self, outcome: CallOutcome) -> None: ...


@contextmanager
def automatic_on(
    sandbox: Sandbox,
    gate: Gate,
    alive: Callable[[str], bool] = lambda _protocol: True,
    awaits_xmlrpc: bool = True,
) -> Iterator[AutomaticCrm]:
    gate.alive = alive
    credentials, endpoints = HeaderKey(sandbox.key), Endpoints(gateway_url=sandbox.url)
    with (
        rest(credentials, endpoints=endpoints, observer=gate, alive=alive) as over_rest,
        XmlRpcCrm(credentials, endpoints=endpoints, observer=gate) as over_xmlrpc,
    ):
        yield AutomaticCrm(over_rest, over_xmlrpc, alive=alive, awaits_xmlrpc=awaits_xmlrpc)


def only(protocol: str) -> Callable[[str], bool]:
    return lambda asked: asked == protocol


def test_every_operation_of_the_contract_has_its_place() -> None:
    operations = {name for name, member in vars(Crm).items() if inspect.isfunction(member) and name[0] != "_"}
    assert set(FIRST) == operations


def test_each_operation_takes_the_shortest_way(sandbox: Sandbox) -> None:
    tags = sandbox.seed(ContactGroup=[{"GroupName": "a"}, {"GroupName": "b"}])["ContactGroup"]
    gate = Gate()
    with automatic_on(sandbox, gate) as crm:
        contact_id = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        head = OrderHead(contact_id=contact_id, title=MARKER, placed_at=PLACED)
        order = crm.create_order(head, [MUG], notes="thanks").ref
        crm.record_payment(order, pay("22.96"))
        assert set(crm.apply_tags(contact_id, tags)) == set(tags)
        assert crm.read_invoice(order).due == 0
    assert gate.methods == [
        "ContactService.addWithDupCheck",
        "POST /v2/orders",
        "POST /v2/orders/{order_id}/payments",
        "POST /v1/contacts/{contact_id}/tags",
        "GET /v2/orders/{order_id}",
    ]


@pytest.mark.parametrize("living", [REST, XMLRPC])
def test_what_is_not_alive_is_not_asked(sandbox: Sandbox, living: str) -> None:
    gate = Gate()
    with automatic_on(sandbox, gate, only(living)) as crm:
        contact_id = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        head = OrderHead(contact_id=contact_id, title=MARKER, placed_at=PLACED)
        order = crm.create_order(head).ref
        crm.add_line(order, MUG)
        assert len(crm.find_orders(MARKER)) == 1
        assert crm.find_orders("another") == []
    assert {method.startswith(("GET", "POST")) for method in gate.methods} == {living == REST}


@pytest.mark.parametrize("error", [NotSent("Away."), HeldBack("Later.", retry_after_seconds=9)])
def test_what_was_not_sent_goes_the_other_way(sandbox: Sandbox, error: CrmError) -> None:
    gate = Gate(refused={REST: error})
    with automatic_on(sandbox, gate) as crm:
        order = new_order(crm, sandbox)
        assert order.order_id is None
        gate.refused = {XMLRPC: error}
        crm.add_line(order, MUG)
        gate.refused = {REST: error, XMLRPC: NotSent("Away too.")}
        with pytest.raises(NotSent) as caught:
            crm.create_tag("Gold")
    assert caught.value is error
    assert gate.methods == [
        "InvoiceService.createBlankOrder",
        "GET /v2/orders",
        "POST /v2/orders/{order_id}/items",
    ]


AFTER_SENDING = [
    ({"do": "drop_after"}, OutcomeUnknown, 1),
    ({"do": "drop_before"}, OutcomeUnknown, 0),
    ({"do": "http", "status": 429}, Throttled, 0),
    ({"do": "http", "status": 503}, OutcomeUnknown, 0),
]


@pytest.mark.parametrize(("rule", "expected", "effects"), AFTER_SENDING)
def test_what_was_sent_never_goes_the_other_way(
    sandbox: Sandbox, rule: dict[str, object], expected: type[CrmError], effects: int
) -> None:
    sandbox.faults({"method": "POST /v2/orders", **rule})
    gate = Gate()
    with automatic_on(sandbox, gate) as crm, pytest.raises(expected):
        new_order(crm, sandbox)
    assert gate.methods == ["POST /v2/orders"]
    assert len(sandbox.effects("order.created")) == effects


def test_what_one_protocol_lacks_the_other_has(sandbox: Sandbox) -> None:
    gate = Gate()
    with automatic_on(sandbox, gate) as crm:
        assert crm.list_directory(DirectoryKind.ACTION_SET).records == ()
        assert crm.list_payment_types() and crm.read_currency() == "USD"
    assert gate.methods == [
        "DataService.query",
        "InvoiceService.getAllPaymentOptions",
        "GET /v2/businessProfile",
    ]


def test_a_wait_counts_more_than_what_the_other_lacks(sandbox: Sandbox) -> None:
    gate = Gate(refused={XMLRPC: HeldBack("Later.", retry_after_seconds=9)})
    with automatic_on(sandbox, gate) as crm:
        with pytest.raises(HeldBack):
            crm.run_action_set(1, 2)
        with pytest.raises(HeldBack):
            crm.list_directory(DirectoryKind.ACTION_SET)
    with automatic_on(sandbox, Gate(), only(REST)) as crm, pytest.raises(OutOfService):
        crm.run_action_set(1, 2)
    with automatic_on(sandbox, Gate(), only(REST), awaits_xmlrpc=False) as crm, pytest.raises(NotSupported):
        crm.run_action_set(1, 2)  # from the vendor's end of XML-RPC on there is nothing to wait for
    assert sandbox.calls() == []


@pytest.mark.parametrize("answer", ["503", "404", "410", "drop"])
@pytest.mark.parametrize("dead", [REST, XMLRPC])
def test_a_read_without_an_answer_goes_the_other_way(sandbox: Sandbox, dead: str, answer: str) -> None:
    (product_id,) = sandbox.seed(Product=[{"ProductName": "BONE", "ProductPrice": 1.0}])["Product"]
    (tag_id,) = sandbox.seed(ContactGroup=[{"GroupName": "a"}])["ContactGroup"]
    brownout(sandbox, dead, answer)
    with automatic_on(sandbox, Gate()) as crm:
        assert [product.id for product in crm.find_products("BONE")] == [product_id]
        assert [record.id for record in crm.list_directory(DirectoryKind.TAG).records] == [tag_id]


@pytest.mark.parametrize("answer", ["404", "410"])
@pytest.mark.parametrize("dead", [REST, XMLRPC])
def test_a_write_that_the_gateway_turned_away_goes_the_other_way(
    sandbox: Sandbox, dead: str, answer: str
) -> None:
    brownout(sandbox, dead, answer)
    with automatic_on(sandbox, Gate()) as crm:
        contact_id = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        assert crm.apply_tags(contact_id, sandbox.seed(ContactGroup=[{"GroupName": "a"}])["ContactGroup"])
        new_order(crm, sandbox)
    assert len(sandbox.rows("Contact")) == 2  # new_order makes one of its own
    assert len(sandbox.effects("order.created")) == len(sandbox.effects("contact.tagged")) == 1


def test_a_protocol_in_trouble_is_asked_last(sandbox: Sandbox) -> None:
    gate = Gate()
    with automatic_on(sandbox, gate) as crm:
        crm._alive = only(REST)  # the gate still lets both through
        crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
    assert {method.startswith(("GET", "POST")) for method in gate.methods} == {True}


def test_an_order_that_is_not_whole_yet_is_not_looked_for_elsewhere(sandbox: Sandbox) -> None:
    gate = Gate(refused={REST: NotWholeYet("Its invoice is not there yet.")})
    with automatic_on(sandbox, gate) as crm, pytest.raises(NotWholeYet):
        crm.list_orders(1, PLACED)
    gate = Gate(refused={REST: TransientError("?")})
    with automatic_on(sandbox, gate) as crm, pytest.raises(TransientError):
        crm.find_orders(MARKER)  # XML-RPC alone cannot say "not there"


def brownout(sandbox: Sandbox, dead: str, answer: str) -> None:
    protocols = ("rest_v1", "rest_v2") if dead == REST else (XMLRPC,)
    span = {"from": "2026-01-01T00:00:00Z", "until": None, "answer": answer}
    sandbox.brownouts(*({"protocol": protocol, **span} for protocol in protocols))


def test_with_neither_alive_the_first_says_why_not(sandbox: Sandbox) -> None:
    gate = Gate(refused={REST: HeldBack("Brownout.")})
    with automatic_on(sandbox, gate, lambda _protocol: False) as crm, pytest.raises(HeldBack):
        crm.create_tag("Gold")
    assert gate.methods == []


def test_a_list_is_read_to_its_end_over_the_protocol_it_began_with(sandbox: Sandbox) -> None:
    sandbox.seed(ContactGroup=[{"GroupName": f"tag {n}"} for n in range(1001)])
    gate = Gate(refused={REST: NotSent("Away.")})
    with automatic_on(sandbox, gate) as crm:
        first = crm.list_directory(DirectoryKind.TAG)
        gate.refused = {}
        second = crm.list_directory(DirectoryKind.TAG, first.next_page)
    assert (len(first.records), len(second.records), second.next_page) == (1000, 1, "")
    assert gate.methods == ["DataService.query"] * 2


def test_an_order_is_looked_for_over_both_before_it_is_not_found(sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    gate = Gate()
    with automatic_on(sandbox, gate) as crm:
        assert crm.find_orders(MARKER, contact_id=contact_id) == []
        crm.update_contact(contact_id, ContactData())
    assert gate.methods == ["GET /v2/orders", "GET /v2/orders", "DataService.query"]
