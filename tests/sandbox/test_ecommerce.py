"""An account without the e-commerce component, over every path."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire
from tests.sandbox.rest.conftest import V1, V2, Rest
from tests.sandbox_client import Sandbox

TABLES = ["Invoice", "Job", "OrderItem", "Payment"]


@pytest.fixture
def contact(sandbox: Sandbox) -> int:
    return sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"][0]


@pytest.mark.parametrize("ecommerce", ["denied", "absent"])
def test_its_tables_are_closed_and_the_others_are_not(crm: Wire, contact: int, ecommerce: str) -> None:
    crm.sandbox.options(ecommerce=ecommerce)
    for table in TABLES:
        code, text = crm.fault("DataService.query", table, 1, 0, {"Id": "%"}, ["Id"])
        assert (code, text.startswith("[NoTableAccess]")) == (7, True)
    assert crm("DataService.query", "Contact", 1, 0, {"Id": "%"}, ["Id"]) == [{"Id": contact}]
    assert crm("DataService.query", "Product", 1, 0, {"Id": "%"}, ["Id"]) == []


@pytest.mark.parametrize(("ecommerce", "code"), [("denied", 7), ("absent", 0)])
def test_its_services_refuse_or_are_not_there(crm: Wire, contact: int, ecommerce: str, code: int) -> None:
    crm.sandbox.options(ecommerce=ecommerce)
    for method in ("InvoiceService.getPayments", "InvoiceService.calculateAmountOwed"):
        assert crm.fault(method, 5)[0] == code
    assert crm.sandbox.effects() == []


@pytest.mark.parametrize("base", [V1, V2])
def test_rest_refuses_its_orders_alone(sandbox: Sandbox, base: str, contact: int) -> None:
    sandbox.options(ecommerce="denied")
    rest = Rest(sandbox, base)
    assert rest.refused("GET", "/orders")[0] == 403
    assert rest.refused("GET", "/orders/5")[0] == 403
    assert len(rest("GET", "/contacts")["contacts"]) == 1
    sandbox.options(ecommerce="open")
    assert rest("GET", "/orders")["orders"] == []
