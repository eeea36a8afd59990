"""The OpenAPI page of the REST API, with examples that work as they stand."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers

from carts.api.serializers import StoredOrderSerializer

_ORDER: dict[str, Any] = {
    "shop_order_id": "1001",
    "stage": "paid",
    "placed_at": "2026-03-02T10:04:05-05:00",
    "email": "ada@example.com",
    "billing": {
        "first_name": "Ada",
        "last_name": "Example",
        "street1": "1 Main Street",
        "city": "Atlanta",
        "region": "GA",
        "postal_code": "30303",
        "country": "US",
        "phones": ["555-0100"],
    },
    "currency": "USD",
    "lines": [
        {"item_id": "BONE", "title": "Dog bone", "quantity": "2", "unit_price": "9.95"},
        {"item_id": "LEASH", "title": "Leash", "quantity": "1", "unit_price": "17.95"},
    ],
    "subtotal": "37.85",
    "charges": [
        {"kind": "shipping", "title": "Ground", "amount": "7.25"},
        {"kind": "discount", "title": "Spring sale", "amount": "-5"},
        {"kind": "tax", "title": "Tax", "amount": "3.75"},
    ],
    "total": "43.85",
    "payment_method": "Credit Card",
    "coupons": [{"code": "SPRING"}],
}

ORDER_EXAMPLES = [
    OpenApiExample("A paid order", value=_ORDER, request_only=True),
    OpenApiExample(
        "The same order, refunded",
        value={**_ORDER, "refunded_at": "2026-03-09T09:00:00-05:00"},
        request_only=True,
    ),
]
STORED_EXAMPLES = [
    OpenApiExample(
        "A paid order, stored",
        value={**_ORDER, "version": 1, "completed_at": "2026-03-02T15:04:06+00:00"},
        response_only=True,
        status_codes=["200", "201"],
    )
]


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong: `detail`, or the name of each wrong field with its sentences."""

    detail = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """Stored, not applied yet."""

    stored = serializers.IntegerField()
    detail = serializers.CharField()


class OrderPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = StoredOrderSerializer(many=True)


class SchemaView(SpectacularAPIView):
    """Public: it tells how to talk to the API, nothing about anybody."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
