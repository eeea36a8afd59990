"""What is XML-RPC's alone: its faults, its odd replies, and what it cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crm.contract import Crm
from crm.errors import (
    CardCharged,
    CrmError,
    CrmRejected,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)
from crm.http.transport import MAX_CHARACTERS, MAX_HEADERS
from crm.list_records import DirectoryKind, FieldObject
from crm.records import ActionResult, CartOrder, ContactData, DuplicateCheck, GoalResult, OrderRef
from crm.xmlrpc.adapter import XmlRpcCrm
from crm.xmlrpc.columns import contact_columns
from tests.crm.contract_helpers import ANN, MARKER, PLACED, Door, add_contact, connect
from tests.crm.doubles import Recorder, crm_at
from tests.crm.wire_server import sends, wire_server
from tests.crm.xmlrpc_replies import reply, row, rows, struct
from tests.sandbox_client import Sandbox

CART = CartOrder(contact_id=7, title=MARKER, placed_at=PLACED, product_ids=(3,))


@pytest.fixture
def xmlrpc(sandbox: Sandbox) -> Iterator[XmlRpcCrm]:
    with connect(Door("xmlrpc", "header"), sandbox) as crm:
        yield crm


FAULTS = [
    (1, "[InvalidConfig]Invalid Configuration", TransientError),
    (3, "[UnexpectedError]x", OutcomeUnknown),
    (12, "[InvalidParameter]Duplicate call to addWithDupCheck detected", OutcomeUnknown),
    (12, "[InvalidParameter]Bad date", CrmRejected),
]


@pytest.mark.parametrize(("code", "text", "expected"), FAULTS)
def test_a_fault_is_what_it_is(
    xmlrpc: Crm, sandbox: Sandbox, code: int, text: str, expected: type[CrmError]
) -> None:
    sandbox.faults({"method": "ContactService.addWithDupCheck", "do": "fault", "code": code, "text": text})
    with pytest.raises(CrmError) as caught:
        xmlrpc.upsert_contact(ANN, DuplicateCheck.EMAIL)
    assert type(caught.value) is expected and sandbox.effects() == []


def test_an_order_without_its_invoice_is_not_taken_for_absent(xmlrpc: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    sandbox.seed(Job=[{"JobTitle": MARKER, "ContactId": contact_id}])
    with pytest.raises(TransientError):
        xmlrpc.find_orders(MARKER)
    with pytest.raises(TransientError):
        xmlrpc.list_orders(contact_id, PLACED)


def test_one_call_applies_one_tag(xmlrpc: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    first, second = sandbox.seed(ContactGroup=[{"GroupName": "a"}, {"GroupName": "b"}])["ContactGroup"]
    assert xmlrpc.apply_tags(contact_id, [first, second]) == {first: True}


def test_a_blank_field_is_never_written() -> None:
    data = ContactData(fields={"_A": " ", "_B": "x"}, lead_source_id=0, owner_id=4)
    assert contact_columns(data) == {"_B": "x", "OwnerID": 4}


# -- goals and action sets ---------------------------------------------------------------------------------


GOALS = [
    ({"success": "<boolean>1</boolean>", "msg": "ok", "goalId": "<i4>5</i4>"}, (True, "ok", 5)),
    ({"success": "true", "msg": "", "goalId": "5", "flowStart": ""}, (True, "", 5)),
    ({"success": "<boolean/>", "goalId": "<i4>5</i4>", "flowStart": "<ex:odd>x</ex:odd>"}, (True, "", 5)),
    ({"success": "<boolean>1</boolean>", "goalId": "<i4/>", "flowStop": "<nil/>"}, (True, "", 0)),
    ({"success": "<boolean>0</boolean>", "msg": "No Goals", "goalId": "<i4>0</i4>"}, (False, "No Goals", 0)),
    ({"msg": "?"}, (False, "?", 0)),
]


@pytest.mark.parametrize(("parts", "expected"), GOALS)
def test_a_goal_s_odd_parts_are_survived(parts: dict[str, str], expected: tuple[bool, str, int]) -> None:
    achieved, message, goal_id = expected
    with wire_server(sends(rows(row(**parts)))) as server, crm_at(server.url) as crm:
        result = GoalResult(achieved=achieved, message=message, goal_id=goal_id)
        assert crm.achieve_goal(7, "shop", "bought") == [result]


@pytest.mark.parametrize("inside", ["", "ok", "<boolean>1</boolean>", "<array><data><value/></data></array>"])
def test_what_is_no_list_of_results_is_unknown(inside: str) -> None:
    with wire_server(sends(reply(inside))) as server, crm_at(server.url) as crm:
        with pytest.raises(OutcomeUnknown):
            crm.achieve_goal(7, "shop", "bought")
        with pytest.raises(OutcomeUnknown):
            crm.run_action_set(7, 8)


def test_an_action_s_odd_parts_are_survived() -> None:
    found = rows(row(Action="Tag", Message="<nil/>", IsError="true"), row(Action="Mail", IsError=""))
    with wire_server(sends(found)) as server, crm_at(server.url) as crm:
        assert crm.run_action_set(7, 8) == [
            ActionResult(action="Tag", is_error=True),
            ActionResult(action="Mail"),
        ]


# -- placed orders -----------------------------------------------------------------------------------------

UNCHARGED = {"Successful": "false", "Message": "None", "RefNum": "None", "Code": ""}
IDS = {"OrderId": "11", "InvoiceId": "12"}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"RefNum": "", "Message": ""},
        {"Successful": "true"},
        {"RefNum": "0", "Code": "ERROR", "Message": "no card"},
        {"Code": "APPROVED", "Successful": "true", "RefNum": "S1", "Message": "(TESTMODE) approved"},
    ],
)
def test_an_order_without_a_charge_is_made(parts: dict[str, str]) -> None:
    made = reply(struct(**UNCHARGED | IDS | parts))
    with wire_server(sends(made)) as server, crm_at(server.url) as crm:
        assert crm.place_order(CART).ref == OrderRef(invoice_id=12, order_id=11)


@pytest.mark.parametrize(
    "parts", [{"Code": "APPROVED"}, {"Successful": "true", "RefNum": "S1"}, {"Code": " approved "}]
)
def test_a_real_charge_is_an_error_that_names_the_order(parts: dict[str, str]) -> None:
    recorder = Recorder()
    made = reply(struct(**UNCHARGED | IDS | parts))
    with (
        wire_server(sends(made)) as server,
        crm_at(server.url, observer=recorder) as crm,
        pytest.raises(CardCharged) as caught,
    ):
        crm.place_order(CART)
    assert (caught.value.order_id, caught.value.invoice_id) == (11, 12)
    assert "Order 11, invoice 12" in caught.value.detail and caught.value.setting == "credentials"
    (outcome,) = recorder.outcomes
    assert (outcome.error_class, outcome.error) == ("permanent", caught.value.message)


def test_a_charge_is_seen_also_without_ids() -> None:
    made = reply(struct(**UNCHARGED | {"Code": "APPROVED", "OrderId": "None"}))
    with (
        wire_server(sends(made)) as server,
        crm_at(server.url) as crm,
        pytest.raises(CardCharged) as caught,
    ):
        crm.place_order(CART)
    assert (caught.value.order_id, caught.value.invoice_id) == (0, 0)


@pytest.mark.parametrize("ids", [{}, {"OrderId": "None", "InvoiceId": "None"}, {**IDS, "InvoiceId": "0"}])
def test_an_order_without_ids_is_unknown(ids: dict[str, str]) -> None:
    made = reply(struct(**UNCHARGED | ids))
    with wire_server(sends(made)) as server, crm_at(server.url) as crm, pytest.raises(OutcomeUnknown):
        crm.place_order(CART)


# -- lists -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["x", "-1", "1e3", "٣", "123456789", " 1"])
def test_a_page_of_another_protocol_is_refused(page: str) -> None:
    recorder = Recorder()
    with crm_at("http://127.0.0.1:1", observer=recorder) as crm, pytest.raises(PermanentError):
        crm.list_directory(DirectoryKind.TAG, page)
    assert recorder.calls == []


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ("S\nM\n\n L ", ("S", "M", "L")),
        ("S,M", ("S", "M")),
        ("S, or so\nM", ("S, or so", "M")),
        ("S", ("S",)),
        ("", ()),
    ],
)
def test_options_are_told_apart_by_lines_or_commas(values: str, options: tuple[str, ...]) -> None:
    found = rows(
        row(Id="<i4>1</i4>", FormId="<i4>-1</i4>", Name="Size", DataType="<i4>99</i4>", Values=values)
    )
    with wire_server(sends(found)) as server, crm_at(server.url) as crm:
        (field,) = crm.list_custom_fields(FieldObject.CONTACT)
    assert (field.options, field.type, field.label) == (options, "other", "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20260301T02:30:00", datetime(2026, 3, 1, 7, 30, tzinfo=UTC)),
        ("2026-07-01T02:30:00", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        ("20261101T01:30:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),  # the hour there is twice: the later
        ("2026-03-01T02:30:00Z", datetime(2026, 3, 1, 2, 30, tzinfo=UTC)),
        ("", None),
    ],
)
def test_when_an_order_was_made_is_read(written: str, read: datetime | None) -> None:
    when = f"<dateTime.iso8601>{written}</dateTime.iso8601>"
    job = rows(row(Id="<i4>5</i4>", ContactId="<i4>7</i4>", DateCreated=when))
    invoice = rows(row(Id="<i4>6</i4>", JobId="<i4>5</i4>"))
    with wire_server(sends(job, invoice)) as server, crm_at(server.url) as crm:
        (order,) = crm.list_orders(7, read or PLACED)
    assert (order.created_at, order.ref) == (read, OrderRef(invoice_id=6, order_id=5))


def test_an_order_of_the_same_second_is_not_missed() -> None:
    job = rows(row(Id="<i4>5</i4>", ContactId="<i4>7</i4>", DateCreated="20260301T02:30:00"))
    invoice = rows(row(Id="<i4>6</i4>", JobId="<i4>5</i4>"))
    since = datetime(2026, 3, 1, 7, 30, 0, 900_000, tzinfo=UTC)
    with wire_server(sends(job, invoice)) as server, crm_at(server.url) as crm:
        assert len(crm.list_orders(7, since)) == 1


def test_a_time_that_is_none_is_a_failed_look_up() -> None:
    job = rows(row(Id="<i4>5</i4>", ContactId="<i4>7</i4>", DateCreated="soon"))
    with wire_server(sends(job)) as server, crm_at(server.url) as crm, pytest.raises(TransientError):
        crm.list_orders(7, PLACED)


# -- limits ------------------------------------------------------------------------------------------------


def test_limits_are_bounded_and_hold_no_secret() -> None:
    recorder = Recorder()
    many = "".join(f"X-Keap-Limit-{number}: {number}\r\n" for number in range(60))
    headers = f"X-KEAP-Long: {'x' * 999}\r\nX-Keap-Echo: KeapAK-0123456789abcdef\r\nServer: x\r\n{many}"
    with (
        wire_server(sends(reply("<boolean>1</boolean>", headers))) as server,
        crm_at(server.url, observer=recorder) as crm,
    ):
        crm.apply_tags(1, [2])
    (outcome,) = recorder.outcomes
    assert len(outcome.limits) == MAX_HEADERS
    assert len(outcome.limits["x-keap-long"]) == MAX_CHARACTERS
    assert outcome.limits["x-keap-limit-7"] == "7" and "server" not in outcome.limits
    assert "KeapAK" not in repr(outcome.limits)


def test_a_promo_code_turns_the_automatic_discounts_on() -> None:
    made = reply(struct(**UNCHARGED | IDS))
    with wire_server(sends(made)) as server, crm_at(server.url) as crm:
        crm.place_order(
            CartOrder(contact_id=7, title="t", placed_at=PLACED, product_ids=(3, 3), promo_codes=("X",))
        )
        sent = re.findall(r"<(?:string|int|boolean)>([^<]*)<", server.requests[0].decode())
        assert sent[1:] == ["7", "0", "0", "3", "3", "1", "X", "0", "0"]
