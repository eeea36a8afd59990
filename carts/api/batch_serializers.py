"""The JSON of a batch. A row is checked by its own serializer, so that a bad one stops no other."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from carts.api.kinds import ORDER
from carts.api.order_serializers import HISTORY_HELP
from carts.api.resources import RESOURCES
from intake.api.fields import FlagField, ListField, StrictSerializer

MAX_ROWS = 200


def _row(kind: str) -> type[StrictSerializer]:
    fields: dict[str, Any] = {
        "__doc__": f"One row of kind `{kind}`.",
        "kind": serializers.ChoiceField([kind]),
        "data": RESOURCES[kind].serializer(),
    }
    if kind == ORDER:
        fields["history"] = FlagField(default=False, help_text=HISTORY_HELP)
    return type(f"{kind.capitalize()}RowSerializer", (StrictSerializer,), fields)


ROWS = {kind: _row(kind) for kind in RESOURCES}


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
