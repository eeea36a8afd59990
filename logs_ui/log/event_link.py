"""The way from an order to the raw delivery it came from, for whoever may read that."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from intake.models import InboundEvent
from logs_ui.log.presenters import admin_url


def event_url(request: HttpRequest, event_id: int | None) -> str:
    """The admin page of the event; empty if there is none or the person may not open it."""
    if event_id is None or not _may_see_events(request):
        return ""
    return admin_url("intake_inboundevent_change", event_id)


def parked_events_url(request: HttpRequest) -> str:
    """The admin's list of the deliveries that could not be taken in; empty if the person may not open it."""
    if not _may_see_events(request):
        return ""
    return f"{admin_url('intake_inboundevent_changelist')}?state__exact={InboundEvent.State.PARKED}"


def _may_see_events(request: HttpRequest) -> bool:
    if not admin.site.is_registered(InboundEvent):
        return False
    return bool(admin.site.get_model_admin(InboundEvent).has_view_permission(request))
