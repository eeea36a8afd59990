from __future__ import annotations

from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire

WHEN = datetime(2026, 1, 2, 3, 4, 5)
LONG = "x" * 256


@pytest.fixture
def contact(crm: Wire) -> int:
    return crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"][0]


def test_a_reset_restores_the_defaults(crm: Wire) -> None:
    crm.sandbox.options(add_to_group_again=True, long_text="fault")
    crm.sandbox.reset()
    assert crm.sandbox.options()["add_to_group_again"] is False
    assert crm.sandbox.options()["long_text"] == "accept"


@pytest.mark.parametrize("wrong", [{"no_such": True}, {"long_text": "maybe"}, {"add_to_group_again": "yes"}])
def test_an_unknown_option_or_choice_is_refused_with_a_reason(crm: Wire, wrong: dict[str, object]) -> None:
    before = crm.sandbox.options()
    with pytest.raises(RuntimeError, match=r"option|one of"):
        crm.sandbox.options(**{"four_byte_text": "fault", **wrong})
    assert crm.sandbox.options() == before


def test_long_text_is_accepted_or_refused_without_effect(crm: Wire, contact: int) -> None:
    crm("InvoiceService.createBlankOrder", contact, LONG, WHEN, 0, 0)
    crm.sandbox.options(long_text="fault")
    assert crm.fault("InvoiceService.createBlankOrder", contact, LONG, WHEN, 0, 0)[0] == 4
    assert crm.fault("ContactService.update", contact, {"FirstName": LONG})[0] == 4
    crm("ContactService.update", contact, {"ContactNotes": LONG})
    assert len(crm.sandbox.effects()) == 2


def test_a_call_refused_half_way_leaves_nothing(crm: Wire, contact: int) -> None:
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", WHEN, 0, 0)
    crm.sandbox.options(four_byte_text="fault")
    assert crm.fault("InvoiceService.addOrderItem", invoice, 0, 3, 1.0, 1, "🙂", "")[0] == 4
    assert crm.sandbox.rows("OrderItem") == []
    assert crm("InvoiceService.calculateAmountOwed", invoice) == 0


def test_four_byte_text_is_kept_or_refused(crm: Wire, contact: int) -> None:
    crm("ContactService.update", contact, {"FirstName": "Zoë 🙂"})
    crm.sandbox.options(four_byte_text="fault")
    assert crm.fault("ContactService.update", contact, {"FirstName": "Zoë 🙂"})[0] == 4
    crm("ContactService.update", contact, {"FirstName": "Zoë"})


def test_where_titles_and_dates_go_is_switchable(crm: Wire, contact: int) -> None:
    crm.sandbox.options(title_in_description=False, invoice_description=False, invoice_date="order_date")
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", WHEN, 0, 0)
    crm("InvoiceService.addOrderItem", invoice, 0, 3, 1.0, 1, "line", "")
    [item], [row] = crm.sandbox.rows("OrderItem"), crm.sandbox.rows("Invoice")
    assert (item["ItemName"], item["ItemDescription"]) == ("line", None)
    assert (row["Description"], row["DateCreated"]) == (None, "2026-01-02T03:04:05")


def test_argument_types_are_lenient_or_exact(crm: Wire, contact: int) -> None:
    invoice = crm("InvoiceService.createBlankOrder", str(contact), "t", WHEN, 0, 0)
    assert crm("InvoiceService.addOrderItem", invoice, 0, 3, 2, 1, "t", "") is True
    crm.sandbox.options(argument_types="exact")
    code, text = crm.fault("InvoiceService.addOrderItem", invoice, 0, 3, 2, 1, "t", "")
    assert code == 0
    assert text.startswith("No method matching arguments: java.lang.String, java.lang.Integer")
