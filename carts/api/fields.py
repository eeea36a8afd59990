"""Fields that are strict where a guess would cost money."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pycountry
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt name is told, not lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(self.fields)
                raise serializers.ValidationError(
                    dict.fromkeys(unknown[:20], f"There is no such field; known here are {known}.")
                )
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text, never a number or true/false; blank unless `required`."""

    default_error_messages = {"invalid": "This should be text."}

    def __init__(self, **kwargs: Any) -> None:
        required = kwargs.setdefault("required", False)
        if not required:
            kwargs.setdefault("default", "")
        super().__init__(allow_blank=not required, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class AmountField(serializers.DecimalField):
    """A Decimal, written as a string or as a number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=6, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float | Decimal):
            self.fail("invalid")
        return super().to_internal_value(data)


class MomentField(serializers.DateTimeField):
    """A time that says which zone it means."""

    default_error_messages = {
        "naive": "Give the time with its offset, such as 2025-10-07T14:50:23-04:00.",
        "year": "Give a time between the years 1900 and 9999.",
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        if not 1900 < value.year < 9999:
            self.fail("year")
        return value


class CurrencyField(serializers.CharField):
    default_error_messages = {"unknown": "{value} is no ISO 4217 currency; give one such as USD."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=3, max_length=3, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code and code not in _currencies():
            self.fail("unknown", value=code)
        return code


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)
