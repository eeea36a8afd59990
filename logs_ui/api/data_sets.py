"""`/api/v1/datasets/`: a program pulls the rows of a data set, and later what changed and what is gone."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from intake.api.fields import StrictSerializer
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer
from intake.api.views import ApiKeyView, filters_of
from reports.models import DataSet
from reports.selectors import changes_of

MOST_ROWS = 1000
LARGEST_CHANGE = 2**63 - 1
LISTED = 500
SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The short name of the data set.")


class PrunedAway(APIException):
    """The changes since then are no longer whole."""

    status_code = 410


class ColumnSerializer(serializers.Serializer[Any]):
    """A column: its name in the CRM's API and what it holds."""

    name = serializers.CharField()
    label = serializers.CharField(help_text="May be empty.")  # type: ignore[assignment]
    type = serializers.CharField(help_text="id, number, decimal (as text), date, time (UTC), flag or text.")
    gone = serializers.BooleanField(help_text="The CRM no longer tells it.")


class DataSetSerializer(serializers.Serializer[Any]):
    """One data set of the key's connection."""

    slug = serializers.CharField()
    name = serializers.CharField()
    report = serializers.CharField()
    app = serializers.CharField(help_text="The CRM app that it is read from.")
    rows = serializers.IntegerField()
    complete_as_of = serializers.DateTimeField(allow_null=True)
    columns = ColumnSerializer(many=True)


class DataSetPageSerializer(serializers.Serializer[Any]):
    """All data sets of the key's connection."""

    results = DataSetSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """A row as it is since that change; `deleted` rows have no values."""

    change = serializers.IntegerField()
    key = serializers.CharField()
    deleted = serializers.BooleanField()
    values = serializers.DictField(help_text="By column. Null and blank differ.")


class ChangePageSerializer(serializers.Serializer[Any]):
    """Changes, the oldest first. Ask again with `after` = `next_after` until `more` is false."""

    results = ChangeSerializer(many=True)
    next_after = serializers.IntegerField()
    more = serializers.BooleanField()


class ChangeFilters(StrictSerializer):
    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_CHANGE,
        help_text="Changes after this one; 0, or none, is from the beginning.",
    )
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_ROWS, help_text="At most so many; 1000 unless told."
    )


class DataSetListView(ApiKeyView):
    @extend_schema(
        operation_id="datasets_list",
        parameters=HEADERS,
        examples=[
            OpenApiExample(
                "Contacts",
                value={
                    "results": [
                        {
                            "slug": "contacts",
                            "name": "Contacts",
                            "report": "data-query",
                            "app": "ab123",
                            "rows": 20_114,
                            "complete_as_of": "2026-11-28T10:00:02Z",
                            "columns": [{"name": "Id", "label": "", "type": "id", "gone": False}],
                        }
                    ]
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
        responses={200: DataSetPageSerializer, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """List the data sets of the connection that the key's source sends to."""
        filters_of(request)
        rows = DataSet.objects.filter(connection=self.source(request).connection_id)
        return Response({"results": [_told(row) for row in rows.select_related("connection")[:LISTED]]})


class DataSetRowsView(ApiKeyView):
    @extend_schema(
        operation_id="datasets_rows",
        parameters=[SLUG, ChangeFilters, *HEADERS],
        examples=[
            OpenApiExample(
                "A row and a deleted one",
                value={
                    "results": [
                        {
                            "change": 41,
                            "key": "12",
                            "deleted": False,
                            "values": {"Id": 12, "FirstName": "Ada", "City": None},
                        },
                        {"change": 42, "key": "14", "deleted": True, "values": {}},
                    ],
                    "next_after": 42,
                    "more": False,
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
        responses={200: ChangePageSerializer, 404: ProblemSerializer, 410: ProblemSerializer, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Read a data set's rows, each with its latest change, and the keys of those that are gone. What a
        run reads is seen once the run is complete, all of it at once."""
        asked = filters_of(request, ChangeFilters)
        after, limit = asked.get("after", 0), asked.get("limit", MOST_ROWS)
        connection_id = self.source(request).connection_id
        row = DataSet.objects.filter(connection=connection_id, slug=slug[:40]).first()
        if row is None:
            raise Http404
        if 0 < after < row.pruned_to:
            raise PrunedAway(
                "Deleted rows of that time are no longer told. Read from the beginning, into an empty table."
            )
        found = list(changes_of(row).filter(id__gt=after).order_by("id")[: limit + 1])
        page = found[:limit]
        results = [
            {"change": each.pk, "key": each.key, "deleted": each.gone, "values": each.values} for each in page
        ]
        next_after = page[-1].pk if page else after
        return Response({"results": results, "next_after": next_after, "more": len(found) > limit})


def _told(row: DataSet) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "report": row.report,
        "app": row.connection.bound_app,
        "rows": row.row_count,
        "complete_as_of": row.began_at,
        "columns": row.schema,
    }
