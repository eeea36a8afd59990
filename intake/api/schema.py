"""The OpenAPI page of the REST API: what is answered, and the page itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers

from intake.api import field_schemas  # noqa: F401  registers how the fields are described


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong, in a sentence."""

    detail = serializers.CharField()


class FieldProblemsSerializer(serializers.Serializer[Any]):
    """What is wrong, by the name of each wrong field: its sentences, or the same again for the fields in it.
    `detail` and `non_field_errors` stand for the whole.
    """


class TakenSerializer(serializers.Serializer[Any]):
    """Stored, not applied yet."""

    stored = serializers.IntegerField()
    detail = serializers.CharField()


PROBLEMS = {400: FieldProblemsSerializer, 401: ProblemSerializer, 429: ProblemSerializer}
HEADERS = [
    OpenApiParameter(
        "Retry-After",
        int,
        OpenApiParameter.HEADER,
        response=[429],
        description="Seconds until the next request.",
    ),
    OpenApiParameter(
        "WWW-Authenticate", str, OpenApiParameter.HEADER, response=[401], description="`Api-Key`"
    ),
]


@cache
def page_of(stored: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The shape of a page of such entries."""
    name = stored.__name__.removeprefix("Stored").removesuffix("Serializer")
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": stored(many=True),
    }
    return type(f"{name}PageSerializer", (serializers.Serializer,), fields)


class SchemaView(SpectacularAPIView):
    """Public: it tells how to talk to the API, nothing about anybody."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
