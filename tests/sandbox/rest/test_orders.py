from __future__ import annotations

import pytest

from tests.sandbox.rest.conftest import Rest, order_body
from tests.sandbox_client import Row

PRICED = {"quantity": 1, "price_per_unit": 5}
TYPES = [
    *("SHIPPING", "TAX", "FINANCE_CHARGE", "OTHER", "FEE", "DISCOUNT", "DISCOUNT_FREE_TRIAL"),
    *("DISCOUNT_ORDER_TOTAL", "DISCOUNT_PRODUCT", "DISCOUNT_PRODUCT_CATEGORY", "DISCOUNT_SHIPPING"),
]


def dollars(amount: int) -> Row:
    text = f"{amount / 100:,.2f} USD"
    return {"amount": amount, "currency_code": "USD", "formatted_amount": text}


def test_an_order_is_a_job_with_its_invoice_and_lines(v2: Rest, contact: int, mug: int) -> None:
    items = [
        {"product_id": str(mug), "quantity": 2, "price_per_unit": 11.1, "description": "blue"},
        {"product_id": str(mug), "quantity": 1},
        {"item_type": "SHIPPING", "name": "By post", "quantity": 1, "price_per_unit": 4.9, "notes": "fast"},
    ]
    made = v2("POST", "/orders", order_body(contact, order_items=items, notes="gift", title="Invoice 17"))
    assert (made["total"], made["total_due"], made["total_paid"]) == (
        dollars(3960),
        dollars(3960),
        dollars(0),
    )
    assert (made["title"], made["order_type"], made["status"]) == ("shop order 17", "ONLINE", "DRAFT")
    [job], [invoice] = v2.sandbox.rows("Job"), v2.sandbox.rows("Invoice")
    assert (str(job["Id"]), job["JobTitle"], job["JobNotes"]) == (made["id"], "shop order 17", "gift")
    assert (invoice["InvoiceTotal"], invoice["Description"]) == ("39.60", "Invoice 17")
    lines = v2.sandbox.rows("OrderItem")
    assert [(line["ItemType"], line["ItemName"], line["ItemDescription"]) for line in lines] == [
        (4, "Mug", "blue"),
        (4, "Mug", None),
        (1, "By post", None),
    ]
    kinds = [effect["kind"] for effect in v2.sandbox.effects()]
    assert kinds == ["order.created", "line.added", "line.added", "line.added"]


def test_an_order_without_lines_and_one_that_fails_halfway(v2: Rest, contact: int, mug: int) -> None:
    assert v2("POST", "/orders", order_body(contact))["order_items"] == []
    items = [{"product_id": str(mug), "quantity": 1}, {"product_id": "9", "quantity": 1}]
    assert v2.refused("POST", "/orders", order_body(contact, order_items=items))[0] == 400
    assert (len(v2.sandbox.rows("Job")), len(v2.sandbox.effects())) == (1, 1)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_line_raises_the_total_by_its_price(v2: Rest, order: str, kind: str) -> None:
    line = v2("POST", f"/orders/{order}/items", {**PRICED, "item_type": kind})
    assert (line["item_type"], line["price_per_unit"]["amount"]) == (kind, 500)
    shown = v2("GET", f"/orders/{order}")
    assert shown["total"]["amount"] == 3000
    assert shown["order_items"][-1] == line


@pytest.mark.parametrize(
    ("option", "price", "total"),
    [
        ("as_given", -5, 2000),
        ("as_given", 5, 3000),
        ("subtracted", 5, 2000),
        ("subtracted", -5, 3000),
        ("absolute", 5, 2000),
        ("absolute", -5, 2000),
    ],
)
def test_which_sign_of_a_discount_lowers_the_total(
    v2: Rest, order: str, option: str, price: int, total: int
) -> None:
    v2.sandbox.options(rest_discount_price=option)
    body = {"item_type": "DISCOUNT", "name": "Coupon", "quantity": 1, "price_per_unit": price}
    line = v2("POST", f"/orders/{order}/items", body)
    assert v2("GET", f"/orders/{order}")["total"]["amount"] == total
    assert line["discount"]["amount"] == 2500 - total


