"""Coverage, reconcile, ranges and preview in a real browser: nothing is cut off, the keyboard gets there."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cascade.models import RangeRun, Replication
from intake.models import Source
from mappings.models import DirectoryList, DirectoryRow, Membership, ProductMapping
from tests.factories import PLACED_AT
from tests.logs_ui.conftest import CHROMIUM
from tests.logs_ui.factories import JournalEntryFactory, ReplicationFactory
from tests.logs_ui.others import (
    affiliate,
    affiliate_replication,
    cart,
    cart_replication,
    refund,
    shipment,
    shipment_replication,
)
from tests.logs_ui.test_coverage import order, products
from tests.logs_ui.test_list import replication
from tests.logs_ui.test_pages_in_browser import WIDTHS
from tests.logs_ui.test_reconcile import placed, sent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.logs_ui.urls"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium."),
]
LONG = "a-very-long-name-without-any-break-that-would-push-a-page-aside-" + "x" * 30


@pytest.fixture
def sold(transactional_db: None, shop: Source, person: Any) -> Source:
    """A shop with something on every page, long words among it; the person may edit its settings."""
    Membership.objects.filter(user=person).update(can_edit_settings=True)
    order(shop, ("BONE", 1, "10"), ("bowl", 3, "5"), (LONG, 1, "4500"), ("LEASH", 2, "20"))
    products(shop.connection, ["BONE", "Bowl", LONG.upper() + "!", "Dog leash, red"])
    ProductMapping.objects.create(connection=shop.connection, item_id="LEASH", crm_product_id=103)
    failed = placed(shop, "ORDER-" + "9" * 60, email=f"{LONG}@example.com")
    ReplicationFactory(
        order=failed, source=shop, state="failed", reason="x" * 200, error_class="configuration"
    )
    placed(shop, "NEVER")
    refund(sent(placed(shop, "REFUNDED", total=Decimal("12345.67")), "12345.67").order, "1000")
    cart_replication(
        cart(shop, LONG), state="parked", reason="No e-mail was told, so there is nobody to tag."
    )
    run = {"connection": shop.connection, "user": person, "total": 12000, "looked_at": 4100, "sent": 4000}
    RangeRun.objects.create(
        **run, state="running", without_automation=True, placed_from=PLACED_AT, source=shop
    )
    RangeRun.objects.create(**run, state="stopped", numbers=["H-1"])
    return shop


@pytest.fixture
def kinds(sold: Source) -> dict[str, Replication]:
    parent = replication(sold, "H-1", source=sold, state="succeeded")
    shipment(parent.order, "1Z999AA10123456784", "1Z" + "9" * 70)
    refund(parent.order, "5")
    return {
        "order": parent,
        "shipment": shipment_replication(parent.order, state="succeeded"),
        "cart": cart_replication(cart(sold, "C-2", bought_by=parent.order), state="succeeded"),
        "affiliate": affiliate_replication(affiliate(sold), state="succeeded"),
    }


def fits(page: Page, width: int, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rest", ["", "?rung=near&confirm=near", "?days=7&rung=mapping", "choose/?item=bowl"])
def test_coverage_fits(rest: str, width: int, sold: Source, open_page: Any) -> None:
    page = open_page(f"/logs/coverage/{sold.connection_id}/{rest}", width)
    fits(page, width, f"coverage-{len(rest)}")


@pytest.mark.parametrize("width", WIDTHS)
def test_coverage_without_a_list_or_orders_fits(width: int, sold: Source, open_page: Any) -> None:
    DirectoryList.objects.all().delete()
    DirectoryRow.objects.all().delete()
    sold.orders.all().delete()
    fits(open_page(f"/logs/coverage/{sold.connection_id}/", width), width, "coverage-empty")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("finding", ["missing", "money", "cancelled", "skipped", "parked"])
def test_reconcile_fits(finding: str, width: int, sold: Source, open_page: Any) -> None:
    fits(open_page(f"/logs/reconcile/?finding={finding}", width), width, f"reconcile-{finding}")


@pytest.mark.parametrize("width", WIDTHS)
def test_ranges_fit_through_to_the_start(width: int, sold: Source, open_page: Any) -> None:
    page = open_page("/logs/ranges/", width)
    fits(page, width, "ranges")
    page.get_by_role("button", name="Count the orders").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a time, order numbers, or both.")
    fits(page, width, "ranges-wrong")
    page.get_by_label("Order numbers").fill(f"NEVER, {'9' * 60}")
    page.get_by_label("Quiet backfill").check()
    page.get_by_role("button", name="Count the orders").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send 1 order?")
    fits(page, width, "ranges-confirm")
    page.get_by_role("button", name="Send 1 order").click()
    expect(page.get_by_role("status")).to_contain_text("Started: 1 order behind")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["order", "shipment", "cart", "affiliate"])
def test_every_kind_fits(kind: str, width: int, kinds: dict[str, Replication], open_page: Any) -> None:
    fits(open_page(f"/logs/{kinds[kind].pk}/", width), width, f"detail-{kind}")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_every_kind_fits(width: int, kinds: dict[str, Replication], open_page: Any) -> None:
    fits(open_page("/logs/", width), width, "list")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_preview_fits(
    width: int, kinds: dict[str, Replication], open_page: Any, unlimited: Any, settings: Any
) -> None:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    unlimited.seed(
        Product=[{"ProductName": name, "ProductPrice": 1.0, "Status": 1} for name in ("BONE", "BOWL")]
    )
    row = kinds["order"]
    row.connection.api_key = unlimited.key
    row.connection.save()
    args = {"email": f"{LONG}@example.com", "notes": "n" * 200}
    JournalEntryFactory(replication=row, step="contact", state="done", args=args)
    page = open_page(f"/logs/{row.pk}/preview/", width)
    fits(page, width, "preview-before")
    page.get_by_role("button", name="Preview now").click()
    expect(page.get_by_text("would be sent now.")).to_be_visible()
    page.locator("summary").first.click()
    fits(page, width, "preview")


def test_a_near_miss_is_fixed_by_keyboard(sold: Source, open_page: Any) -> None:
    page = open_page(f"/logs/coverage/{sold.connection_id}/", 1400)
    page.get_by_role("button", name="Map bowl to Bowl", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Mapped bowl to product 101.")
    page.get_by_role("button", name="Take back the last 1 mapping").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Took back 1 mapping.")


def test_the_reports_work_without_a_script(sold: Source, open_page: Any) -> None:
    page = open_page("/logs/reconcile/", 390, java_script_enabled=False)
    page.get_by_role("link", name="Money differs").click()
    expect(page.get_by_text("The shop refunded part or all of it.")).to_be_visible()
    page.get_by_role("link", name="REFUNDED").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order REFUNDED")


def test_the_day_of_the_export_is_downloaded(sold: Source, open_page: Any) -> None:
    page = open_page("/logs/reconcile/?finding=money", 1400)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    assert download.value.suggested_filename.startswith("reconcile-money-")
    assert str(timezone.localdate().year) in download.value.suggested_filename
