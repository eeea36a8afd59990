from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Wire

PRODUCTS = [{"ProductName": "Mug", "ProductPrice": 12.5}, {"ProductName": "Tea", "ProductPrice": 3.33}]
CARD = {"CardNumber": "4111111111111111", "CVV2": "123", "ExpirationMonth": "01", "ExpirationYear": "2030"}


@pytest.fixture
def shop(crm: Wire) -> dict[str, int]:
    ids = crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}], Product=PRODUCTS)
    [mug, tea], [contact] = ids["Product"], ids["Contact"]
    return {"contact": contact, "mug": mug, "tea": tea}


def place(crm: Wire, shop: dict[str, int], products: list[int], **other: Any) -> dict[str, str]:
    given: dict[str, Any] = {"card": 0, "plans": [], "specials": False, "codes": [], **other}
    arguments = (given["card"], 0, products, given["plans"], given["specials"], given["codes"], 0, 0)
    answer: dict[str, str] = crm("OrderService.placeOrder", shop["contact"], *arguments)
    return answer


def card(crm: Wire, shop: dict[str, int]) -> int:
    return crm.sandbox.seed(CreditCard=[{**CARD, "ContactId": shop["contact"]}])["CreditCard"][0]


def lines(crm: Wire) -> list[tuple[int, str, int, str]]:
    rows = crm.sandbox.rows("OrderItem")
    return [(row["ItemType"], row["ItemDescription"], row["Qty"], row["PPU"]) for row in rows]


def test_catalogue_prices_make_the_order_and_no_card_is_charged(crm: Wire, shop: dict[str, int]) -> None:
    answer = place(crm, shop, [shop["mug"], shop["tea"], shop["mug"]])
    [job], [invoice] = crm.sandbox.rows("Job"), crm.sandbox.rows("Invoice")
    assert answer == {
        "Successful": "false",
        "Message": "None",
        "RefNum": "None",
        "OrderId": str(job["Id"]),
        "InvoiceId": str(invoice["Id"]),
        "Code": "",
    }
    assert lines(crm) == [(4, "Mug", 2, "12.5"), (4, "Tea", 1, "3.33")]
    assert (job["JobTitle"], invoice["InvoiceTotal"], invoice["TotalDue"]) == (
        "Online Order",
        "28.33",
        "28.33",
    )
    kinds = [effect["kind"] for effect in crm.sandbox.effects()]
    assert kinds == ["order.created", "line.added", "line.added"]


def test_the_older_form_has_no_affiliates(crm: Wire, shop: dict[str, int]) -> None:
    crm("OrderService.placeOrder", shop["contact"], 0, 0, [shop["mug"]], [], False, [])
    assert crm.sandbox.rows("Invoice")[0]["AffiliateId"] == 0


@pytest.mark.parametrize(("title", "expected"), [("fixed", "Online Order"), ("product", "Tea"), ("none", "")])
def test_the_title_is_the_crms_own(crm: Wire, shop: dict[str, int], title: str, expected: str) -> None:
    crm.sandbox.options(placed_order_title=title)
    place(crm, shop, [shop["tea"]])
    assert crm.sandbox.rows("Job")[0]["JobTitle"] == expected


def test_a_repeated_id_may_also_be_a_line_each(crm: Wire, shop: dict[str, int]) -> None:
    crm.sandbox.options(repeated_ids="lines")
    place(crm, shop, [shop["mug"], shop["mug"]])
    assert lines(crm) == [(4, "Mug", 1, "12.5")] * 2


def test_specials_are_discount_lines(crm: Wire, shop: dict[str, int]) -> None:
    crm.sandbox.seed(
        PromoCode=[
            {"Code": "TEN", "Name": "Ten percent", "Percent": 10},
            {"Code": "TEA", "Amount": 5, "ProductId": shop["tea"]},
            {"Name": "Always a euro", "Amount": 1, "Automatic": 1},
            {"Code": "OTHER", "Amount": 3},
        ]
    )
    place(crm, shop, [shop["mug"], shop["tea"]], specials=True, codes=["ten", "TEA"])
    discounts = [line for line in lines(crm) if line[0] == 7]
    assert discounts == [
        (7, "Ten percent", 1, "-1.58"),
        (7, "TEA", 1, "-3.33"),
        (7, "Always a euro", 1, "-1.00"),
    ]
    [invoice] = crm.sandbox.rows("Invoice")
    assert (invoice["InvoiceTotal"], invoice["PromoCode"]) == ("9.92", "TEN,TEA")


