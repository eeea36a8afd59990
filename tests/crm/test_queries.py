"""Exact look-ups on a CRM that is not exact, and replies read with care."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import OutcomeUnknown, PermanentError, TransientError
from crm.records import Address, ContactData, Line, LineType, Money, OrderRef
from crm.xmlrpc import values
from crm.xmlrpc.columns import contact_columns, country_name
from crm.xmlrpc.service import MAX_PAGES, safe_pattern
from tests.crm.doubles import crm_at
from tests.crm.wire_server import sends, wire_server
from tests.crm.xmlrpc_replies import reply, row, rows


@pytest.mark.parametrize(
    ("wanted", "pattern"),
    [
        ("Gold", "Gold"),
        ("a\\b", "a\\b"),
        ("50%", "50%"),
        (" 50% ", " 50% "),
        ("~null~", "%null~"),
        (" ~>~ 5", "%>~ 5"),
        ("~\\%", "%%%"),
        ("5\\%", "5%%"),
    ],
)
def test_a_query_value_is_never_an_operator(wanted: str, pattern: str) -> None:
    assert safe_pattern(wanted) == pattern


@given(st.text(st.sampled_from("a%~\\_ ")))
def test_a_pattern_always_matches_its_own_name(wanted: str) -> None:
    pattern = safe_pattern(wanted)
    assert not pattern.lstrip().startswith("~")
    assert like(pattern, wanted) if "%" in pattern else pattern == wanted


def like(pattern: str, text: str) -> bool:
    """`%` is anything; a backslash would quote the next sign, so no pattern may hold one."""
    assert "\\" not in pattern
    first, *middle = pattern.split("%")
    if not text.startswith(first):
        return False
    rest = text[len(first) :]
    for part in middle[:-1]:
        if part not in rest:
            return False
        rest = rest[rest.index(part) + len(part) :]
    return rest.endswith(middle[-1])


def test_too_many_rows_are_no_answer() -> None:
    page = rows(*[row(Id=f"<i4>{number}</i4>", GroupName="x") for number in range(1, 1001)])
    with wire_server(sends(page)) as server, crm_at(server.url) as crm:
        with pytest.raises(PermanentError) as caught:
            crm.find_tags("%")
        assert (caught.value.label, len(server.requests)) == ("too-many-rows", MAX_PAGES)


@pytest.mark.parametrize("stated", ["0.0", "22.96"])
def test_what_is_due_holds_whether_or_not_a_payment_lowers_total_due(stated: str) -> None:
    amounts = {
        name: f"<double>{amount}</double>"
        for name, amount in (
            ("InvoiceTotal", "22.960000000000001"),
            ("TotalPaid", "22.96"),
            ("TotalDue", stated),
        )
    }
    found = rows(row(Id="<i4>7</i4>", JobId="<i4>5</i4>", **amounts))
    with wire_server(sends(found)) as server, crm_at(server.url) as crm:
        invoice = crm.read_invoice(OrderRef(invoice_id=7))
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("22.9600"), Decimal("22.9600"), Decimal(0))
    assert invoice.ref.order_id == 5


def test_null_columns_of_an_invoice_are_nought() -> None:
    with wire_server(sends(rows(row(Id="<i4>7</i4>")))) as server, crm_at(server.url) as crm:
        invoice = crm.read_invoice(OrderRef(invoice_id=7, order_id=3))
        assert (invoice.total, invoice.due, invoice.ref.order_id) == (Decimal(0), Decimal(0), 3)
        with pytest.raises(TransientError):
            crm.read_lines(OrderRef(invoice_id=7))


def test_rows_of_another_record_are_not_believed() -> None:
    stranger = rows(row(Id="<i4>8</i4>", GroupName="x", JobId="<i4>1</i4>"))
    with wire_server(sends(stranger)) as server, crm_at(server.url) as crm:
        assert crm.load_tags([7]) == []
        with pytest.raises(Exception, match="no longer in the CRM"):
            crm.read_invoice(OrderRef(invoice_id=7))


def test_an_address_with_a_wildcard_is_compared_here() -> None:
    found = rows(row(Id="<i4>1</i4>", Email="A%B@x.y"), row(Id="<i4>2</i4>", Email="aaab@x.y"))
    with wire_server(sends(found)) as server, crm_at(server.url) as crm:
        assert [contact.id for contact in crm.find_contacts_by_email("a%b@x.y")] == [1]


@pytest.mark.parametrize("inside", ["<i4>0</i4>", "<i4>-1</i4>", "", "abc", "<boolean>1</boolean>", "<nil/>"])
def test_an_id_is_never_guessed(inside: str) -> None:
    with (
        wire_server(sends(reply(inside))) as server,
        crm_at(server.url) as crm,
        pytest.raises(OutcomeUnknown),
    ):
        crm.create_tag("a")


def test_a_reply_that_says_no_to_a_write_is_looked_up() -> None:
    line = Line(type=LineType.TAX, title="t", quantity=1, unit_price=Money(amount=Decimal(1), currency="USD"))
    no = reply("<boolean>0</boolean>")
    with wire_server(sends(no)) as server, crm_at(server.url) as crm, pytest.raises(OutcomeUnknown):
        crm.add_line(OrderRef(invoice_id=1), line)


@pytest.mark.parametrize("found", [reply("x"), rows("<value>x</value>"), rows(row(GroupName="a"))])
def test_a_look_up_with_an_odd_reply_failed(found: bytes) -> None:
    with wire_server(sends(found)) as server, crm_at(server.url) as crm, pytest.raises(TransientError):
        crm.find_tags("a")


@pytest.mark.parametrize(
    ("read", "value", "result"),
    [
        (values.integer, " 7 ", 7),
        (values.boolean, 1, True),
        (values.boolean, False, False),
        (values.amount, "22.960000000000001", Decimal("22.9600")),
        (values.amount, 5, Decimal("5.0000")),
    ],
)
def test_values_are_read_from_what_the_crm_may_send(
    read: Callable[[Any], Any], value: Any, result: Any
) -> None:
    assert read(value) == result


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (values.integer, True),
        (values.integer, "٣"),
        (values.integer, Decimal(1)),
        (values.boolean, "yes"),
        (values.boolean, 2),
        (values.amount, True),
        (values.amount, "x"),
        (values.amount, Decimal("1E+40")),
        (values.accepted, 0),
    ],
)
def test_values_that_are_not_what_they_should_be_are_refused(read: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(values.Unexpected):
        read(value)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("us", "United States"),
        ("GB", "United Kingdom"),
        ("BO", "Bolivia"),
        ("TW", "Taiwan"),
        ("ZZ", "ZZ"),
        ("", ""),
        ("Germany", "Germany"),
    ],
)
def test_a_country_has_its_common_name(code: str, name: str) -> None:
    assert country_name(code) == name


def test_blank_values_are_never_written() -> None:
    blank = Address(street1=" ", country="")
    assert contact_columns(ContactData(email=" a@b.c ", first_name="\t", address1=blank)) == {
        "Email": "a@b.c"
    }


def test_more_phones_than_columns_are_left_out() -> None:
    columns = contact_columns(ContactData(phones=tuple("123456")))
    assert (columns["Phone5"], "Phone6" in columns) == ("5", False)
