"""What the API's schema shows as answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ROW: dict[str, Any] = {
    "id": 4711,
    "kind": "order",
    "shop_order_id": "1001",
    "cart_id": "",
    "affiliate_id": "",
    "booking_id": "",
    "object_id": "",
    "email": "ada@example.com",
    "state": "succeeded",
    "level": "warning",
    "reason": "",
    "error_class": "",
    "setting_url": None,
    "attempts": 1,
    "created_at": "2026-03-02T15:04:06Z",
    "finished_at": "2026-03-02T15:04:08Z",
    "next_try_at": None,
    "url": "https://cascader.example.com/logs/4711/",
}
_FAILED = {
    **_ROW,
    "state": "failed",
    "level": "error",
    "reason": "No item of the order has a product in the CRM.",
    "error_class": "configuration",
    "setting_url": "https://cascader.example.com/admin/mappings/connection/1/change/#order-product",
}
_DETAIL = {
    **_ROW,
    "crm": {"contact_id": 91, "order_id": 377, "invoice_id": 381},
    "decisions": [{"level": "warning", "text": "The sales rep JIM has no CRM user."}],
    "steps": [
        {
            "name": "contact",
            "kind": "upsert_contact",
            "title": "Find or create the contact ada@example.com",
            "state": "done",
            "result": "created",
            "note": "",
            "external": {"contact_id": 91},
            "done_at": "2026-03-02T15:04:07Z",
        }
    ],
    "attempt_log": [
        {
            "number": 1,
            "outcome": "succeeded",
            "error_class": "",
            "message": "",
            "started_at": "2026-03-02T15:04:06Z",
            "finished_at": "2026-03-02T15:04:08Z",
        }
    ],
}
LIST_EXAMPLES = [
    OpenApiExample(
        "What became of order 1001",
        value={"next": None, "previous": None, "results": [_ROW]},
        response_only=True,
        status_codes=["200"],
    ),
    OpenApiExample(
        "An order that a setting stopped",
        value={"next": None, "previous": None, "results": [_FAILED]},
        response_only=True,
        status_codes=["200"],
    ),
]
DETAIL_EXAMPLES = [
    OpenApiExample("In the CRM, with a warning", value=_DETAIL, response_only=True, status_codes=["200"])
]
