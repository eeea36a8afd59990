"""The hosts of a booking source: who is connected, as which CRM user."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.admin.sections import PICKS
from bookings.hosts import (
    MOST_HOSTS,
    bookings_skipped,
    bookings_skipped_send,
    host_connect,
    host_disconnect,
    hosts_met,
    users_by_email,
)
from bookings.models.settings import BookingHost, BookingSettings
from intake.admin.readonly import ButtonsAdmin
from mappings.admin.base import AnyModelForm
from mappings.admin.pick_lists import LARGEST_TYPED, pick_offer
from mappings.selectors import may_resend

PER_PAGE = 50


class HostForm(AnyModelForm):
    """A new host, or other words for one that is there. A host's address stays."""

    user_id = forms.IntegerField(
        label="CRM user",
        required=False,
        min_value=1,
        max_value=LARGEST_TYPED,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "as the e-mail says", "inputmode": "numeric"}
        ),
    )

    class Meta:
        model = BookingHost
        fields = ("email", "name", "user_id")
        widgets = {"email": UnfoldAdminTextInputWidget, "name": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pick_offer("bookinghost.user_id", self.fields["user_id"], PICKS)
        self.fields["user_id"].help_text = ""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class AddressForm(forms.Form):
    email = forms.EmailField(max_length=254)


class HostPages(ButtonsAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._hosts)
        return [
            path("<path:object_id>/hosts/", view, name="bookings_bookingsettings_hosts"),
            self.action_url("host-connect", self._connect),
            self.action_url("host-disconnect", self._disconnect),
            self.action_url("host-save", self._save_host),
            path(
                "<path:object_id>/send-skipped/",
                self.admin_site.admin_view(self._send_skipped),
                name="bookings_bookingsettings_send-skipped",
            ),
            *super().get_urls(),
        ]

    def _hosts(self, request: HttpRequest, object_id: str) -> HttpResponse:
        settings: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self._hosts_page(request, settings, HostForm(auto_id="host-%s"))

    def _hosts_page(
        self, request: HttpRequest, settings: BookingSettings, form: HostForm, status: int = 200
    ) -> HttpResponse:
        sought = request.GET.get("q", "")[:200].replace("\x00", "").strip()
        rows = settings.hosts.all()
        if sought:
            rows = rows.filter(email__icontains=sought) | rows.filter(name__icontains=sought)
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        hosts = list(page.object_list)
        users = users_by_email(settings.source.connection, [host.email for host in hosts])
        context = {
            **self.admin_site.each_context(request),
            "title": f"Hosts of {settings.source.name}",
            "opts": self.opts,
            "stored": settings,
            "hosts": [(host, users.get(host.email)) for host in hosts],
            "page_obj": page,
            "sought": sought,
            "form": form,
            "met": hosts_met(settings),
            "skipped": len(bookings_skipped(settings)),
            "may_act": self.may_act(request, settings),
            "may_resend": may_resend(request.user, settings.source.connection.merchant_id),
        }
        return TemplateResponse(request, "admin/bookings/hosts.html", context, status=status)

    def _connect(self, request: HttpRequest, settings: BookingSettings) -> HttpResponse:
        if (email := _email(request)) is None:
            messages.error(request, "Which host? Give the e-mail address.")
        elif host_connect(settings, email):
            self.log_change(request, settings, f"Connected the host {email}.")
            messages.success(
                request,
                f"Connected: bookings of {email} are sent from now on. Those that were skipped meanwhile "
                "can be "
                "sent from the log.",
            )
        else:
            messages.info(request, f"{email} was connected before.")
        return self._to_hosts(settings)

    def _disconnect(self, request: HttpRequest, settings: BookingSettings) -> HttpResponse:
        email = _email(request)
        if email is not None and host_disconnect(settings, email):
            self.log_change(request, settings, f"Disconnected the host {email}.")
            messages.success(request, f"Disconnected: new bookings of {email} are stored and skipped.")
        else:
            messages.info(request, "That host is not connected.")
        return self._to_hosts(settings)

    def _save_host(self, request: HttpRequest, settings: BookingSettings) -> HttpResponse:
        email = (_email(request) or "").lower()
        known = settings.hosts.filter(email=email).first()
        if known is None and settings.hosts.count() >= MOST_HOSTS:
            messages.error(
                request, f"There are {MOST_HOSTS} hosts already; “All hosts” may serve you better."
            )
            return self._to_hosts(settings)
        form = HostForm(request.POST, instance=known or BookingHost(settings=settings), auto_id="host-%s")
        if not form.is_valid():
            return self._hosts_page(request, settings, form, status=400)
        host = form.save()
        self.log_change(request, settings, f"{'Changed' if known else 'Added'} the host {host.email}.")
        messages.success(
            request,
            f"Saved: {host.email}." if known else f"Added: {host.email}. Connect it to send its bookings.",
        )
        return self._to_hosts(settings)

    def _send_skipped(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For whoever may resend, as in the log."""
        settings: Any = self.get_object(request, unquote(object_id))
        if not may_resend(request.user, settings.source.connection.merchant_id):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        waiting = bookings_skipped_send(settings, request.user)  # type: ignore[arg-type]
        if waiting.refused:
            messages.warning(request, f"Not all were sent. {waiting.refused}")
        if waiting.sent:
            many = f"{waiting.sent} bookings are" if waiting.sent > 1 else "One booking is"
            rest = f" {waiting.left} wait on: press again for the next." if waiting.left else ""
            messages.success(request, f"{many} on the way.{rest}")
        elif not waiting.refused:
            messages.info(
                request, "There is none that was skipped for want of its host and could be sent now."
            )
        return self._to_hosts(settings)

    def _to_hosts(self, settings: BookingSettings) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:bookings_bookingsettings_hosts", args=[settings.pk]))


def _email(request: HttpRequest) -> str | None:
    form = AddressForm(request.POST)
    return str(form.cleaned_data["email"]) if form.is_valid() else None
