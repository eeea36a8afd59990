"""Every operation is driven once, its request and reply held against the vendor's files."""

from __future__ import annotations

from typing import Any

import pytest

import sandbox.rest  # noqa: F401 - registers the operations
from sandbox.rest.routes import ROUTES
from tests.openapi import NotAsDocumented, template_of, validate_reply, validate_request
from tests.sandbox.rest.conftest import Rest, order_body
from tests.sandbox_client import Sandbox

EMAIL = {"email": "bo@example.com", "field": "EMAIL1"}
AT = {"ActionDate": "2026-07-01T10:30:00", "EndDate": "2026-07-01T11:00:00"}
FIELD = {"label": "Favourite colour", "field_type": "DROPDOWN", "options": [{"label": "red"}]}
CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/contacts", None),
    ("POST", "/contacts", {"given_name": "Bo", "email_addresses": [EMAIL]}),
    ("GET", "/contacts/{contact}", None),
    ("PATCH", "/contacts/{contact}", {"family_name": "Moss"}),
    ("GET", "/contacts/{contact}/tags", None),
    ("GET", "/contacts/model", None),
    ("POST", "/contacts/model/customFields", FIELD),
    ("GET", "/contacts/{contact}/notes", None),
    ("POST", "/contacts/{contact}/notes", {"user_id": "{user}", "title": "Call", "text": "twice"}),
    ("GET", "/contacts/{contact}/notes/{note}", None),
    ("PATCH", "/contacts/{contact}/notes/{note}", {"user_id": "{user}", "text": "three times"}),
    ("GET", "/taskAppointments", None),
    ("GET", "/tags", None),
    ("GET", "/tags/{tag}", None),
    ("POST", "/tags", {"name": "Repeat", "description": "came back", "category": {"id": "{tag_category}"}}),
    ("PATCH", "/tags/{tag}", {"name": "Newer"}),
    ("GET", "/tags/categories", None),
    ("POST", "/tags/categories", {"name": "Shop"}),
    ("POST", "/tags/{tag}/contacts:applyTags", {"contact_ids": ["{contact}"]}),
    ("POST", "/tags/{tag}/contacts:removeTags", {"contact_ids": ["{contact}"]}),
    ("GET", "/tasks", None),
    ("POST", "/tasks", {"assigned_to_user_id": "{user}", "title": "Call", "priority": "ESSENTIAL"}),
    ("GET", "/tasks/{task}", None),
    ("PATCH", "/tasks/{task}", {"due_time": "2026-07-01T14:30:00.000Z"}),
    ("GET", "/tasks/model", None),
    ("GET", "/companies", None),
    ("POST", "/companies", {"company_name": "Acme", "phone_number": {"number": "1", "field": "PHONE1"}}),
    ("GET", "/companies/{company}", None),
    ("PATCH", "/companies/{company}", {"address": {"line1": "1 Main St", "country_code": "USA"}}),
    ("GET", "/companies/model", None),
    ("POST", "/companies/{company}/tags/{tag}", None),
    ("GET", "/companies/{company}/tags", None),
    ("DELETE", "/companies/{company}/tags/{tag}", None),
    ("GET", "/opportunities/stages", None),
    (
        "POST",
        "/opportunities?fields=custom_fields",
        {"contact_id": "{contact}", "opportunity_title": "Deal", "stage_id": "{stage}"},
    ),
    ("GET", "/opportunities", None),
    ("GET", "/opportunities/{deal}", None),
    ("PATCH", "/opportunities/{deal}", {"projected_revenue_low": 99.5}),
    ("GET", "/opportunities/stageMoves", None),
    ("GET", "/opportunities/model", None),
    ("GET", "/orders", None),
    ("GET", "/orders/{order}", None),
    ("PATCH", "/orders/{order}", {"notes": "gift"}),
    ("GET", "/orders/{order}/items/{line}", None),
    ("POST", "/orders/{order}/items", {"item_type": "TAX", "quantity": 1, "price_per_unit": 2.5}),
    ("GET", "/orders/{order}/payments", None),
    (
        "POST",
        "/orders/{order}/payments",
        {"payment_method_type": "Cash", "payment_amount": 1, "apply_to_commissions": True},
    ),
    ("GET", "/orders/model", None),
    ("POST", "/orders/model/customFields", FIELD),
    ("GET", "/products", None),
    ("GET", "/products/{mug}", None),
    ("POST", "/products", {"name": "Cup", "price": 1250, "short_description": "a cup"}),
    ("GET", "/productCategories", None),
    ("GET", "/productCategories/{category}", None),
    ("GET", "/productCategories/assignedProducts", None),
    ("GET", "/leadSources", None),
    ("POST", "/leadSources", {"name": "SPRING", "status": "ACTIVE", "vendor": "shop"}),
    ("GET", "/leadSourceCategories", None),
    ("POST", "/leadSourceCategories", {"name": "Bookings"}),
    ("GET", "/affiliates", None),
    ("GET", "/affiliates/{affiliate}", None),
    ("POST", "/affiliates", {"code": "partner2", "contact_id": "{contact}", "status": "ACTIVE"}),
    ("GET", "/affiliates/model", None),
    ("GET", "/users", None),
    ("GET", "/users/{user}", None),
    ("GET", "/businessProfile", None),
    ("GET", "/merchants", None),
    ("GET", "/emailAddresses/ann%40example.com/status", None),
    ("PATCH", "/emailAddresses/ann%40example.com/status", {"opted_in": True, "reason": "ticked the box"}),
    (
        "POST",
        "/automations/goals/achieve",
        {"integration": "demo", "call_name": "bought", "contact_id": "#contact"},
    ),
    ("GET", "/automations", None),
    ("GET", "/campaigns", None),
    ("GET", "/campaigns/{campaign}", None),
    ("GET", "/campaigns/{campaign}/goals", None),
    ("GET", "/oauth/connect/userinfo", None),
    ("GET", "/settings/contactOptionTypes", None),
    ("GET", "/settings/applications:isEnabled", None),
    ("GET", "/settings/applications:getConfiguration?fields=APPOINTMENT,CONTACT,TASK", None),
]
LAST = [
    ("DELETE", "/tasks/{task}", None),
    ("DELETE", "/tags/{tag}", None),
    ("DELETE", "/contacts/{contact}/notes/{note}", None),
    ("DELETE", "/orders/{empty_order}/items/{empty_line}", None),
    ("DELETE", "/orders/{empty_order}", None),
    ("DELETE", "/contacts/{contact}", None),
]

