"""The OpenAPI page of the REST API: what is answered, and the page itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong: `detail`, or the name of each wrong field with its sentences."""

    detail = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """Stored, not applied yet."""

    stored = serializers.IntegerField()
    detail = serializers.CharField()


PROBLEMS = {400: ProblemSerializer, 401: ProblemSerializer, 429: ProblemSerializer}


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
