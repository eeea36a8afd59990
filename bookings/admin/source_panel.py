"""On the page of a booking source: the way to its settings, hosts, links and tracking code."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from bookings.booking_platform import BookingPlatform
from bookings.models.settings import BookingSettings, booking_settings_create
from intake.admin.readonly import ButtonsAdmin
from intake.admin.source_panels import SourcePanel, source_panel_register
from intake.models.sources import Source
from intake.watch.overview import Overview


class BookingPanel(SourcePanel):
    section = "admin/bookings/source/_settings.html"

    def urls(self, page: ButtonsAdmin) -> list[URLPattern]:
        view = page.admin_site.admin_view(partial(_set_up, page))
        return [path("<path:object_id>/set-up-bookings/", view, name="intake_source_set_up_bookings")]

    def context(self, request: HttpRequest, source: Source, overview: Overview) -> dict[str, Any]:
        is_set_up = BookingSettings.objects.filter(pk=source.pk).exists()
        takes_bookings = isinstance(overview.platform, BookingPlatform) or is_set_up
        return {"takes_bookings": takes_bookings, "bookings_set_up": is_set_up}


def _set_up(page: ButtonsAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    source: Any = page.get_object(request, unquote(object_id))
    if not page.may_act(request, source):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    settings = booking_settings_create(source)
    page.log_change(request, source, "Set up its bookings.")
    messages.success(
        request,
        "Set up with OnceHub's defaults. Look through them, then connect hosts: none is connected yet.",
    )
    return HttpResponseRedirect(reverse("admin:bookings_bookingsettings_change", args=[settings.pk]))


source_panel_register(BookingPanel())
