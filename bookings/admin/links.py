"""Personalised links: an address for the CRM's e-mails, in which the CRM itself writes the contact's key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from bookings.links import SKIPS, TELLS_UTM, UTM, LinkRefused, personal_link
from intake.admin.readonly import ButtonsAdmin
from intake.registry import platform_get

FIELD_ID = {"acuity"}  # they want the number of the hidden question


class LinkForm(forms.Form):
    """What the platform's links can carry, and no more."""

    page_url = forms.CharField(
        label="Address of the booking page",
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://", "inputmode": "url"}),
    )
    form_field_id = forms.CharField(
        label="Number of the hidden question", max_length=20, widget=UnfoldAdminTextInputWidget
    )
    skip = forms.BooleanField(label="Skip the form", required=False, widget=UnfoldBooleanWidget)

    def __init__(self, platform: str, data: Any) -> None:
        super().__init__(data, auto_id="link-%s")
        if platform not in FIELD_ID:
            del self.fields["form_field_id"]
        if platform not in SKIPS:
            del self.fields["skip"]
        for name in UTM if platform in TELLS_UTM else ():
            self.fields[f"utm_{name}"] = forms.CharField(
                label=f"UTM {name}", max_length=200, required=False, widget=UnfoldAdminTextInputWidget
            )

    @property
    def utm(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(f"utm_{name}", "") for name in UTM}


class LinkPage(ButtonsAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._links)
        return [
            path("<path:object_id>/links/", view, name="bookings_bookingsettings_links"),
            *super().get_urls(),
        ]

    def _links(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form and, once it is filled in, the link. It reads no contact and changes nothing."""
        settings: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        source = settings.source
        platform = platform_get(source.platform)
        form = LinkForm(source.platform, request.GET if "page_url" in request.GET else None)
        link = refusal = ""
        if form.is_valid():
            try:
                link = personal_link(
                    source.platform,
                    form.cleaned_data["page_url"],
                    settings.link_key_field,
                    skip=form.cleaned_data.get("skip", False),
                    utm=form.utm,
                    form_field_id=form.cleaned_data.get("form_field_id", ""),
                )
            except LinkRefused as err:
                refusal = str(err)
            except ValueError:  # an address that is none, such as one with a broken IPv6 host
                refusal = "Enter the address of the booking page, with https:// in front."
        context = {
            **self.admin_site.each_context(request),
            "title": f"Personalised links of {source.name}",
            "opts": self.opts,
            "stored": settings,
            "platform": platform.title if platform else source.platform,
            "form": form,
            "link": link,
            "refusal": refusal,
            "may_skip": source.platform in SKIPS,
        }
        return TemplateResponse(request, "admin/bookings/links.html", context)
