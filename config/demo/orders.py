"""What the demo's shop sells and sends, made up by us: paid and unpaid, complete and not."""

from __future__ import annotations

from typing import Any

# Seeded into the sandbox with fixed ids. BONE and PAYPALTESTAO are items of the shop platform's public sample
# account, so that its sample orders find their products too.
PRODUCTS = [
    {"Id": 4, "ProductName": "TEA-EARL", "ProductPrice": 12.5, "Status": 1},
    {"Id": 6, "ProductName": "TEAPOT", "ProductPrice": 39.0, "Status": 1},
    {"Id": 8, "ProductName": "BONE", "ProductPrice": 20.0, "Status": 1},
    {"Id": 10, "ProductName": "PAYPALTESTAO", "ProductPrice": 5.0, "Status": 1},
    {"Id": 12, "ProductName": "Honey 250 g", "ProductPrice": 8.9, "Status": 1},
]
TAGS = [
    {"Id": 14, "GroupName": "Shop customer"},
    {"Id": 16, "GroupName": "Newsletter"},
    {"Id": 18, "GroupName": "Bought a teapot"},
    {"Id": 20, "GroupName": "Left a cart"},
    {"Id": 22, "GroupName": "New customer"},
    {"Id": 24, "GroupName": "Repeat customer"},
    {"Id": 26, "GroupName": "Refunded"},
]
USERS = [{"FirstName": "Olga", "LastName": "Office", "Email": "olga@example.com"}]
# Of the order: a text and a date.
ORDER_FIELDS = [
    {"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15},
    {"FormId": -9, "Name": "ShipmentDate", "Label": "Shipment date", "DataType": 13},
]
SHIPPING_FIELDS = {"_Tracking": "tracking_numbers", "_ShipmentDate": "shipped_at"}
SETTINGS = {
    "cart_tags": "Left a cart",
    "new_customer_tag": "New customer",
    "repeat_customer_tag": "Repeat customer",
    "refund_tags": "Refunded",
}
CONTACT_TAGS = "Shop customer, Newsletter"
PRODUCT_TAGS = {"TEAPOT": "Bought a teapot"}
PRODUCT_MAPPINGS = {"HONEY-250": 12}


def money(value: float) -> dict[str, Any]:
    return {"value": value, "localized": value, "localized_formatted": f"${value:.2f}"}


def item(index: int, item_id: str, title: str, quantity: float, price: float) -> dict[str, Any]:
    return {
        "item_index": index,
        "merchant_item_id": item_id,
        "description": title,
        "quantity": quantity,
        "cost": money(price),
    }


def person(first: str, last: str, email: str, city: str) -> dict[str, Any]:
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "address1": "7 Harbour Street",
        "city": city,
        "state_region": "GA",
        "postal_code": "30085",
        "country_code": "US",
        "day_phone": "404-555-0142",
    }


def demo_orders() -> list[dict[str, Any]]:
    """Native payloads of the demo's shop; sending them again changes nothing."""
    ada = person("Ada", "Lovelace", "ada@example.com", "Tucker")
    grace = person("Grace", "Hopper", "grace@example.com", "Decatur")
    return [
        {
            "merchant_id": "DEMO",
            "order_id": "DEMO-1001",
            "current_stage": "Shipping Department",
            "creation_dts": "2026-11-02T09:15:00-05:00",
            "billing": ada,
            "shipping": {key: value for key, value in ada.items() if key != "email"}
            | {
                "shipping_method": "Ground",
                "shipping_date": "2026-11-03T16:20:00-05:00",
                "tracking_numbers": ["1Z-DEMO-0001"],
            },
            "items": [
                item(1, "TEA-EARL", "Earl Grey, 100 g", 2, 12.5),
                item(2, "TEAPOT", "Teapot, blue", 1, 39.0),
                item(3, "HONEY-250", "Heather honey", 1, 8.9),
            ],
            "coupons": [{"coupon_code": "AUTUMN5", "base_coupon_code": "AUTUMN5"}],
            "payment": {"payment_method": "Credit Card", "payment_status": "Processed"},
            "summary": {
                "subtotal": money(72.9),
                "subtotal_discount": money(5.0),
                "tax": money(4.75),
                "shipping_handling_total": money(6.2),
                "total": money(78.85),
            },
        },
        {
            "merchant_id": "DEMO",
            "order_id": "DEMO-1002",
            "current_stage": "Completed Order",
            "creation_dts": "2026-11-03T14:40:00-05:00",
            "billing": grace,
            "items": [
                item(1, "TEAPOT", "Teapot, green", 1, 39.0),
                item(2, "GIFT-CARD", "Gift card", 1, 25.0),
            ],
            "payment": {"payment_method": "PayPal", "payment_status": "Processed"},
            "summary": {"subtotal": money(64.0), "tax": money(0), "total": money(64.0)},
        },
        {
            "merchant_id": "DEMO",
            "order_id": "DEMO-1003",
            "current_stage": "Accounts Receivable",
            "creation_dts": "2026-11-04T08:05:00-05:00",
            "billing": grace,
            "items": [item(1, "TEA-EARL", "Earl Grey, 100 g", 1, 12.5)],
            "payment": {"payment_method": "Check", "payment_status": "Unprocessed"},
            "summary": {"subtotal": money(12.5), "tax": money(0), "total": money(12.5)},
        },
        {
            "merchant_id": "DEMO",
            "order_id": "DEMO-1004",
            "current_stage": "Shipping Department",
            "creation_dts": "2026-11-05T19:22:00-05:00",
            "billing": {key: value for key, value in ada.items() if key != "email"},
            "items": [item(1, "TEA-EARL", "Earl Grey, 100 g", 3, 12.5)],
            "payment": {"payment_method": "Credit Card", "payment_status": "Processed"},
            "summary": {"subtotal": money(37.5), "tax": money(0), "total": money(37.5)},
        },
    ]


def demo_events() -> list[dict[str, Any]]:
    """The orders, and a cart that was left."""
    mary = person("Mary", "Somerville", "mary@example.com", "Macon")
    cart = {
        "merchant_id": "DEMO",
        "cart_id": "DEMO-CART-1",
        "billing": mary,
        "items": [
            {"item_id": "TEAPOT", "description": "Teapot, blue", "quantity": 1, "unit_cost": money(39.0)}
        ],
        "summary": {"total": money(39.0)},
    }
    return [*({"order_create": order} for order in demo_orders()), {"checkout_cart_abandon": cart}]
