"""Abandoned carts, affiliates, shipments and refunds as the shop last told them, to read."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from carts.models.records import AbandonedCart, Affiliate, Refund, Shipment
from intake.admin.readonly import ReadOnlyAdmin, preformatted
from intake.models.record import ReportedRecord

_VERSION = ("version", "version_at", "content")


class ReportedRecordAdmin(ReadOnlyAdmin):
    merchant_path = "source__connection__merchant"
    list_select_related = ["source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the content: only the page of a single row shows it."""
        return super().get_queryset(request).defer("data")

    @admin.display(description="All that is known")
    def content(self, row: ReportedRecord) -> str:
        return preformatted(json.dumps(row.data, indent=2, ensure_ascii=False)[:20_000])


@admin.register(AbandonedCart)
class AbandonedCartAdmin(ReportedRecordAdmin):
    list_display = ["__str__", "source", "email", "arrived_at", "bought_at", "version"]
    list_filter = [("bought_at", admin.EmptyFieldListFilter)]
    search_fields = ["cart_id", "email_key"]
    fields = ("source", "cart_id", "email", "arrived_at", "cart_at", "bought_at", "bought_by", *_VERSION)
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the order that bought it, without what only the engine reads of that."""
        rows = super().get_queryset(request).select_related("source", "bought_by")
        return rows.defer("bought_by__data", "bought_by__payload", "bought_by__payload_times")


@admin.register(Affiliate)
class AffiliateAdmin(ReportedRecordAdmin):
    list_display = ["__str__", "source", "shop_affiliate_id", "email", "version_at", "version"]
    search_fields = ["shop_affiliate_id", "code", "email_key"]
    fields = ("source", "shop_affiliate_id", "code", "email", *_VERSION)
    readonly_fields = fields


@admin.register(Shipment)
class ShipmentAdmin(ReportedRecordAdmin):
    list_display = ["__str__", "source", "version_at", "version"]
    search_fields = ["shop_order_id", "shipment_id"]
    ordering = ["-id"]
    fields = ("source", "shop_order_id", "shipment_id", *_VERSION)
    readonly_fields = fields


@admin.register(Refund)
class RefundAdmin(ReportedRecordAdmin):
    list_display = ["__str__", "source", "refund_id", "refunded_at", "amount", "version"]
    search_fields = ["shop_order_id", "refund_id"]
    ordering = ["-id"]
    fields = ("source", "shop_order_id", "refund_id", "refunded_at", "amount", *_VERSION)
    readonly_fields = fields
