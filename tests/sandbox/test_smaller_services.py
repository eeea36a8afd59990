from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire


def test_stock_goes_up_and_down(crm: Wire) -> None:
    [mug] = crm.sandbox.seed(Product=[{"ProductName": "Mug", "InventoryLimit": 5}])["Product"]
    for method, arguments in (
        ("incrementInventory", ()),
        ("decrementInventory", ()),
        ("increaseInventory", (4,)),
        ("decreaseInventory", (2,)),
    ):
        assert crm(f"ProductService.{method}", mug, *arguments) is True
    assert crm("ProductService.getInventory", mug) == 7
    assert crm.fault("ProductService.getInventory", 9999)[0] == 5


def test_the_quick_searches_find_people_and_companies(crm: Wire) -> None:
    ids = crm.sandbox.seed(
        Contact=[{"FirstName": "Ann", "Email": "ann@example.com"}, {"FirstName": "Bob"}],
        Company=[{"Company": "Annex Ltd"}],
    )
    found = crm("SearchService.quickSearch", "FindPerson", 1, "ANN", 0, 10)
    assert found == [{"Id": ids["Contact"][0], "FirstName": "Ann", "Email": "ann@example.com"}]
    assert [row["Company"] for row in crm("SearchService.quickSearch", "FindCompany", 1, "ann", 0, 10)] == [
        "Annex Ltd"
    ]
    assert crm("SearchService.quickSearch", "FindTask", 1, "ann", 0, 10) == []
    assert "FindOrder" in crm("SearchService.getAvailableQuickSearches", 1)
    assert crm("SearchService.getDefaultQuickSearch", 1) == "FindPerson"
    assert crm.fault("SearchService.quickSearch", "FindGhost", 1, "ann", 0, 10)[0] == 12


@pytest.mark.parametrize(
    "method", ["ShippingService.getAllShippingOptions", "InvoiceService.getAllShippingOptions"]
)
def test_no_shipping_is_set_up(crm: Wire, method: str) -> None:
    assert crm(method) == []
    assert crm.fault("ShippingService.getUpsShippingOption", 1)[0] == 5


def test_there_are_no_web_forms(crm: Wire) -> None:
    assert crm("WebFormService.getMap") == {}


@pytest.mark.parametrize("table", ["FunnelGoal", "MerchantAccount", "PromoCode"])
def test_what_dataservice_does_not_open_does_not_exist_for_it(crm: Wire, table: str) -> None:
    assert crm.fault("DataService.query", table, 1, 0, {}, ["Id"])[0] == 9
    crm.sandbox.seed(**{table: [{"Name": "x"}]})
    assert [row["Name"] for row in crm.sandbox.rows(table)] == ["x"]


def test_a_boolean_column_is_written_read_and_searched(crm: Wire) -> None:
    [mug] = crm.sandbox.seed(Product=[{"ProductName": "Mug"}])["Product"]
    for active in (True, False):
        crm("DataService.add", "SubscriptionPlan", {"ProductId": mug, "Active": active, "Cycle": "2"})
    assert crm("DataService.query", "SubscriptionPlan", 10, 0, {"Active": True}, ["Active"]) == [
        {"Active": True}
    ]
    assert crm.fault("DataService.add", "SubscriptionPlan", {"Active": "perhaps"})[0] == 12
