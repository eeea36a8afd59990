"""Which element of UltraCart's XML order is which key of its JSON order.

A row is the element, the path in the JSON order, and how its value is read. Where two elements tell the same,
the better one stands first. What is not listed is not taken, the card's data above all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from carts.platforms.ultracart.postback_values import (
    country,
    flag,
    moment,
    moment_if_readable,
    money,
    number,
    stage,
    text,
)

Row = tuple[str, str, Callable[[str, str], Any]]

_PARTY = (
    ("company", "company"),
    ("title", "title"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("address1", "address1"),
    ("address2", "address2"),
    ("city", "city"),
    ("state", "state_region"),
    ("zip", "postal_code"),
)
_SUMMARY = (
    "subtotal",
    "subtotal_discount",
    "tax",
    "shipping_handling_total",
    "shipping_handling_total_discount",
    "total",
    "subtotal_refunded",
    "subtotal_discount_refunded",
    "tax_refunded",
    "shipping_handling_refunded",
    "other_refunded",
    "total_refunded",
)

ORDER_ROWS: tuple[Row, ...] = (
    ("merchant_id", "merchant_id", text),
    ("order_id", "order_id", text),
    ("order_date", "creation_dts", moment),
    ("current_stage", "current_stage", stage),
    ("currency_code", "currency_code", text),
    ("refund_dts", "refund_dts", moment),
    ("refund_reason", "refund_reason", text),
    ("reject_dts", "reject_dts", moment),
    ("reject_reason", "reject_reason", text),
    *((f"bill_to_{element}", f"billing.{key}", text) for element, key in _PARTY),
    ("bill_to_country", "billing.country_code", country),
    ("email", "billing.email", text),
    ("day_phone", "billing.day_phone", text),
    ("evening_phone", "billing.evening_phone", text),
    ("cell_phone", "billing.cell_phone", text),
    *((f"ship_to_{element}", f"shipping.{key}", text) for element, key in _PARTY),
    ("ship_to_country", "shipping.country_code", country),
    ("shipping_method", "shipping.shipping_method", text),
    ("shipping_method_accounting_code", "shipping.shipping_method_accounting_code", text),
    ("shipping_date_time", "shipping.shipping_date", moment),
    ("shipping_date", "shipping.shipping_date", moment),
    ("delivery_date", "shipping.delivery_date", text),
    ("special_instructions", "shipping.special_instructions", text),
    ("lift_gate", "shipping.lift_gate", flag),
    ("rma", "shipping.rma", text),
    ("payment_method", "payment.payment_method", text),
    ("payment_status", "payment.payment_status", text),
    ("payment_date_time", "payment.payment_dts", moment),
    ("payment_date", "payment.payment_dts", moment),
    ("test_order", "payment.test_order", flag),
    ("surcharge", "payment.surcharge", money),
    ("surcharge_accounting_code", "payment.surcharge_accounting_code", text),
    ("purchase_order_number", "payment.purchase_order.purchase_order_number", text),
    *((name, f"summary.{name}", money) for name in _SUMMARY),
    ("gift_certificate_amount", "gift_certificate.gift_certificate_amount", money),
    ("gift_certificate_code", "gift_certificate.gift_certificate_code", text),
    ("gift", "gift.gift", flag),
    ("gift_charge", "gift.gift_charge", money),
    ("gift_wrap_cost", "gift.gift_wrap_cost", money),
    ("gift_wrap_title", "gift.gift_wrap_title", text),
    ("gift_message", "gift.gift_message", text),
    ("gift_email", "gift.gift_email", text),
    ("advertising_source", "marketing.advertising_source", text),
    ("referral_code", "marketing.referral_code", text),
    ("mailing_list", "marketing.mailing_list", flag),
    *((f"custom_field_{n}", f"checkout.custom_field{n}", text) for n in range(1, 11)),
    ("customer_ip_address", "checkout.customer_ip_address", text),
    ("screen_branding_theme_code", "checkout.screen_branding_theme_code", text),
    ("upsell_path_code", "checkout.upsell_path_code", text),
    ("sales_rep_code", "internal.sales_rep_code", text),
    ("merchant_notes", "internal.merchant_notes", text),
    ("refund_by_user", "internal.refund_by_user", text),
    ("auto_order_original_order_id", "auto_order.original_order_id", text),
    ("auto_order_code", "auto_order.auto_order_code", text),
    ("auto_order_status", "auto_order.status", text),
    ("channel_partner_code", "channel_partner.channel_partner_code", text),
    ("channel_partner_order_id", "channel_partner.channel_partner_order_id", text),
    ("tax_county", "taxes.tax_county", text),
    ("tax_rate", "taxes.tax_rate", number),
    ("customer_profile_email", "customer_profile.email", text),
)

ITEM_ROWS: tuple[Row, ...] = (
    ("item_id", "merchant_item_id", text),
    ("item_index", "item_index", number),
    ("parent_item_index", "parent_item_index", number),
    ("parent_item_id", "parent_merchant_item_id", text),
    ("quantity", "quantity", number),
    ("description", "description", text),
    ("cost", "cost", money),
    ("arbitrary_unit_cost", "arbitrary_unit_cost", money),
    ("unit_cost_with_discount", "unit_cost_with_discount", money),
    ("total_cost_with_discount", "total_cost_with_discount", money),
    ("discount", "discount", money),
    ("cogs", "cogs", number),
    ("barcode", "barcode", text),
    ("manufacturer_sku", "manufacturer_sku", text),
    ("country_of_origin", "country_code_of_origin", country),
    ("tax_free", "tax_free", flag),
    ("free_shipping", "free_shipping", flag),
    ("special_product_type", "special_product_type", text),
    ("accounting_code", "accounting_code", text),
    ("distribution_center_code", "distribution_center_code", text),
    ("pricing_tier_name", "pricing_tier_name", text),
    ("kit", "kit", flag),
    ("kit_component", "kit_component", flag),
    ("component_unit_value", "component_unit_value", number),
    ("quantity_refunded", "quantity_refunded", number),
    ("total_refunded", "total_refunded", money),
)

OPTION_ROWS: tuple[Row, ...] = (
    ("option_name", "label", text),
    ("option_value", "value", text),
    ("cost_change", "cost_change", money),
)

COUPON_ROWS: tuple[Row, ...] = (
    ("coupon_code", "coupon_code", text),
    ("base_coupon_code", "base_coupon_code", text),
    ("coupon_accounting_code", "accounting_code", text),
    ("automatically_applied", "automatically_applied", flag),
)

TRANSACTION_ROWS: tuple[Row, ...] = (
    ("transaction_id", "transaction_id", text),
    ("transaction_gateway", "transaction_gateway", text),
    ("transaction_timestamp", "transaction_timestamp", moment_if_readable),
    ("transaction_successful", "successful", flag),
)
