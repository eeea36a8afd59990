"""The coverage page of a connection, and the mappings made from it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from logs_ui.coverage import coverage, fixes
from logs_ui.log.presenters import connection_url
from mappings.audit import deed_note
from mappings.models import Connection
from mappings.selectors import connections_of, may_edit_settings

UNDO = "coverage_undo"
LONGEST_SEARCH = 200


@never_cache
@login_required
@require_safe
def coverage_page(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(connections_of(request.user), pk=pk)
    chosen = _chosen(request.GET)
    found = coverage.coverage_of(
        connection,
        days=chosen["days"],
        currency=chosen["currency"],
        match=chosen["rung"],
        page=_number(request.GET.get("page"), 1),
    )
    may_edit = may_edit_settings(request.user, connection.merchant_id)
    undo = request.session.get(UNDO) or {}
    context = {
        "connection": connection,
        "found": found,
        "listing": coverage.products_list(connection),
        "days": chosen["days"],
        "periods": coverage.PERIODS,
        "rung": chosen["rung"],
        "rungs": coverage.matches_of(connection),
        "query": _query(chosen, found.currency),
        "older": _query(chosen, found.currency, page=found.page + 1) if found.page < found.pages else "",
        "newer": _query(chosen, found.currency, page=found.page - 1) if found.page > 1 else "",
        "may_edit": may_edit,
        "connection_url": connection_url(connection.pk) if may_edit else "",
        "undo": len(undo.get("made", ())) if may_edit and undo.get("connection") == connection.pk else 0,
        "confirm": may_edit and request.GET.get("confirm") == "near",
    }
    return render(request, "logs_ui/coverage.html", context)


@never_cache
@login_required
@require_safe
def coverage_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the CRM product of one item."""
    connection = get_object_or_404(connections_of(request.user), pk=pk)
    if not may_edit_settings(request.user, connection.merchant_id):
        return _not_allowed(request, connection)
    item_id = request.GET.get("item", "")[: fixes.LONGEST_ITEM_ID]
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    chosen = _chosen(request.GET)
    context = {
        "connection": connection,
        "item_id": item_id,
        "text": text,
        "products": coverage.products_find(connection, text),
        "chosen": chosen,
        "query": _query(chosen, chosen["currency"]),
    }
    return render(request, "logs_ui/coverage_choose.html", context)


@require_POST
def coverage_fix(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one mapping (`item`, `product`), all near misses (`all`), or take the last ones back (`undo`)."""
    chosen = _chosen(request.POST)
    page = reverse("logs_ui:coverage", args=[pk]) + _query(chosen, chosen["currency"])
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    connection = get_object_or_404(connections_of(request.user), pk=pk)
    if not may_edit_settings(request.user, connection.merchant_id):
        return _not_allowed(request, connection)
    if "undo" in request.POST:
        _undo(request, connection)
        return redirect(page)
    try:
        made, sentence = _make(request, connection, chosen)
    except fixes.FixRefused as refused:
        messages.warning(request, f"Not mapped. {refused}")
        return redirect(page)
    if made:
        deed_note(request.user, connection, f"Coverage: {sentence}")
        request.session[UNDO] = {"connection": connection.pk, "made": made}
    messages.success(
        request, f"{sentence} Orders sent before keep what they have: resend those that need it."
    )
    return redirect(page)


def _make(request: HttpRequest, connection: Connection, chosen: dict[str, Any]) -> tuple[fixes.Made, str]:
    if "all" in request.POST:
        near = coverage.near_items(connection, days=chosen["days"], currency=chosen["currency"])
        pairs = [(item.item_id, item.product_id) for item in near if item.product_id]
        made = fixes.mappings_make(connection, pairs)
        return made, f"Mapped {len(made)} item{'' if len(made) == 1 else 's'}."
    item_id = request.POST.get("item", "")
    made = fixes.mapping_make(connection, item_id, _number(request.POST.get("product"), 0))
    return made, f"Mapped {item_id} to product {made[0][1]}."


def _undo(request: HttpRequest, connection: Connection) -> None:
    undo = request.session.pop(UNDO, None) or {}
    if undo.get("connection") != connection.pk:
        messages.warning(request, "There is nothing to take back.")
        return
    made = [(int(row), int(product)) for row, product in undo["made"]]
    removed = fixes.mappings_unmake(connection, made)
    kept = len(made) - removed
    rest = f" {kept} had been changed meanwhile and stay{'s' if kept == 1 else ''}." if kept else ""
    deed_note(request.user, connection, f"Coverage: took back {removed} mappings.")
    messages.success(request, f"Took back {removed} mapping{'' if removed == 1 else 's'}.{rest}")


def _chosen(values: Any) -> dict[str, Any]:
    """Period, currency and rung as far as they are understood."""
    days, match = _number(values.get("days"), 30), values.get("rung", "")
    return {
        "days": days if days in coverage.PERIODS else 30,
        "currency": values.get("currency", "")[:3],
        "rung": match if match in coverage.MATCHES else "",
    }


def _query(chosen: dict[str, Any], currency: str, **more: int) -> str:
    values = {**chosen, "currency": currency, **more}
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _not_allowed(request: HttpRequest, connection: Connection) -> HttpResponse:
    context = {"connection": connection, "right": "Edit settings"}
    return render(request, "logs_ui/right_missing.html", context, status=403)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else default
