"""What all views of the API share: the caller is a source, and what it posts is stored before it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, Throttled, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from intake.api.authentication import ApiKeyAuthentication, ApiPrincipal
from intake.api.fields import StrictSerializer
from intake.api.filters import NoFilters
from intake.json_text import NotJson, json_read
from intake.models.sources import Source
from intake.request_body import BodyRefused, body_read

_MAX_ID_DIGITS = 18  # all of them fit a bigint


class JsonAlone(BaseContentNegotiation):
    """JSON is what is answered, whatever was asked for."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ApiKeyThrottle(SimpleRateThrottle):
    """So many requests per key, so that one shop's program cannot take the place of the others."""

    scope = "api_key"

    def get_rate(self) -> str | None:
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        return str(rate) if rate else None

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.user, ApiPrincipal):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class ApiKeyView(APIView):
    """A view whose caller is a source."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [ApiKeyThrottle]
    content_negotiation_class = JsonAlone

    def source(self, request: Request) -> Source:
        if not isinstance(request.user, ApiPrincipal):
            raise Http404
        return request.user.source

    def listed(
        self, request: Request, rows: QuerySet[Any], shown: Callable[[Any], dict[str, Any]]
    ) -> Response:
        """A page of the rows, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        answer: Response = pages.get_paginated_response([shown(row) for row in page])
        return answer

    def throttled(self, request: Request, wait: float) -> NoReturn:
        """The sentence goes on with when to come again, and so does the header Retry-After."""
        raise Throttled(wait, f"This key has sent more than {ApiKeyThrottle().get_rate()} requests.")


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size = 50

    def decode_cursor(self, request: Request) -> Cursor | None:
        """A cursor that nobody gave out is a wrong filter, not a page that is missing."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound as err:
            raise _foreign_cursor() from err
        place = cursor.position if cursor is not None else None
        if place is not None and not is_row_id(str(place)):
            raise _foreign_cursor()
        return cursor


def is_row_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS


def _foreign_cursor() -> ValidationError:
    return ValidationError({"cursor": ["Use `next` or `previous` of a page as it is."]})


def filters_of(request: Request, filters: type[serializers.Serializer[Any]] = NoFilters) -> dict[str, Any]:
    """What the query asks for. Raises: ValidationError for a filter that is not known, or given twice."""
    asked = request.query_params
    twice = [name for name, values in asked.lists() if len(values) > 1]
    if twice:
        raise ValidationError({name: ["Give it once."] for name in twice[:20]})
    serializer = filters(data=asked.dict())
    serializer.is_valid(raise_exception=True)
    return {name: value for name, value in serializer.validated_data.items() if name != "cursor"}


def posted(request: Request, serializer: type[StrictSerializer]) -> tuple[bytes, dict[str, Any]]:
    """The body and what it says. Refuse nonsense at once: whoever sent it is there to read why."""
    try:
        body = body_read(request._request)
        said = json_read(body)
    except BodyRefused as err:
        refused = APIException(err.message)
        refused.status_code = err.status
        raise refused from err
    except NotJson as err:
        raise ValidationError({"detail": str(err)}) from err
    checked = serializer(data=said)
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return body, values
