"""Fields that are strict where a guess would cost money; `field_schemas` tells the schema what they take."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pycountry
from rest_framework import serializers

MAX_TOLD = 20  # of what is wrong in one list or object: more would make the answer longer than what was sent


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt name is told, not lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown_refuse(data, self.fields)
        return super().to_internal_value(data)


def unknown_refuse(data: dict[str, Any], known: Any) -> None:
    """Raises: ValidationError that names what is not among the known, and the known."""
    unknown = sorted(set(data) - set(known))
    if unknown:
        others = f"known here are {', '.join(known)}" if known else "none is known here"
        sentence = f"There is no such field; {others}."
        raise serializers.ValidationError({name: [sentence] for name in unknown[:MAX_TOLD]})


class TextField(serializers.CharField):
    """Text, never a number or true/false; blank unless `required`. Blanks around it are cut off."""

    default_error_messages = {"invalid": "This should be text."}

    def __init__(self, **kwargs: Any) -> None:
        required = kwargs.setdefault("required", False)
        if not required:
            kwargs.setdefault("default", "")
        super().__init__(**{"allow_blank": not required, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class AmountField(serializers.DecimalField):
    """A Decimal, written as a string or as a number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=6, **kwargs)

    @property
    def pattern(self) -> str:
        """Of an amount written as a string."""
        sign = "" if self.min_value is not None else "-?"
        return rf"^{sign}([0-9]{{1,12}}(\.[0-9]{{0,6}})?|\.[0-9]{{1,6}})$"

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Empty text is no amount: who means none says null, or nothing."""
        return serializers.Field.validate_empty_values(self, data)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not re.fullmatch(self.pattern, data):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """JSON's true or false, and no other word or number for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryFlagField(serializers.BooleanField):
    """The same in an address, where everything is text."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class MomentField(serializers.DateTimeField):
    """A time that says which zone it means. It is kept in UTC: databases take fewer offsets than ISO 8601."""

    default_error_messages = {
        "naive": "Give the time with its offset, such as 2025-10-07T14:50:23-04:00.",
        "year": "Give a time between the years 1900 and 9999.",
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        if not 1900 < value.year < 9999:
            self.fail("year")
        return value.astimezone(UTC)


class CurrencyField(TextField):
    default_error_messages = {"unknown": "{value} is no ISO 4217 currency; give one such as USD."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=3, **{"required": not kwargs.get("allow_blank"), **kwargs})

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code and code not in currencies():
            self.fail("unknown", value=code)
        return code


@cache
def currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


class ListField(serializers.ListField):
    """A list that is counted before its entries are looked at, and tells of the first wrong ones."""

    default_error_messages = {"many": "There are {count} entries; at most {most} are taken."}

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        self.most = max_length
        super().__init__(max_length=max_length, **kwargs)

    def run_child_validation(self, data: Any) -> list[Any]:
        if len(data) > self.most:
            self.fail("many", count=len(data), most=self.most)
        values: list[Any] = []
        problems: dict[int, Any] = {}
        for position, entry in enumerate(data):
            try:
                values.append(self.child.run_validation(entry))
            except serializers.ValidationError as err:
                problems[position] = err.detail
            if len(problems) == MAX_TOLD:
                break
        if problems:
            raise serializers.ValidationError(problems)  # type: ignore[arg-type]
        return values


class TextsField(ListField):
    """Texts; those that are blank are left out."""

    def __init__(self, *, text_length: int, **kwargs: Any) -> None:
        super().__init__(child=TextField(max_length=text_length), default=list, **kwargs)

    def run_child_validation(self, data: Any) -> list[Any]:
        return [text for text in super().run_child_validation(data) if text]