@pytest.mark.parametrize(
    ("item", "hint"),
    [
        ({"quantity": 1}, "product_id is required"),
        ({"quantity": 1, "product_id": "9"}, "no product 9"),
        ({"quantity": 0, "item_type": "TAX", "price_per_unit": 1}, "1 or more"),
        ({"quantity": 1, "item_type": "TAX"}, "price_per_unit is required"),
        ({"quantity": 1, "item_type": "TAX", "price_per_unit": 1, "name": " "}, "whitespace"),
        ({"quantity": 1.5, "item_type": "TAX", "price_per_unit": 1}, "whole number"),
        ({"quantity": 1, "item_type": "GIFT", "price_per_unit": 1}, "item_type must be one of"),
        ({"quantity": 1, "item_type": "TAX", "price_per_unit": "1"}, "must be a number"),
        ({"item_type": "TAX", "price_per_unit": 1}, "quantity is required"),
    ],
)
def test_lines_that_do_not_fit_are_refused(v2: Rest, order: str, item: Row, hint: str) -> None:
    status, message = v2.refused("POST", f"/orders/{order}/items", item)
    assert status == 400
    assert hint in message
    assert v2("GET", f"/orders/{order}")["total"]["amount"] == 2500


def test_a_line_can_be_taken_away_while_it_is_not_paid(v2: Rest, order: str) -> None:
    line = v2("POST", f"/orders/{order}/items", {**PRICED, "item_type": "FEE"})["id"]
    v2("DELETE", f"/orders/{order}/items/{line}")
    assert v2("GET", f"/orders/{order}")["total_due"]["amount"] == 2500
    assert len(v2.sandbox.rows("InvoiceItem")) == 1
    assert v2.refused("GET", f"/orders/{order}/items/{line}")[0] == 404
    [effect] = v2.effects("line.removed")
    assert effect["ids"]["line"] == int(line)
    pay(v2, order, 20)
    first = v2("GET", f"/orders/{order}")["order_items"][0]["id"]
    assert v2.refused("DELETE", f"/orders/{order}/items/{first}")[0] == 400


def pay(v2: Rest, order: str, amount: float, **more: object) -> Row:
    body = {"payment_method_type": "Cash", "payment_amount": amount, "apply_to_commissions": True, **more}
    paid: Row = v2("POST", f"/orders/{order}/payments", body)
    return paid


def test_payments_lower_the_balance_to_paid(v2: Rest, order: str) -> None:
    first = pay(v2, order, 10.5, notes="shop order 17", payment_time="2026-03-02T15:00:00Z")
    assert first["payment_amount"] == 10.5
    assert v2("GET", f"/orders/{order}")["total_due"]["amount"] == 1450
    pay(v2, order, 14.5, apply_to_commissions=False, payment_method_type="Check")
    shown = v2("GET", f"/orders/{order}")
    assert (shown["status"], shown["total_due"]["amount"], shown["total_paid"]["amount"]) == ("PAID", 0, 2500)
    payments = v2("GET", f"/orders/{order}/payments")["invoice_order_payments"]
    assert [(p["amount"], p.get("note"), p["pay_status"], p["skip_commission"]) for p in payments] == [
        (10.5, "shop order 17", "MANUAL_PAID", False),
        (14.5, "", "MANUAL_PAID", True),
    ]
    assert payments[0]["payment_id"] == first["id"]
    assert [row["PayType"] for row in v2.sandbox.rows("Payment")] == ["Cash", "Check"]
    assert len(v2.effects("payment.recorded")) == 2


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"payment_method_type": "Cash", "payment_amount": 25.01}, "exceeds"),
        ({"payment_method_type": "cash", "payment_amount": 5}, "payment_method_type is one of"),
        ({"payment_method_type": "Credit Card", "payment_amount": 5}, "payment_method_type is one of"),
        ({"payment_amount": 5}, "payment_method_type is one of"),
        ({"payment_method_id": "9", "payment_amount": 25}, "no payment method 9"),
    ],
)
def test_payments_that_do_not_fit_are_refused(v2: Rest, order: str, body: Row, hint: str) -> None:
    status, message = v2.refused("POST", f"/orders/{order}/payments", {**body, "apply_to_commissions": True})
    assert status == 400
    assert hint in message
    assert v2.sandbox.rows("Payment") == []


