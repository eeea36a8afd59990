"""Deliveries that wait for a person, counted without reading all that ever came."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import CharField, Count, F, Func

from intake.models.events import InboundEvent

# SQLite takes the index of parked events only where the state stands in the query itself, not beside it, and
# the source could not be looked up by another index.
_PARKED = Func(template="'parked'", output_field=CharField())
_SOURCE = F("source_id") + 0


def parked_numbers(sources: Collection[int]) -> dict[int, int]:
    """How many are parked, by source; one without any is left out. Units: one query.

    Our own test events are left out: they are for the person who made them.
    """
    parked = InboundEvent.objects.filter(state=_PARKED).exclude(channel=InboundEvent.Channel.TEST)
    of_sources = parked.annotate(of_source=_SOURCE).filter(of_source__in=sources).order_by()
    return dict(of_sources.values_list("of_source").annotate(number=Count("pk")))
