"""`/api/v1/replications/`: a shop's own program reads what became of its orders, carts and affiliates."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer, page_of
from intake.api.views import ApiKeyView, filters_of, is_row_id
from logs_ui.api.examples import DETAIL_EXAMPLES, LIST_EXAMPLES
from logs_ui.api.presenters import detail_values, replication_values
from logs_ui.api.selectors import source_replications
from logs_ui.api.serializers import (
    ReplicationDetailSerializer,
    ReplicationFilters,
    ReplicationSerializer,
)
from logs_ui.log import selectors


class ReplicationListView(ApiKeyView):
    @extend_schema(
        operation_id="replications_list",
        parameters=[ReplicationFilters, *HEADERS],
        examples=LIST_EXAMPLES,
        responses={200: page_of(ReplicationSerializer), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """List the replications of the key's source, newest first. "What became of order X" is
        `?shop_order_id=X`: the first result of kind `order` is its newest."""
        rows = source_replications(self.source(request), **filters_of(request, ReplicationFilters))
        return self.listed(request, rows, lambda row: replication_values(row, request))


class ReplicationDetailView(ApiKeyView):
    @extend_schema(
        operation_id="replications_read",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH), *HEADERS],
        examples=DETAIL_EXAMPLES,
        responses={200: ReplicationDetailSerializer, 404: ProblemSerializer, **PROBLEMS},
    )
    def get(self, request: Request, pk: str) -> Response:
        """Read one replication of the key's source, with its decisions, steps and attempts."""
        filters_of(request)
        rows = source_replications(self.source(request)).defer(None)
        row = rows.filter(pk=int(pk)).first() if is_row_id(pk) else None
        if row is None:
            raise Http404
        entries, attempts = selectors.journal_of(row), selectors.attempts_of(row)
        return Response(detail_values(row, entries, attempts, request))
