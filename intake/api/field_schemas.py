"""How the fields of `intake.api.fields` are described in the schema: exactly what they take.

A program made from the schema never sends what is refused.
"""

from __future__ import annotations

import inspect
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from intake.api.fields import currencies

NOT_BLANK = r"[^\s\u001c-\u001f\u0085]"
YEARS = r"^(19[0-9][1-9]|19[1-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-"
MAX_AMOUNT = 999_999_999_999


class AmountSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "intake.api.fields.AmountField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        lowest = -MAX_AMOUNT if self.target.min_value is None else int(self.target.min_value)
        number = {"type": "number", "minimum": lowest, "maximum": MAX_AMOUNT, "multipleOf": 0.000001}
        return {"oneOf": [{"type": "string", "pattern": self.target.pattern}, number]}


class MomentSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "intake.api.fields.MomentField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": YEARS}


class TextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "intake.api.fields.TextField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string"}
        if self.target.max_length is not None:
            schema["maxLength"] = self.target.max_length
        if not self.target.allow_blank:
            schema |= {"minLength": 1, "pattern": NOT_BLANK}
        return schema


class CurrencySchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "intake.api.fields.CurrencyField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Currency",
            type=ResolvedComponent.SCHEMA,
            object="Currency",
            schema={"type": "string", "enum": sorted(currencies()), "description": "An ISO 4217 code."},
        )
        auto_schema.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return (
            {"oneOf": [reference, {"type": "string", "maxLength": 0}]}
            if self.target.allow_blank
            else reference
        )


class StrictSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Fields that are not known are refused, and that is said. What is answered may grow."""

    target_class = "intake.api.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        mapped = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        schema: dict[str, Any] = mapped
        if not getattr(self.target, "answered", False):
            schema["additionalProperties"] = False
        return schema


class ProblemsSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """An object of any names: those of the wrong fields."""

    target_class = "intake.api.schema.FieldProblemsSerializer"

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        return {
            "type": "object",
            "description": inspect.getdoc(type(self.target)),
            "additionalProperties": {},
            "example": {"total": ["A valid number is required."]},
        }
