"""The CRM's tracking code, for the booking form of each platform."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from intake.admin.readonly import ButtonsAdmin
from intake.registry import platform_get

# Where each platform takes a script. What is not listed takes none that we know of.
PLACES = {
    "oncehub": "OnceHub takes it in the booking form of a page: the steps before the form are not tracked, "
    "and "
    "only pages of connected users.",
    "calendly": "Calendly's own pages take no script of yours. Put it on the page of your website that "
    "embeds "
    "Calendly.",
    "calcom": "Cal.com's own pages take no script of yours, unless you host Cal.com yourself. Put it on "
    "the page of "
    "your website that embeds Cal.com.",
    "acuity": "Put it on the page of your website that embeds the Acuity scheduler.",
}
ELSEWHERE = "Put it on the page of your website where people book."


class TrackingPage(ButtonsAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._tracking)
        return [
            path("<path:object_id>/tracking/", view, name="bookings_bookingsettings_tracking"),
            *super().get_urls(),
        ]

    def _tracking(self, request: HttpRequest, object_id: str) -> HttpResponse:
        settings: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        source = settings.source
        platform = platform_get(source.platform)
        app = source.connection.bound_app or source.connection.app_name
        context = {
            **self.admin_site.each_context(request),
            "title": f"Tracking code of {source.name}",
            "opts": self.opts,
            "stored": settings,
            "app": app,
            "is_tested": bool(source.connection.bound_app),
            "platform": platform.title if platform else source.platform,
            "place": PLACES.get(source.platform, ELSEWHERE),
            "code": f'<script src="https://{app}.infusionsoft.com/app/webTracking/getTrackingCode"></script>',
        }
        return TemplateResponse(request, "admin/bookings/tracking.html", context)
