"""What a platform told, as it is kept: JSON, and a hash that is equal for equal content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from types import UnionType
from typing import Any, Self, TypeVar, get_args, get_origin, get_type_hints

DataT = TypeVar("DataT")


class StoredData:
    """What is kept of it: JSON, and a hash of that without the time the delivery claims."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_encoded))  # type: ignore[call-overload]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return data_from(cls, data)

    def content_hash(self) -> str:
        """Equal for equal content, whatever time the delivery claims."""
        data = self.to_json()
        data.pop("version_at", None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def data_from(kind: type[DataT], values: Mapping[str, Any]) -> DataT:
    """Make a dataclass, and those in it, of its JSON or of what a serializer read of that."""
    build: Any = kind
    made = dict(values)
    for name, convert in _converters(build).items():
        if made.get(name) is not None:
            made[name] = convert(made[name])
    data: DataT = build(**made)
    return data


@cache
def _converters(kind: Any) -> dict[str, Callable[[Any], Any]]:
    found = {name: _converter(hint) for name, hint in get_type_hints(kind).items()}
    return {name: convert for name, convert in found.items() if convert is not None}


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """What makes a value of the type; None where JSON has it already."""
    if get_origin(hint) is UnionType:  # of a type and None
        return _converter(get_args(hint)[0])
    if get_origin(hint) is tuple:
        each = _converter(get_args(hint)[0])
        return (lambda values: tuple(map(each, values))) if each else tuple
    if not isinstance(hint, type):
        return None
    if hint is datetime:
        return lambda at: datetime.fromisoformat(at) if isinstance(at, str) else at
    if is_dataclass(hint):
        return partial(data_from, hint)
    return hint if issubclass(hint, Decimal | StrEnum) else None


def _encoded(value: object) -> str:
    """One text per value: 5 and 5.00 are the same amount, two offsets may be the same moment."""
    if isinstance(value, Decimal):
        return f"{(value + 0).normalize():f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} has no place in what is stored")
