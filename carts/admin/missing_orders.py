"""On a shop's page: orders that should have come, and what became of the test order."""

from __future__ import annotations

from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from carts.gaps import found_by_asking, gaps_of, is_counting
from carts.models.orders import Order
from intake.admin.source_panels import SourcePanel, source_panel_register
from intake.models.sources import Source
from intake.polling.catchups import MOST_DAYS
from intake.watch.overview import DAY, Overview
from mappings.panels import panel_links


class MissingOrders(SourcePanel):
    facts = "admin/carts/source/_missing_orders.html"

    def context(self, request: HttpRequest, source: Source, overview: Overview) -> dict[str, Any]:
        """`days_back` reach behind the earliest gap. Orders found by asking say nothing of a shop that sends
        none by itself.
        """
        now = timezone.now()
        test, order_id = overview.last_test, None
        if test is not None:  # an order knows the last event that told of it
            rows = Order.objects.filter(Q(event=test) | Q(event__parent=test), source_id=test.source_id)
            order_id = rows.values_list("shop_order_id", flat=True).first()
        logs = [link.url for link in panel_links(source.connection) if link.name == "log"]
        gaps = gaps_of(source, now) if is_counting(overview.platform) else None
        earliest = gaps.earliest if gaps is not None else None
        return {
            "gaps": gaps,
            "days_back": min(ceil((now - earliest) / DAY), MOST_DAYS) if earliest else 0,
            "found_by_asking": found_by_asking(source, now)
            if overview.asks and overview.counts.pushed
            else None,
            "log_url": f"{logs[0]}&{urlencode({'q': order_id})}" if logs and order_id else "",
        }


source_panel_register(MissingOrders())
