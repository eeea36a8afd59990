"""Deliveries and their events: what came, what became of it, and "process again" for what is parked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join

from intake.admin.readonly import ReadOnlyAdmin, preformatted
from intake.deliveries import event_reprocess
from intake.models.events import InboundEvent
from intake.models.polling import Reading
from intake.registry import platform_get

PREVIEW_BYTES = 20_000
MOST_CHILDREN = 100
MOST_SOURCES = 200  # that many are offered; others are found by searching for their name


class OwnSources(admin.RelatedFieldListFilter):
    """Only the shops of the person's own merchants are offered; a choice of another one finds nothing."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        sources = model_admin.admin_site.get_model_admin(field.remote_field.model).get_queryset(request)
        return list(sources.order_by("name").values_list("pk", "name")[:MOST_SOURCES])


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    merchant_path = "source__connection__merchant"
    list_display = ["__str__", "source", "channel", "state", "received_at", "delivery_id", "problem"]
    list_filter = ["state", "channel", ("source", OwnSources)]
    list_select_related = ["source"]
    search_fields = ["name", "problem", "delivery_id", "source__name"]
    search_help_text = "By the event's name, the shop's delivery id, the problem or the shop's name."
    ordering = ["-id"]
    change_form_template = "admin/intake/inboundevent/change_form.html"
    fields = (
        "source",
        "channel",
        "name",
        "state",
        "problem",
        "why",
        "look",
        "received_at",
        "parsed_at",
        "attempts",
        "not_before",
        "delivery",
        "events",
        "delivery_id",
        "kept_headers",
        "content_type",
        "raw",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the bodies: the list would read megabytes."""
        return super().get_queryset(request).defer("body", "detail")

    def get_urls(self) -> list[URLPattern]:
        return [self.action_url("reprocess", self._reprocess), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        event: Any = self.get_object(request, object_id)
        is_parked = event.state == InboundEvent.State.PARKED
        context = {"may_reprocess": is_parked and self.may_act(request, event)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    @admin.display(description="Detail")
    def why(self, event: InboundEvent) -> str:
        return preformatted(event.detail) if event.detail else "-"

    @admin.display(description="Reading from the shop")
    def look(self, event: InboundEvent) -> str:
        """How the reading of its subject went, where that is read instead of taking the event's word."""
        reading = event.reading
        if reading is None:
            return "-"
        platform, state = platform_get(event.source.platform), Reading.State
        subject = f"{platform.subject.capitalize() if platform else 'Id'} {reading.refresh_id}"
        match reading.state:
            case state.DONE:
                return f"{subject} was read from the shop."
            case state.FAILED:
                return f"{subject} could not be read: {reading.problem} The event counts for what it says."
            case state.RUNNING:
                return f"{subject} is being read from the shop."
            case _:
                return f"{subject} is to be read from the shop; the event waits for that."

    @admin.display(description="Headers kept")
    def kept_headers(self, event: InboundEvent) -> str:
        rows = sorted((str(name), str(value)) for name, value in event.headers.items())
        return format_html_join("", "<code>{}: {}</code><br>", rows) or "-"

    @admin.display(description="Body")
    def raw(self, event: InboundEvent) -> str:
        body = bytes(event.body)
        text = body[:PREVIEW_BYTES].decode(errors="replace")
        cut = f"\n… the first {PREVIEW_BYTES} of {len(body)} bytes" if len(body) > PREVIEW_BYTES else ""
        return preformatted(text + cut)

    @admin.display(description="Came in")
    def delivery(self, event: InboundEvent) -> str:
        return _link(event.parent_id, f"delivery #{event.parent_id}") if event.parent_id else "-"

    @admin.display(description="Events in it")
    def events(self, event: InboundEvent) -> str:
        rows = event.children.order_by("position").values_list("pk", "name", "state")[:MOST_CHILDREN]
        links = format_html_join("", "<li>{} {}</li>", ((_link(pk, name), state) for pk, name, state in rows))
        return format_html("<ul>{}</ul>", links) if links else "-"

    def _reprocess(self, request: HttpRequest, event: InboundEvent) -> None:
        if event_reprocess(event.pk):
            self.log_change(request, event, "Put back to be processed again.")
            messages.success(request, "It is being processed again; load the page anew in a moment.")
        else:
            messages.info(request, "It is not parked any more.")


def _link(event_id: int, text: str) -> str:
    url = reverse("admin:intake_inboundevent_change", args=[event_id])
    return format_html('<a class="underline" href="{}">{}</a>', url, text or f"#{event_id}")