def test_discounts_together_never_exceed_the_order(crm: Wire, shop: dict[str, int]) -> None:
    crm.sandbox.seed(PromoCode=[{"Amount": 10, "Automatic": 1}, {"Amount": 10, "Automatic": 1}])
    place(crm, shop, [shop["mug"]], specials=True)
    assert [line[3] for line in lines(crm)] == ["12.5", "-10.00", "-2.50"]
    assert crm.sandbox.rows("Invoice")[0]["TotalDue"] == "0.00"


def test_codes_count_only_when_specials_are_processed(crm: Wire, shop: dict[str, int]) -> None:
    crm.sandbox.seed(PromoCode=[{"Code": "TEN", "Percent": 10}, {"Amount": 1, "Automatic": 1}])
    place(crm, shop, [shop["mug"]], codes=["TEN"])
    assert crm.sandbox.rows("Invoice")[0]["InvoiceTotal"] == "12.50"


def test_an_unknown_code_is_ignored_or_refused_without_an_order(crm: Wire, shop: dict[str, int]) -> None:
    place(crm, shop, [shop["mug"]], specials=True, codes=["NO"])
    crm.sandbox.options(unknown_promo_code="fault")
    arguments = (shop["contact"], 0, 0, [shop["mug"]], [], True, ["NO"], 0, 0)
    assert crm.fault("OrderService.placeOrder", *arguments)[0] == 12
    assert len(crm.sandbox.rows("Job")) == 1


@pytest.mark.parametrize("accounts", [[], [{"Name": "Test", "IsTest": 1, "IsDefault": 1}]])
def test_a_card_is_not_charged_in_test_mode(
    crm: Wire, shop: dict[str, int], accounts: list[dict[str, Any]]
) -> None:
    crm.sandbox.seed(MerchantAccount=accounts)
    answer = place(crm, shop, [shop["mug"]], card=card(crm, shop))
    assert (answer["Successful"], answer["Code"]) == ("false", "ERROR")
    assert answer["Message"].startswith("(TESTMODE)")
    assert crm.sandbox.effects("card.charged") == crm.sandbox.rows("Payment") == []


def test_a_live_merchant_account_charges_the_card(crm: Wire, shop: dict[str, int]) -> None:
    crm.sandbox.seed(MerchantAccount=[{"Name": "Live", "IsTest": 0, "IsDefault": 1}])
    number = card(crm, shop)
    answer = place(crm, shop, [shop["mug"]], card=number)
    assert (answer["Successful"], answer["Code"]) == ("true", "APPROVED")
    [charged] = crm.sandbox.effects("card.charged")
    assert (charged["ids"]["card"], charged["values"]["amount"]) == (number, "12.50")
    assert crm.sandbox.rows("Invoice")[0]["TotalDue"] == "0.00"


def test_a_plan_is_sold_at_its_own_price(crm: Wire, shop: dict[str, int]) -> None:
    plan = crm.sandbox.seed(SubscriptionPlan=[{"ProductId": shop["tea"], "PlanPrice": 9, "Active": True}])
    place(crm, shop, [], plans=plan["SubscriptionPlan"])
    assert lines(crm) == [(9, "Tea", 1, "9")]


@pytest.mark.parametrize("wrong", [{"contact": 9999}, {"products": []}, {"products": [9999]}, {"card": 9999}])
def test_what_cannot_be_sold_is_refused_and_leaves_nothing(
    crm: Wire, shop: dict[str, int], wrong: dict[str, Any]
) -> None:
    given = {"contact": shop["contact"], "products": [shop["mug"]], "card": 0, **wrong}
    code, _ = crm.fault(
        "OrderService.placeOrder", given["contact"], given["card"], 0, given["products"], [], False, [], 0, 0
    )
    assert code in (5, 12)
    assert crm.sandbox.rows("Job") == crm.sandbox.effects() == []
