"""What programs put in over the REST API, kind by kind, and the one way in: stored, applied, found again.

An app registers a `Resource` for each kind. Its address, its rows in a batch and its part of the OpenAPI page
are made of that (`intake.api.resource_views`, `intake.api.batch`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from intake.api.fields import StrictSerializer
from intake.api.filters import Filters
from intake.deliveries import delivery_store
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.platform import BadPayload
from intake.processing import event_process

LATER = "It is stored and will be applied in a moment."


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One kind of record. Its address is the kind's plural; a batch names it by the kind.

    `rows` are all that are listed; each has `source`, `version` and `created_at`. `identity` names the fields
    that tell two of them apart; each is a filter of the list too. `flags` are yes or no of how one is put in,
    with what each means. `read` makes a record of what was put in, given when it came and the flags that were
    set. `batch` has the rows that stand for it in the example of a batch.
    """

    kind: str
    rows: Callable[[], QuerySet[Any]]
    serializer: type[StrictSerializer]
    stored_serializer: type[serializers.Serializer[Any]]
    identity: tuple[str, ...]
    filters: type[Filters]
    read: Callable[[dict[str, Any], datetime, Collection[str]], object]
    stored: Callable[[Any], dict[str, Any]]
    stored_example: dict[str, Any]
    examples: Mapping[str, dict[str, Any]]
    batch: tuple[dict[str, Any], ...]
    flags: Mapping[str, str] = field(default_factory=dict)
    listed: str = "List what the key's source has told, newest first."
    put: str = "Put one in"

    @property
    def plural(self) -> str:
        return f"{self.kind}s"

    def find(self, source: Source, values: dict[str, Any]) -> Any | None:
        fields = self.filters().fields
        identity = {str(fields[name].source): values[name] for name in self.identity}
        return self.rows().filter(source=source, **identity).first()


_resources: dict[str, Resource] = {}


def resource_register(resource: Resource) -> None:
    _resources[resource.kind] = resource


def resources() -> Mapping[str, Resource]:
    """By their kinds, in the order in which they were registered."""
    return _resources


def put_read(name: str, body: object, received_at: datetime) -> object:
    """The record that a stored event of that name tells. Raises: BadPayload."""
    kind, *flags = name.split("_")
    resource = _resources.get(kind)
    if resource is None:
        raise BadPayload(f"The REST API takes nothing that is called {kind!r}.")
    serializer = resource.serializer(data=body)
    if not serializer.is_valid():
        raise BadPayload("It does not have the shape that the API asks for.", str(serializer.errors))
    return resource.read(serializer.validated_data, received_at, flags)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of what was put in; `row` is what is now known under its id."""

    event: InboundEvent
    row: Any | None

    @property
    def status(self) -> int:
        """201 if the row is new, 200 if it is known, 202 if it is stored but could not be applied at once."""
        if self.row is None or self.event.state in (InboundEvent.State.STORED, InboundEvent.State.PARKED):
            return 202
        is_new = self.event.state == InboundEvent.State.APPLIED
        return 201 if is_new and self.row.created_at >= self.event.received_at else 200

    @property
    def detail(self) -> str:
        """Why it is not applied yet."""
        return self.event.problem or LATER


def accept(
    source: Source,
    resource: Resource,
    body: bytes,
    values: dict[str, Any],
    content_type: str,
    *,
    flags: Collection[str] = (),
    apply: bool = True,
) -> Accepted:
    """Store what was put in, apply it, and tell what became of it. `values` are what `body` says.

    The event is named by the kind and the flags that are set. With `apply` false it is stored all the same,
    and a worker is woken for the rest.
    """
    name = "_".join([resource.kind, *flags])
    event = delivery_store(source, body, content_type, InboundEvent.Channel.API, name=name, wake=not apply)
    if not apply:
        return Accepted(event=event, row=None)
    event_process(event.pk, timezone.now())
    event.refresh_from_db(fields=["state", "problem"])
    return Accepted(event=event, row=resource.find(source, values))
