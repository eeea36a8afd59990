"""`/api/v1/batch/`: up to two hundred rows of any kind in one request, each with a fate of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api import examples
from carts.api.batch_serializers import ROWS, BatchResultsSerializer, BatchSerializer
from carts.api.resources import RESOURCES, accept
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer
from intake.api.views import ApiKeyView, filters_of, posted
from intake.json_text import json_write
from intake.models.sources import Source

# Then the rest is only stored, so that the answer comes before whoever waits for it gives up.
APPLY_SECONDS = 15.0
MAX_ID_SHOWN = 100


class BatchView(ApiKeyView):
    @extend_schema(
        operation_id="batch_put",
        parameters=HEADERS,
        request=BatchSerializer,
        examples=examples.BATCHES,
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
        try:
            kind, row = _checked(said)
        except ValidationError as err:
            yield {**told, **_names(said), "status": 400, "errors": err.detail}
            continue
        accepted = accept(
            source,
            RESOURCES[kind],
            json_write(said["data"]).encode(),
            row["data"],
            "application/json",
            history=row.get("history", False),
            apply=time.monotonic() < until,
        )
        told |= {**_names(row), "status": accepted.status}
        if accepted.row is None or accepted.status == 202:
            yield {**told, "detail": accepted.detail}
        else:
            yield {**told, "version": accepted.row.version}


def _checked(said: Any) -> tuple[str, dict[str, Any]]:
    """The row's kind and its values. Raises: ValidationError as the kind's own address would."""
    if not isinstance(said, dict):
        raise ValidationError({"detail": "A row is an object with `kind` and `data`."})
    kind = _kind(said)
    if not kind:
        raise ValidationError({"kind": [f"Give one of {', '.join(ROWS)}."]})
    row = ROWS[kind](data=said)
    if row.is_valid():
        return kind, row.validated_data
    errors = dict(row.errors)
    of_data = errors.pop("data", {})
    raise ValidationError({**errors, **(of_data if isinstance(of_data, dict) else {"data": of_data})})


def _kind(row: dict[str, Any]) -> str:
    kind = row.get("kind")
    return kind if isinstance(kind, str) and kind in ROWS else ""


def _names(row: Any) -> dict[str, Any]:
    """What the sender knows the row by, as far as it can be told from a bad one."""
    kind = _kind(row) if isinstance(row, dict) else ""
    data = row.get("data") if kind else None
    if not isinstance(data, dict):
        return {"kind": kind, "identity": {}}
    ids = {name: data.get(name) for name in RESOURCES[kind].identity}
    return {
        "kind": kind,
        "identity": {name: value[:MAX_ID_SHOWN] for name, value in ids.items() if isinstance(value, str)},
    }
