"""Products, categories, lead sources, affiliates, users: what an order is made with."""

from __future__ import annotations

import pytest

from tests.sandbox.rest.conftest import Rest


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("name==mug", ["Mug"]),
        ("name==m*", ["Mug", "Mug, large"]),
        ("sku==MUG-L", ["Mug, large"]),
        ("name==cup", []),
    ],
)
def test_products_are_found_by_name(v2: Rest, mug: int, wanted: str, names: list[str]) -> None:
    v2.sandbox.seed(Product=[{"ProductName": "Mug, large", "Sku": "MUG-L"}])
    assert [each["name"] for each in v2("GET", "/products", filter=wanted)["products"]] == names


def test_a_product_is_made_with_its_price_in_cents(v2: Rest) -> None:
    body = {"name": "Cup", "sku": "CUP", "price": 1250, "short_description": "a cup", "active": False}
    made = v2("POST", "/products", body)
    assert (made["price"]["amount"], made["active"]) == (1250, False)
    [row] = v2.sandbox.rows("Product")
    assert (row["ProductName"], row["ProductPrice"], row["Status"]) == ("Cup", "12.50", 0)
    assert len(v2.effects("product.created")) == 1
    assert v2.refused("POST", "/products", {**body, "price": 12.5})[0] == 400


def test_categories_name_their_products(v2: Rest, mug: int) -> None:
    kitchen, empty = v2.sandbox.seed(
        ProductCategory=[{"CategoryDisplayName": "Kitchen"}, {"CategoryDisplayName": "Garden"}]
    )["ProductCategory"]
    v2.sandbox.seed(ProductCategoryAssign=[{"ProductId": mug, "ProductCategoryId": kitchen}])
    assert v2("GET", "/products")["products"][0]["categories"] == [str(kitchen)]
    path = "/productCategories/assignedProducts"
    entry = {"product_category_id": str(kitchen), "product_ids": [str(mug)]}
    assert v2("GET", path)["assigned_product_categories"] == [entry]
    assert v2("GET", path, filter=f"product_category_ids=={empty}")["assigned_product_categories"] == []
    found = v2("GET", "/productCategories", filter=f"product_id=={mug}")["product_categories"]
    assert found == [{"id": str(kitchen), "name": "Kitchen"}]
    assert v2("GET", f"/productCategories/{kitchen}") == found[0]


def test_lead_sources_are_made_and_found(v2: Rest) -> None:
    category = v2.sandbox.seed(LeadSourceCategory=[{"Name": "Coupons"}])["LeadSourceCategory"][0]
    body = {"name": "SPRING", "lead_source_category_id": str(category), "start_time": "2026-03-02T05:00:00Z"}
    made = v2("POST", "/leadSources", body)
    assert v2("GET", "/leadSources", filter="name==spring")["lead_sources"] == [made]
    assert (made["status"], made["start_time"]) == ("ACTIVE", "2026-03-02T05:00:00.000Z")
    found = v2("GET", "/leadSourceCategories", filter="name==coup*")["lead_source_categories"]
    assert found == [{"id": str(category), "name": "Coupons"}]
    assert len(v2.effects("lead_source.created")) == 1
    assert v2.refused("POST", "/leadSources", {"name": "x", "lead_source_category_id": "9"})[0] == 400


def test_an_affiliate_is_made_and_found(v2: Rest, contact: int) -> None:
    made = v2("POST", "/affiliates", {"code": "partner2", "contact_id": str(contact)})
    assert (made["name"], made["status"]) == ("Ann Lee", "INACTIVE")
    assert v2("GET", "/affiliates", filter="code==PARTNER2")["affiliates"] == [made]
    assert len(v2.effects("affiliate.created")) == 1


def test_affiliates_that_do_not_fit_are_refused(v2: Rest, contact: int) -> None:
    v2("POST", "/affiliates", {"code": "partner2", "contact_id": str(contact)})
    for code, status in (("2partner", 400), ("abc", 400), ("part ner", 400), ("PARTNER2", 409)):
        assert v2.refused("POST", "/affiliates", {"code": code, "contact_id": str(contact)})[0] == status


def test_users_are_found_by_email(v2: Rest, v1: Rest) -> None:
    [uma, _] = v2.sandbox.seed(
        User=[
            {"FirstName": "Uma", "Email": "uma@example.com"},
            {"FirstName": "Vic", "Email": "vic@example.com"},
        ]
    )["User"]
    [found] = v2("GET", "/users", filter="email==uma@example.com")["users"]
    assert (found["id"], found["given_name"], found["status"]) == (str(uma), "Uma", "ACTIVE")
    assert v1("GET", "/users")["users"][0]["id"] == uma


def test_v1_lists_have_counts_and_offsets(v1: Rest, mug: int) -> None:
    v1.sandbox.seed(Product=[{"ProductName": "Cup", "Status": 0}], Affiliate=[{"AffCode": "zoe1"}])
    second = v1("GET", "/products", limit=1, offset=1)
    assert (second["count"], second["products"][0]["product_name"]) == (2, "Cup")
    assert "offset=2" in second["next"]
    assert "offset=0" in second["previous"]
    assert [each["id"] for each in v1("GET", "/products", active="true")["products"]] == [mug]
    assert v1("GET", "/affiliates")["affiliates"][0]["code"] == "zoe1"
    assert v1.refused("GET", "/products", limit=1001)[0] == 400
    assert v1("GET", "/account/profile")["currency_code"] == "USD"
