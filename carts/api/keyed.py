"""What all views of the API share: the caller is a source, and what it posts is stored before it is read."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from carts.api.authentication import ApiKeyAuthentication, ApiPrincipal
from carts.api.fields import StrictSerializer, TextField
from carts.api.throttling import ApiKeyThrottle
from carts.bodies import BodyRefused, body_read
from carts.json_text import NotJson, json_read
from carts.models import InboundEvent, Order, Source
from carts.models.others import ToldByShop
from carts.services import delivery_store, event_process


class KeyedView(APIView):
    """A view whose caller is a source."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [ApiKeyThrottle]

    def source(self, request: Request) -> Source:
        principal = request.user
        if not isinstance(principal, ApiPrincipal):
            raise Http404
        return principal.source


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size = 50


class PageFilters(StrictSerializer):
    cursor = TextField(help_text="From `next` or `previous` of the page before.")


class _Refused(APIException):
    def __init__(self, err: BodyRefused) -> None:
        super().__init__(err.message)
        self.status_code = err.status


def filters_of(request: Request, filters: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """What the query asks for. Raises: ValidationError for a filter that is not known."""
    serializer = filters(data=request.query_params.dict())
    serializer.is_valid(raise_exception=True)
    return {name: value for name, value in serializer.validated_data.items() if name != "cursor"}


def posted(request: Request, serializer: type[StrictSerializer]) -> tuple[bytes, dict[str, Any]]:
    """The body and what it says. Refuse nonsense at once: whoever sent it is there to read why."""
    try:
        body = body_read(request._request)
        checked = serializer(data=json_read(body))
    except BodyRefused as err:
        raise _Refused(err) from err
    except NotJson as err:
        raise ValidationError({"detail": str(err)}) from err
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return body, values


def take(request: Request, source: Source, body: bytes, name: str) -> InboundEvent:
    """Store what was posted, apply it, and return what became of it."""
    content_type = request.headers.get("Content-Type", "")
    event = delivery_store(source, body, content_type, InboundEvent.Channel.API, name=name, wake=False)
    event_process(event.pk, timezone.now())
    event.refresh_from_db(fields=["state", "problem"])
    return event


def answer(event: InboundEvent, row: Order | ToldByShop | None, stored: dict[str, Any] | None) -> Response:
    """201 if the row is new, 200 if it is known, 202 if it is stored but could not be applied at once."""
    if row is None or event.state in (InboundEvent.State.STORED, InboundEvent.State.PARKED):
        detail = event.problem or "It is stored and will be applied in a moment."
        return Response({"stored": event.pk, "detail": detail}, status=202)
    is_new = event.state == InboundEvent.State.APPLIED and row.created_at >= event.received_at
    return Response(stored, status=201 if is_new else 200)