@pytest.mark.parametrize(("is_test", "charged"), [(1, 0), (0, 1)])
def test_a_known_card_is_charged_by_a_live_account_only(
    v2: Rest, order: str, contact: int, is_test: int, charged: int
) -> None:
    seeded = v2.sandbox.seed(
        CreditCard=[{"ContactId": contact, "Status": 3}],
        MerchantAccount=[{"Name": "Stripe", "Type": "STRIPE", "IsTest": is_test, "IsDefault": 1}],
    )
    card = str(seeded["CreditCard"][0])
    body = {"payment_method_id": card, "payment_amount": 25, "apply_to_commissions": True}
    assert v2.try_("POST", f"/orders/{order}/payments", body).status == (201 if charged else 400)
    assert len(v2.effects("card.charged")) == charged
    assert v2("GET", "/merchants")["merchant_accounts"][0]["is_test"] is bool(is_test)


@pytest.mark.parametrize(("currency", "price", "amount"), [("JPY", 1250, 1250), ("KWD", 1.255, 1255)])
def test_money_is_counted_in_the_currencys_smallest_unit(
    v2: Rest, contact: int, currency: str, price: float, amount: int
) -> None:
    v2.sandbox.options(currency=currency)
    item = {"item_type": "OTHER", "quantity": 1, "price_per_unit": price}
    made = v2("POST", "/orders", order_body(contact, order_items=[item]))
    assert (made["total"]["amount"], made["total"]["currency_code"]) == (amount, currency)
    assert v2("GET", "/businessProfile")["currency_code"] == currency
    assert pay(v2, made["id"], price)["payment_amount"] == price
    product = v2("POST", "/products", {"name": "Cup", "price": amount, "short_description": "x"})
    assert product["price"]["amount"] == amount


@pytest.mark.parametrize(
    ("option", "wanted", "found"),
    [
        ("order_title", "title==SHOP ORDER 17", 1),
        ("order_title", "title==shop*", 1),
        ("order_title", "title==Invoice 17", 0),
        ("title", "title==shop order 17", 0),
        ("title", "title==Invoice 17", 1),
        ("order_title", "order_type==ONLINE;paid==false", 1),
        ("order_title", "order_type==OFFLINE", 0),
        ("order_title", "created_since_time==2030-01-01T00:00:00Z", 0),
        ("order_title", "created_since_time==2020-01-01T00:00:00Z", 1),
        ("order_title", "shipping_country_code==USA;shipping_region_code==US-AZ", 1),
        ("order_title", "_Token==x*", 1),
    ],
)
def test_orders_are_found_by_filters(v2: Rest, contact: int, option: str, wanted: str, found: int) -> None:
    v2.sandbox.options(rest_title_filter=option)
    token = v2("POST", "/orders/model/customFields", {"label": "Token", "field_type": "TEXT"})["id"]
    address = {"locality": "Mesa", "region": "Arizona", "country_code": "USA"}
    fields = [{"id": token, "content": "x1"}]
    body = order_body(contact, title="Invoice 17", shipping_address=address, custom_fields=fields)
    v2("POST", "/orders", body)
    assert len(v2("GET", "/orders", filter=wanted)["orders"]) == found


def test_orders_are_found_by_contact_product_and_ids(v2: Rest, order: str, contact: int, mug: int) -> None:
    for wanted, found in (
        (f"contact_id=={contact}", 1),
        (f"product_id=={mug}", 1),
        (f"ids==7,{order}", 1),
        (f"id>{order}", 0),
        (f"contact_id=={contact};title==other", 0),
    ):
        assert len(v2("GET", "/orders", filter=wanted)["orders"]) == found, wanted


