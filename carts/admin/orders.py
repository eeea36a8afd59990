"""Orders as the shop last told them, to read."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from carts.models.orders import Order
from intake.admin.readonly import ReadOnlyAdmin, preformatted

MOST_LINES = 100


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    merchant_path = "source__connection__merchant"
    list_display = ["__str__", "source", "shop_stage", "email", "total", "currency", "placed_at", "version"]
    list_filter = ["stage", "is_test", "is_history"]
    list_select_related = ["source"]
    search_fields = ["shop_order_id", "number", "email_key"]
    fields = (
        "source",
        "shop_order_id",
        "number",
        "stage",
        "shop_stage",
        "placed_at",
        "email",
        "currency",
        "total",
        "is_test",
        "is_history",
        "cart_id",
        "version",
        "version_at",
        "completed_at",
        "items",
        "content",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the shop's own objects: nothing here shows them."""
        return super().get_queryset(request).defer("data", "payload", "payload_times")

    @admin.display(description="Lines")
    def items(self, order: Order) -> str:
        lines = list(order.lines.all()[: MOST_LINES + 1])
        rows = ((f"{line.quantity.normalize():f}", line.item_id, line.title) for line in lines[:MOST_LINES])
        shown = format_html_join("", "<li>{} × {} {}</li>", rows)
        rest = format_html("<li>… and more</li>") if len(lines) > MOST_LINES else ""
        return format_html("<ul>{}{}</ul>", shown, rest) if lines else "-"

    @admin.display(description="All that is known")
    def content(self, order: Order) -> str:
        return preformatted(json.dumps(order.data, indent=2, ensure_ascii=False)[:20_000])
