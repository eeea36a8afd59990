"""What a merchant may map to custom fields: values we know, and any path in the shop's own order."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

# What shops tell beside the order: `OrderData.custom_fields`, and the REST API's `custom_fields`. The channel
# also decides what becomes of orders without an e-mail address.
CUSTOM_KEYS = tuple(f"custom_field{number}" for number in range(1, 11))
CHANNEL = "channel"
FIELD_KEYS = (
    "advertising_source",
    *CUSTOM_KEYS,
    "customer_note",
    "order_tags",
    "item_options",
    "purchase_order_number",
    "payment_terms",
    CHANNEL,
    "marketplace_order_number",
    "sms_consent",
    "transaction_id",
)
FIELD_LENGTH = 2000

# What is read off the order itself.
ORDER_KEYS = (
    "order_number",
    "placed_at",
    "stage",
    "payment_method",
    "total",
    "subtotal",
    "tax",
    "shipping_total",
    "discount",
    "currency",
    "coupon_codes",
    "sales_rep",
    "affiliate",
    "shipping_method",
    "item_ids",
    "original_order_id",
)
KNOWN_KEYS = (*FIELD_KEYS, *ORDER_KEYS)
PATH = re.compile(r"^\w[\w-]*(\.[\w -]+)+$", re.ASCII)


def shop_field_label(key: str) -> str:
    return key.replace("_", " ").replace("field", "field ").capitalize().replace("Sms", "SMS")


def validate_shop_field(value: str) -> None:
    """Raises: ValidationError unless it is a field we know or a dotted path."""
    if value not in KNOWN_KEYS and not PATH.match(value):
        raise ValidationError(
            f"There is no field {value}. Take one of the list, or give the path of a value in the shop's "
            "order, such as checkout.comments."
        )