def test_an_order_is_changed_within_its_mask(v2: Rest, order: str) -> None:
    token = v2("POST", "/orders/model/customFields", {"label": "Token", "field_type": "TEXT"})["id"]
    v2.sandbox.seed(Affiliate=[{"Id": 900, "AffCode": "zoe1"}])
    body = {
        "notes": "gift",
        "order_title": "other",
        "sales_affiliate_id": "900",
        "terms": "Net 30",
        "custom_fields": [{"id": token, "content": "x"}],
    }
    mask = "notes,sales_affiliate_id,terms,custom_fields"
    shown = v2("PATCH", f"/orders/{order}", body, update_mask=mask)
    assert (shown["title"], shown["notes"], shown["terms"]) == ("shop order 17", "gift", "Net 30")
    assert (shown["sales_affiliate_id"], shown["custom_fields"]) == ("900", body["custom_fields"])
    assert len(v2.effects("order.updated")) == 1
    assert v2.refused("PATCH", f"/orders/{order}", {"sales_affiliate_id": "7"})[0] == 400
    assert v2.refused("PATCH", f"/orders/{order}", {"promo_codes": ["x"]})[0] == 501


def test_an_order_goes_unless_it_was_paid(v2: Rest, order: str) -> None:
    pay(v2, order, 5)
    assert v2.refused("DELETE", f"/orders/{order}")[0] == 400
    v2.sandbox.reset()
    contact = v2.sandbox.seed(Contact=[{"FirstName": "Bo"}])["Contact"][0]
    made = v2("POST", "/orders", order_body(contact))["id"]
    v2("DELETE", f"/orders/{made}")
    assert (v2.sandbox.rows("Job"), v2.sandbox.rows("Invoice")) == ([], [])
    assert len(v2.effects("order.deleted")) == 1


@pytest.mark.parametrize(
    ("options", "codes", "total"),
    [
        ({}, [], 2500),
        ({}, ["SPRING"], 2250),
        ({"rest_specials": "automatic"}, [], 2400),
        ({}, ["OTHER"], 2500),
    ],
)
def test_promo_codes_and_automatic_discounts(
    v2: Rest, contact: int, mug: int, options: Row, codes: list[str], total: int
) -> None:
    v2.sandbox.options(**options)
    v2.sandbox.seed(
        PromoCode=[{"Code": "SPRING", "Percent": 10}, {"Name": "Loyal", "Amount": 1, "Automatic": 1}]
    )
    items = [{"product_id": str(mug), "quantity": 2}]
    body = order_body(contact, order_items=items, promo_codes=codes)
    assert v2("POST", "/orders", body)["total"]["amount"] == total


def test_the_reply_to_a_new_order_can_be_bare(v2: Rest, contact: int) -> None:
    v2.sandbox.options(rest_created_order="bare")
    made = v2("POST", "/orders", order_body(contact))
    assert not {"total", "total_due", "order_items"} & made.keys()
    assert v2("GET", f"/orders/{made['id']}")["total"]["amount"] == 0


def test_v1_orders_have_products_only(v1: Rest, contact: int, mug: int) -> None:
    body = {
        "contact_id": contact,
        "order_date": "2026-03-02T15:00:00Z",
        "order_title": "shop order 18",
        "order_type": "Online",
        "order_items": [{"product_id": mug, "quantity": 2, "price": "11.10"}],
    }
    made = v1("POST", "/orders", body)
    assert (made["total"], made["order_items"][0]["price"]) == (22.2, 11.1)
    read = v1("GET", f"/orders/{made['id']}")
    assert v1("GET", "/orders", contact_id=contact)["orders"] == [read] and read["total"] == made["total"]
    assert v1("GET", "/orders", contact_id=1)["orders"] == []
    assert v1.refused("POST", "/orders", {**body, "order_items": []})[0] == 400
