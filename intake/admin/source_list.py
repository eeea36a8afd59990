"""The list of the shops: how each is, when it was last heard of, and what waits for a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.decorators import display

from intake.admin.readonly import ButtonsAdmin
from intake.models.sources import Source
from intake.watch.notices import SILENCE, parked_path
from intake.watch.parked import parked_numbers
from intake.watch.silence import Flow, flow_of, with_last_deliveries
from intake.watch.states import TITLES, failing, state_of
from mappings.models import Notice

LABELS = {
    "problem": "danger",
    "silent": "danger",
    "parked": "warning",
    "flowing": "success",
    "quiet": "info",
    "never": "info",
    "off": "default",
}


def with_list_facts(sources: QuerySet[Source]) -> QuerySet[Source]:
    """With what the list shows of each; silence is what the last check, a minute ago, told."""
    cause = Concat(Value(SILENCE), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    silent = Notice.objects.filter(cause=cause, connection=OuterRef("connection"), resolved_at=None)
    return with_last_deliveries(sources, timezone.now()).annotate(is_silent=Exists(silent))


class SourceList(ButtonsAdmin):
    list_display = ["name", "state", "last_event", "parked_events", "platform", "connection"]
    list_filter = ["enabled", "platform"]
    search_fields = ["name", "slug", "connection__merchant__name"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # Only the rows of the page, in their order.
        shown = list(changelist.result_list)
        parked = parked_numbers([row.pk for row in shown])
        facts = with_list_facts(Source.objects.order_by().only("pk")).in_bulk([row.pk for row in shown])
        for row in shown:
            fact: Any = facts[row.pk]
            row.last_any, row.is_silent = fact.last_any, fact.is_silent
            row.parked_number = parked.get(row.pk, 0)
        changelist.result_list = shown
        return changelist

    @display(description="State", label=LABELS)  # type: ignore[untyped-decorator]
    def state(self, source: Any) -> tuple[str, str]:
        now = timezone.now()
        silent = source.is_silent and source.last_any is not None
        found = state_of(
            source,
            flow=Flow.SILENT if silent else flow_of(source, source.last_any, now),
            parked=source.parked_number,
            is_failing=failing(getattr(source, "poller", None), now),
        )
        return found.value, TITLES[found]

    @admin.display(description="Last delivery")
    def last_event(self, source: Any) -> str:
        if source.last_any is None:
            return "never"
        return f"{timesince(source.last_any, depth=1)} ago"

    @admin.display(description="Parked")
    def parked_events(self, source: Any) -> str:
        if not source.parked_number:
            return "-"
        return format_html(
            '<a class="underline" href="{}">{}</a>', parked_path(source.pk), f"{source.parked_number:,}"
        )
