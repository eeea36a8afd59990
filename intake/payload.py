"""Read what a platform sent, its JSON object field by field; every error names the field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from intake.json_text import NotJson, json_read
from intake.platform import BadPayload

MAX_TEXT = 2000
MAX_ITEMS = 1000
MAX_NUMBER = Decimal(10) ** 12
_SIX_PLACES = Decimal("0.000001")  # cuts the tail that binary floats leave: 17.950000000000003


class Node:
    """One object of the payload. A missing or null key reads as empty, never as an error."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    @property
    def values(self) -> dict[str, Any]:
        return self._values

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def holds_object(self, name: str) -> bool:
        return isinstance(self._values.get(name), dict)

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def node(self, name: str) -> Node:
        """The object of that name, an empty one if there is none."""
        value = self._values.get(name)
        if value is None:
            return Node({}, self.path(name))
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return Node(value, self.path(name))

    def nodes(self, name: str) -> list[Node]:
        """The objects of the list of that name."""
        values = self._values.get(name)
        if values is None:
            return []
        if not isinstance(values, list):
            raise self._wrong(name, "a list")
        if len(values) > MAX_ITEMS:
            raise BadPayload(f"The field {self.path(name)} has more than {MAX_ITEMS} entries.")
        found = []
        for number, value in enumerate(values):
            path = f"{self.path(name)}[{number}]"
            if not isinstance(value, dict):
                raise BadPayload(f"The field {path} should be an object.", f"It is {value!r:.200}.")
            found.append(Node(value, path))
        return found

    def text(self, name: str, limit: int = MAX_TEXT) -> str:
        """Text, trimmed; a number as its digits; what is longer than the limit is cut."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self._wrong(name, "text")
        return str(value).strip()[:limit].rstrip()

    def fields(self, names: Mapping[str, str], limit: int = MAX_TEXT) -> dict[str, str]:
        """The texts of several fields: `names` are our names, each with the shop's."""
        return {ours: self.text(name, limit) for ours, name in names.items()}

    def texts(self, name: str, limit: int) -> list[str]:
        """The texts of a list, blank ones left out, each once."""
        values = self._values.get(name)
        if values is None:
            return []
        if not isinstance(values, list) or len(values) > MAX_ITEMS:
            raise self._wrong(name, f"a list of at most {MAX_ITEMS} entries")
        entries = Node({str(number): value for number, value in enumerate(values)}, self.path(name))
        found = (entries.text(str(number), limit) for number in range(len(values)))
        return list(dict.fromkeys(text for text in found if text))

    def identifier(self, name: str, limit: int) -> str:
        """Text that means something only as a whole: too long is an error."""
        value = self.text(name)
        if len(value) > limit:
            raise BadPayload(f"The field {self.path(name)} is longer than {limit} characters; shorten it.")
        return value

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return bool(value)

    def number(self, name: str) -> Decimal | None:
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self._wrong(name, "a number")
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError) as err:
            raise self._wrong(name, "a number") from err
        if not number.is_finite() or abs(number) >= MAX_NUMBER:
            raise self._wrong(name, f"a number below {MAX_NUMBER}")
        return number.quantize(_SIX_PLACES, ROUND_HALF_EVEN)

    def money(self, name: str, part: str) -> Decimal | None:
        """A number that stands in the field, or as `part` of the object in it."""
        return self.node(name).number(part) if self.holds_object(name) else self.number(name)

    def moments(self, *names: str) -> list[datetime]:
        """Of these times the ones that are given."""
        return [moment for name in names if (moment := self.moment(name))]

    def moment(self, name: str) -> datetime | None:
        """A time with its offset."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise self._wrong(name, "a time with its offset, such as 2025-10-07T14:50:23-04:00")
        if not 1900 < moment.year < 9999:
            raise self._wrong(name, "a time between the years 1900 and 9999")
        return moment.astimezone(UTC)  # databases refuse offsets that only arithmetic knows

    def _wrong(self, name: str, wanted: str) -> BadPayload:
        return BadPayload(
            f"The field {self.path(name)} should be {wanted}.", f"It is {self._values.get(name)!r:.200}."
        )


def delivery_read(body: bytes) -> Any:
    """The JSON of a delivery. Raises: BadPayload."""
    try:
        return json_read(body)
    except NotJson as err:
        raise BadPayload(f"The delivery cannot be read. {err}", f"It begins {body[:80]!r}.") from err


def event_read(body: bytes) -> Any:
    """The JSON of one event. Raises: BadPayload."""
    try:
        return json_read(body)
    except NotJson as err:
        raise BadPayload(str(err)) from err


def host_of(url: str) -> str:
    """The host an address names, blank where it is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
