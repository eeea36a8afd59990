"""Everything switched on at once: one week of one shop, and the whole of what the CRM holds at its end."""

from __future__ import annotations

from typing import Any

import pytest

from cascade.models import Replication
from tests.ultracart.everything import WEEK, crm_state, set_everything

pytestmark = pytest.mark.django_db(transaction=True)
ADA, BOB, CARL = "ada@example.com", "Bob@Example.com", "carl@example.com"
WAYS = [
    (protocol, method)
    for protocol in ("xmlrpc", "rest", "automatic")
    for method in ("blank_order", "place_order")
]


def addresses(region: str) -> dict[str, str]:
    return {
        "StreetAddress1": "2 Side Street", "City": "Macon", "State": region, "PostalCode": "31201",
        "Country": "United States", "Address2Street1": "1 Main Street", "City2": "Atlanta",
        "State2": region, "PostalCode2": "30303", "Country2": "United States",
    }  # fmt: skip


def expected(protocol: str, method: str) -> dict[str, Any]:
    """What differs: REST writes a region's full name and has no action sets; placeOrder takes promo codes as
    codes."""
    region = "Georgia" if protocol == "rest" else "GA"
    phones = {"Phone1": "(404) 555-0100", "Phone2": "(404) 555-0199"}
    places = method == "place_order"
    first = {"of": ADA, "_AdSource": "Radio", "_Engraving": "Rex"}
    codes = {"JobNotes": "Coupons: spring-0001, AUTO"}
    discount = "Spring sale" if places else "Discount"
    return {
        "contacts": {
            CARL: {
                "FirstName": "Carl", "LastName": "Partner", "owner": "Paul", "lead source": None,
                "tags": ["Partner"], "notes": [],
            },
            ADA: {
                "FirstName": "Ada", "LastName": "Example", **phones, **addresses(region), "_Dog": "Collie",
                "owner": "Olga", "lead source": "SPRING",
                "tags": [
                    "Customer", "Has a starter kit", "Likes bones", "New", "Newsletter", "Refunded",
                    "Repeat", "Walks",
                ],
                "notes": ["tea order SHOP-1 refunded 10.00"],
            },
            BOB: {
                "FirstName": "Bob", "LastName": "Buyer", **phones, **addresses(region), "owner": None,
                "lead source": None, "tags": ["Cancelled", "Customer", "Likes bones"],
                "notes": ["tea order SHOP-3 cancelled"],
            },
        },
        "orders": {
            "tea order SHOP-1": {**first, **codes},
            "tea order SHOP-2": {"of": ADA, "_Tracking": "1Z1, 1Z2", "_Shipped": "2026-03-04T00:00:00"},
            "tea order SHOP-3": {"of": BOB, "JobNotes": "TEST ORDER"},
        },
        "lines": sorted(
            [
                ("tea order SHOP-1", "STARTER KIT", "1 × 30.00"),
                ("tea order SHOP-1", "BOWL SET", "4 × 2.00"),
                ("tea order SHOP-1", "USPS: Priority Mail", "1 × 7.25"),
                ("tea order SHOP-1", "Tax", "1 × 3.75"),
                ("tea order SHOP-1", discount, "1 × -5.00"),
                ("tea order SHOP-2", "BONE", "2 × 9.95"),
                ("tea order SHOP-2", "LEASH", "1 × 17.95"),
                ("tea order SHOP-2", "USPS: Priority Mail", "1 × 5.00"),
                ("tea order SHOP-3", "BONE", "1 × 9.95"),
            ]
        ),
        "invoices": {
            "tea order SHOP-1": ("44.00", "0.00", "carl", "carl"),
            "tea order SHOP-2": ("42.85", "0.00", "", ""),
            "tea order SHOP-3": ("9.95", "0.00", "", ""),
        },
        "payments": [
            ("tea order SHOP-1", "44.00", "Check", "tea order SHOP-1 payment"),
            ("tea order SHOP-2", "42.85", "Credit Card (Manual)", "tea order SHOP-2 payment"),
            ("tea order SHOP-3", "9.95", "Credit Card (Manual)", "tea order SHOP-3 payment"),
        ],
        "partners": {"carl": CARL},
        "lead sources": ["SPRING"],
        "started": [
            entry
            for entry in (
                (ADA, "opted in"), (ADA, "action set Welcome"), (ADA, "action set Bone buyers"),
                (ADA, "goal kit"), (ADA, "goal walk"), (ADA, "goal bowl"),
                (ADA, "action set Welcome"), (ADA, "action set Bone buyers"), (ADA, "goal walk"),
                (BOB, "action set Welcome"), (BOB, "action set Bone buyers"),
            )
            if protocol != "rest" or not entry[1].startswith("action set")
        ],
    }  # fmt: skip


@pytest.mark.parametrize(("protocol", "method"), WAYS)
def test_a_week_with_everything_switched_on(merchant_on, protocol, method):
    merchant = merchant_on(protocol)
    set_everything(merchant, method=method)
    for _, tell in WEEK:
        tell(merchant)
        merchant.work()
    found, wanted = crm_state(merchant), expected(protocol, method)
    for part, rows in wanted.items():
        assert found[part] == rows, part
    ended = set(Replication.objects.values_list("state", flat=True))
    assert ended == {"succeeded"}, Replication.objects.exclude(state="succeeded").values("reason")


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_the_same_week_told_twice_changes_nothing(merchant_on, protocol):
    merchant = merchant_on(protocol)
    set_everything(merchant, method="blank_order")
    for _, tell in WEEK:
        tell(merchant)
        merchant.work()
    effects = len(merchant.sandbox.effects())
    for _, tell in WEEK[2:]:
        tell(merchant)
        merchant.work()
    assert len(merchant.sandbox.effects()) == effects
    assert crm_state(merchant) == expected(protocol, "blank_order")