V1_CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/contacts?email=ann%40example.com", None),
    ("GET", "/contacts/{contact}", None),
    ("PUT", "/contacts", {"given_name": "Bo", "email_addresses": [EMAIL], "duplicate_option": "Email"}),
    ("PATCH", "/contacts/{contact}", {"family_name": "Moss"}),
    ("GET", "/tags", None),
    ("POST", "/contacts/{contact}/tags", {"tagIds": ["#tag"]}),
    ("GET", "/contacts/{contact}/tags", None),
    ("DELETE", "/contacts/{contact}/tags/{tag}", None),
    ("DELETE", "/contacts/{contact}/tags?ids={tag}", None),
    ("GET", "/appointments?contact_id={contact}&since=2026-01-01T00:00:00.000Z", None),
    (
        "POST",
        "/appointments",
        {
            "contact_id": "#contact",
            "title": "Call",
            "start_date": "2026-07-01T14:30:00.000Z",
            "end_date": "2026-07-01T15:00:00.000Z",
        },
    ),
    ("GET", "/appointments/{appointment}", None),
    (
        "PATCH",
        "/appointments/{appointment}",
        {
            "title": "Moved",
            "start_date": "2026-07-02T14:30:00.000Z",
            "end_date": "2026-07-02T15:00:00.000Z",
            "remind_time": 15,
        },
    ),
    ("DELETE", "/appointments/{appointment}", None),
    (
        "POST",
        "/orders",
        {
            "contact_id": "#contact",
            "order_title": "shop order 18",
            "order_date": "2026-07-01T14:30:00.000Z",
            "order_type": "Online",
            "order_items": [{"product_id": "#mug", "quantity": 2}],
        },
    ),
    ("GET", "/orders?contact_id={contact}", None),
    ("GET", "/orders/{order}", None),
    ("GET", "/products", None),
    ("GET", "/users", None),
    ("GET", "/affiliates", None),
    ("POST", "/campaigns/goals/demo/bought", {"contact_id": "#contact"}),
    ("GET", "/account/profile", None),
    ("GET", "/setting/contact/optionTypes", None),
]


