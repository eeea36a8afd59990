"""The top of a shop's page: what comes in, and the buttons that try, ask and fetch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from intake.admin.readonly import ButtonsAdmin
from intake.admin.source_panels import source_panels
from intake.fetch_record import FetchRefused, record_fetch
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.polling.catchups import MOST_DAYS, OPEN, CatchupRefused, catchup_cancel, catchup_start
from intake.polling.polling import shop_check
from intake.shop_api import ShopError
from intake.sources import shop_credentials_forget, signing_secret_before_drop
from intake.test_event import SendRefused, send_test_event
from intake.watch.notices import parked_path
from intake.watch.overview import catchups_of, overview_of

USUAL_DAYS = 7
PROGRESS = "admin/intake/source/_catchups.html"
_State = InboundEvent.State
# What became of a test event, for whoever sent it.
_TOLD = {
    _State.STORED: (
        messages.WARNING,
        "It is stored and waits to be processed; load the page anew in a moment.",
    ),
    _State.PARKED: (messages.ERROR, "It was taken, and then parked: {problem}"),
    _State.IGNORED: (messages.WARNING, "It was taken, and not used: {problem}"),
}
_WELL = (
    "The test event was taken and read. It is made so that nothing of it is sent to the CRM. See “Last test "
    "event” below."
)


class DaysForm(forms.Form):
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS)


class RecordForm(forms.Form):
    refresh_id = forms.CharField(max_length=100)


class SourceInflow(ButtonsAdmin):
    def get_urls(self) -> list[URLPattern]:
        progress = self.admin_site.admin_view(self._progress)
        return [
            self.action_url("try", self._send_test_event),
            self.action_url("check", self.shop_tell),
            self.action_url("fetch", self._fetch),
            self.action_url("fetch-record", self._fetch_record),
            self.action_url("cancel", self._cancel),
            self.action_url("drop-secret", self._drop_secret),
            self.action_url("forget", self._forget),
            path("<path:object_id>/progress/", progress, name="intake_source_progress"),
            *(pattern for panel in source_panels for pattern in panel.urls(self)),
            *super().get_urls(),
        ]

    def inflow_context(self, request: HttpRequest, source: Source) -> dict[str, Any]:
        overview = overview_of(source, timezone.now())
        return {
            "inflow": overview,
            "parked_url": parked_path(source.pk),
            "who": overview.platform.called if overview.platform else "shop",
            "what": overview.platform.subject if overview.platform else "order",
            "may_act": self.may_act(request, source),
            "usual_days": USUAL_DAYS,
            "most_days": MOST_DAYS,
            **self._catchups_context(request, source),
            "panels": source_panels,
            **{
                name: value
                for panel in source_panels
                for name, value in panel.context(request, source, overview).items()
            },
        }

    def _catchups_context(self, request: HttpRequest, source: Source) -> dict[str, Any]:
        catchups = catchups_of(source)
        return {
            "source": source,
            "may_act": self.may_act(request, source),
            "open_catchup": next((one for one in catchups if one.state in OPEN), None),
            "ended_catchups": [one for one in catchups if one.state not in OPEN],
        }

    def _progress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How far the fetching is, for the page that shows it already. There is nothing here to post to."""
        source: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return render(request, PROGRESS, self._catchups_context(request, source))

    def _send_test_event(self, request: HttpRequest, source: Source) -> None:
        try:
            event = send_test_event(source, timezone.now())
        except SendRefused as err:
            messages.error(request, str(err))
            return
        self.log_change(request, source, "Sent a test event.")
        level, sentence = _TOLD.get(_State(event.state), (messages.SUCCESS, _WELL))
        messages.add_message(request, level, sentence.format(problem=event.problem))

    def shop_tell(self, request: HttpRequest, source: Source) -> None:
        """Ask the shop's API something cheap and say what it answered. No transaction may be open here."""
        try:
            messages.success(request, f"Asked: {shop_check(source)}")
        except ShopError as err:
            messages.warning(request, f"Asked, and that failed: {err.message}")

    def _fetch(self, request: HttpRequest, source: Source) -> None:
        form = DaysForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"Choose between 1 and {MOST_DAYS} days.")
            return
        days = form.cleaned_data["days"]
        try:
            catchup_start(source, days, request.user if request.user.is_authenticated else None)
        except CatchupRefused as err:
            messages.error(request, str(err))
            return
        self.log_change(request, source, f"Asked for the last {days} days.")
        messages.success(request, "It is being asked; how far it is stands below.")

    def _fetch_record(self, request: HttpRequest, source: Source) -> None:
        form = RecordForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Give one id, as it is known there.")
            return
        try:
            sentence = record_fetch(source, form.cleaned_data["refresh_id"])
        except FetchRefused as err:
            messages.error(request, str(err))
            return
        self.log_change(request, source, "Asked for one by its id.")
        messages.success(request, sentence)

    def _cancel(self, request: HttpRequest, source: Source) -> None:
        catchup = next((one for one in catchups_of(source) if one.state in OPEN), None)
        if catchup is not None and catchup_cancel(catchup):
            messages.success(request, "Cancelled. What was read by then stays.")
        else:
            messages.info(request, "Nothing is being fetched any more.")

    def _drop_secret(self, request: HttpRequest, source: Source) -> None:
        if signing_secret_before_drop(source):
            self.log_change(request, source, "Dropped the signing secret before.")
            messages.success(
                request, "Dropped: only deliveries signed with the present secret are taken now."
            )
        else:
            messages.info(request, "There was no secret before the present one.")

    def _forget(self, request: HttpRequest, source: Source) -> None:
        if shop_credentials_forget(source):
            self.log_change(request, source, "Removed the credentials of its API.")
            messages.success(request, "Removed: it is not asked any more.")
        else:
            messages.info(request, "There were no credentials.")
