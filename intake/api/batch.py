"""`/api/v1/batch/`: up to two hundred rows of any kind in one request, each with a fate of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from intake.api.fields import FlagField, ListField, StrictSerializer
from intake.api.resources import accept, resources
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer
from intake.api.views import ApiKeyView, filters_of, posted
from intake.json_text import json_write
from intake.models.sources import Source

# Then the rest is only stored, so that the answer comes before whoever waits for it gives up.
APPLY_SECONDS = 15.0
MAX_ROWS = 200
MAX_ID_SHOWN = 100
# A row is checked by its own serializer, so that a bad one stops no other.
ROWS: dict[str, type[StrictSerializer]] = {
    kind: type(
        f"{kind.capitalize()}RowSerializer",
        (StrictSerializer,),
        {
            "__doc__": f"One row of kind `{kind}`.",
            "kind": serializers.ChoiceField([kind]),
            "data": resource.serializer(),
            **{name: FlagField(default=False, help_text=means) for name, means in resource.flags.items()},
        },
    )
    for kind, resource in resources().items()
}
EXAMPLE = {"rows": [row for resource in resources().values() for row in resource.batch]}
_TAKEN: dict[str, Any] = {
    "position": 0,
    "kind": "order",
    "identity": {"shop_order_id": "1001"},
    "status": 201,
    "version": 1,
    "errors": {},
    "detail": "",
}
_REFUSED: dict[str, Any] = {
    **_TAKEN,
    "position": 1,
    "identity": {"shop_order_id": "1002"},
    "status": 400,
    "version": None,
    "errors": {"total": ["A valid number is required."]},
}
EXAMPLES = [
    OpenApiExample("One row of each kind, and an old order", EXAMPLE, request_only=True),
    OpenApiExample(
        "A row taken, and one with a wrong total",
        {"results": [_TAKEN, _REFUSED]},
        response_only=True,
        status_codes=["200"],
    ),
]


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="BatchRow", serializers=dict(ROWS), resource_type_field_name="kind"
    )
)
class RowField(serializers.Field[Any, Any, Any, Any]):
    """Anything at all: what is wrong with it is told in its place."""

    def run_validation(self, data: Any = None) -> Any:
        return data


class BatchSerializer(StrictSerializer):
    """Rows of any kinds, taken one after the other."""

    rows = ListField(child=RowField(), min_length=1, max_length=MAX_ROWS)


class BatchResultSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    position = serializers.IntegerField(help_text="Of the row in `rows`, from 0.")
    kind = serializers.CharField(help_text="Of the row; empty if it is none of ours.")
    identity = serializers.DictField(
        child=serializers.CharField(), help_text="The shop's ids of it, by their fields' names."
    )
    status = serializers.ChoiceField(
        [200, 201, 202, 400],
        help_text="201: new. 200: known, whether it changed or not. 202: stored, not applied yet; `detail` "
        "says why. 400: not taken; `errors` says why.",
    )
    version = serializers.IntegerField(
        allow_null=True, help_text="Of what is now known; none with 202 and 400."
    )
    errors = serializers.DictField(  # type: ignore[assignment]
        help_text="By the field's name, as the kind's own address would answer."
    )
    detail = serializers.CharField(help_text="A sentence, with 202.")


class BatchResultsSerializer(serializers.Serializer[Any]):
    """One result per row, in the order of the rows."""

    results = BatchResultSerializer(many=True)


class BatchView(ApiKeyView):
    @extend_schema(
        operation_id="batch_put",
        parameters=HEADERS,
        request=BatchSerializer,
        examples=EXAMPLES,
        responses={200: BatchResultsSerializer, 413: ProblemSerializer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Put up to 200 rows in. Each is checked, stored and applied on its own, in their order: a bad row
        stops no other.

        The answer is 200 whatever became of the rows, and `results` says it of each. 400 means that the whole
        is no list of rows, and nothing of it was taken. Sending a batch again does nothing twice: a row that
        is known is answered 200 in its place.
        """
        source = self.source(request)
        filters_of(request)
        rows = posted(request, BatchSerializer)[1]["rows"]
        return Response({"results": list(batch_accept(source, rows, seconds=APPLY_SECONDS))})


def batch_accept(source: Source, rows: list[Any], *, seconds: float) -> Iterator[dict[str, Any]]:
    """Take each row, and tell what became of it. After so many seconds the rest is only stored."""
    until = time.monotonic() + seconds
    for position, said in enumerate(rows):
        told: dict[str, Any] = {"position": position, "version": None, "errors": {}, "detail": ""}
        told |= _names(said)
        kind = told["kind"]
        row = ROWS[kind](data=said) if kind else None
        if row is None or not row.is_valid():
            yield {**told, "status": 400, "errors": _errors(said, row)}
            continue
        values = row.validated_data
        accepted = accept(
            source,
            resources()[kind],
            json_write(said["data"]).encode(),
            values["data"],
            "application/json",
            flags=[name for name in resources()[kind].flags if values[name]],
            apply=time.monotonic() < until,
        )
        told |= {**_names(values), "status": accepted.status}
        if accepted.row is None or accepted.status == 202:
            yield {**told, "detail": accepted.detail}
        else:
            yield {**told, "version": accepted.row.version}


def _errors(said: Any, row: StrictSerializer | None) -> dict[str, Any]:
    """As the kind's own address would answer."""
    if row is None:
        is_row = isinstance(said, dict)
        no_kind = {"kind": [f"Give one of {', '.join(ROWS)}."]}
        return no_kind if is_row else {"detail": "A row is an object with `kind` and `data`."}
    errors = dict(row.errors)
    of_data = errors.pop("data", {})
    return {**errors, **(of_data if isinstance(of_data, dict) else {"data": of_data})}


def _names(row: Any) -> dict[str, Any]:
    """What the sender knows the row by, as far as it can be told from a bad one."""
    kind = row.get("kind") if isinstance(row, dict) else None
    if not isinstance(kind, str) or kind not in ROWS:
        return {"kind": "", "identity": {}}
    data = row.get("data")
    ids = {name: data.get(name) for name in resources()[kind].identity} if isinstance(data, dict) else {}
    return {
        "kind": kind,
        "identity": {name: value[:MAX_ID_SHOWN] for name, value in ids.items() if isinstance(value, str)},
    }