@pytest.fixture
def ids(v2: Rest, sandbox: Sandbox, contact: int, mug: int, order: str) -> dict[str, str]:
    seeded = sandbox.seed(
        ContactGroupCategory=[{"CategoryName": "Web"}],
        ContactGroup=[{"GroupName": "New"}],
        ProductCategory=[{"CategoryDisplayName": "Kitchen"}],
        LeadSourceCategory=[{"Name": "Coupons"}],
        Affiliate=[{"AffName": "Zoe", "AffCode": "zoe1", "Status": 1, "ContactId": contact}],
        User=[{"FirstName": "Uma", "LastName": "Orr", "Email": "uma@example.com"}],
        MerchantAccount=[{"Name": "Stripe", "Type": "STRIPE", "IsTest": 1, "IsDefault": 1}],
        FunnelCampaign=[{"Name": "Spring", "Published": 1}],
        ContactAction=[
            {"ContactId": contact, "ObjectType": "Note", "ActionDescription": "Hello"},
            {"ContactId": contact, "ObjectType": "Task", "ActionDescription": "Call"},
            {"ContactId": contact, "IsAppointment": 1, "ActionDescription": "Meet", **AT},
        ],
        Company=[{"Company": "Beta", "Email": "office@example.com"}],
        Stage=[{"StageName": "New", "StageOrder": 1}],
        Lead=[{"ContactID": contact, "OpportunityTitle": "Old deal", "StageID": 5}],
        DataFormField=[
            {"Name": "Colour", "Label": "Colour", "FormId": -1, "DataType": 15},
            {"Name": "Token", "Label": "Token", "FormId": -9, "DataType": 15},
        ],
    )
    named = {table: str(made[0]) for table, made in seeded.items()}
    sandbox.seed(
        ProductCategoryAssign=[{"ProductId": mug, "ProductCategoryId": named["ProductCategory"]}],
        FunnelGoal=[{"CampaignId": named["FunnelCampaign"], "Integration": "demo", "CallName": "bought"}],
        ContactGroupAssign=[{"ContactId": contact, "GroupId": named["ContactGroup"]}],
    )
    item = {"item_type": "FEE", "quantity": 1, "price_per_unit": 3}
    empty = v2("POST", "/orders", order_body(contact, order_items=[item]))
    return {
        "contact": str(contact),
        "mug": str(mug),
        "order": order,
        "line": v2("GET", f"/orders/{order}")["order_items"][0]["id"],
        "empty_order": empty["id"],
        "empty_line": empty["order_items"][0]["id"],
        "tag": named["ContactGroup"],
        "tag_category": named["ContactGroupCategory"],
        "category": named["ProductCategory"],
        "affiliate": named["Affiliate"],
        "user": named["User"],
        "campaign": named["FunnelCampaign"],
        "note": named["ContactAction"],
        "appointment": str(seeded["ContactAction"][2]),
        "task": str(seeded["ContactAction"][1]),
        "company": named["Company"],
        "stage": named["Stage"],
        "deal": named["Lead"],
    }


def filled(content: Any, ids: dict[str, str]) -> Any:
    """Put ids for {names}, as text, and for #names, as numbers."""
    if isinstance(content, dict):
        return {name: filled(value, ids) for name, value in content.items()}
    if isinstance(content, list):
        return [filled(value, ids) for value in content]
    if isinstance(content, str) and content.startswith("#"):
        return int(ids[content[1:]])
    return content.format(**ids) if isinstance(content, str) else content


def test_every_operation_is_as_documented(v2: Rest, ids: dict[str, str]) -> None:
    driven = {"POST /v2/orders"}
    for verb, path, body in [*CALLS, *LAST]:
        url = filled(path, ids)
        v2(verb, url, filled(body, ids))
        driven.add(f"{verb} {template_of(verb, f'/rest/v2{url}')}")
    offered = {name for name in ROUTES if " /v2/" in name}
    assert driven == offered
    assert {call["method"] for call in v2.sandbox.calls() if call["applied"]} == offered


def test_every_operation_of_v1_is_as_documented(v1: Rest, ids: dict[str, str]) -> None:
    for verb, path, body in V1_CALLS:
        v1(verb, filled(path, ids), filled(body, ids))
    offered = {name for name in ROUTES if " /v1/" in name}
    applied = {call["method"] for call in v1.sandbox.calls() if call["applied"]}
    assert {name for name in applied if " /v1/" in name} == offered


def test_what_is_refused_is_as_documented(v2: Rest) -> None:
    for status, response in (
        (404, v2.try_("GET", "/contacts/9")),
        (400, v2.try_("POST", "/contacts", {"given_name": "Bo"})),
        (400, v2.try_("GET", "/orders", filter="colour==red")),
    ):
        assert response.status == status
        validate_reply("GET", "/rest/v2/contacts", status, response.raw)


@pytest.mark.parametrize(
    ("verb", "url", "body"),
    [
        ("GET", "/rest/v2/nothing", None),
        ("PUT", "/rest/v2/contacts", {}),
        ("GET", "/rest/v2/contacts?page_size=1001", None),
        ("GET", "/rest/v2/contacts?email=ann", None),
        ("POST", "/rest/v2/contacts?duplicate_option=Mail", {}),
        ("POST", "/rest/v2/contacts", {"email": "ann@example.com"}),
        ("POST", "/rest/v2/contacts", None),
        ("POST", "/rest/v2/orders", {"contact_id": 5}),
    ],
)
def test_the_check_itself_finds_what_is_not_documented(verb: str, url: str, body: Any) -> None:
    with pytest.raises(NotAsDocumented):
        validate_request(verb, url, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"id": "5"}),
        (201, {"id": 5}),
        (201, {"id": "5", "order_time": "2026-03-02"}),
        (201, {"id": "5", "total": {"amount": 12.5}}),
        (201, {"id": "5", "colour": "red"}),
    ],
)
def test_the_check_itself_finds_replies_that_are_not_documented(status: int, body: Any) -> None:
    with pytest.raises(NotAsDocumented):
        validate_reply("POST", "/rest/v2/orders", status, body)
