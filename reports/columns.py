"""What a column of a data set is called and holds, and how a value of a reply is stored in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.rest.values import currency_amount
from crm.values import Unexpected, Value

Stored = str | int | bool | None
MOST_CHARACTERS = 64 * 1024  # of one cell
CUT = "…"
# Never stored, whichever report or saved search offers them (names without blanks, in small letters).
SECRET_NAMES = frozenset(
    {
        *("password", "ssn", "socialsecuritynumber", "username", "userid4ups", "cardnumber", "cvv2", "cvv"),
        *("accesslicensenumber", "accesskey", "upsusername", "upspassword", "upslicense"),
    }
)


class ColumnType(StrEnum):
    """`ID` and `NUMBER` are whole; a `TIME` is kept in UTC, a `DATE` is a day where the account is."""

    ID = "id"
    NUMBER = "number"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """`name` is the API's, the same over every protocol; `label` is for people, where it differs."""

    name: str
    type: ColumnType = ColumnType.TEXT
    label: str = ""


def is_secret(name: str) -> bool:
    letters = "".join(sign for sign in name.lower() if sign.isalnum())
    return letters in SECRET_NAMES or letters.endswith(("password", "ssn", "cardnumber"))


def stored(value: Value, kind: ColumnType, zone: ZoneInfo) -> tuple[Stored, bool]:
    """The value as JSON keeps it, and whether it is of the column's type; what is not, is kept as text.

    Null stays null and blank stays blank, whatever the type.
    """
    if value is None or value == "":
        return value, True  # type: ignore[return-value]
    try:
        return _typed(value, kind, zone), True
    except (Unexpected, ValueError, InvalidOperation, OverflowError):
        return _text(value), False


def _typed(value: Value, kind: ColumnType, zone: ZoneInfo) -> Stored:
    match kind:
        case ColumnType.ID | ColumnType.NUMBER:
            if isinstance(value, bool):
                return int(value)
            number = Decimal(str(value).strip())
            if number != number.to_integral_value() or abs(number) >= 2**63:
                raise ValueError(value)
            return int(number)
        case ColumnType.DECIMAL:
            amount = currency_amount(value) if isinstance(value, dict) else Decimal(str(value).strip())
            return plain(amount)
        case ColumnType.FLAG:
            if value in (True, False, "true", "false"):
                return value in (True, "true")
            raise ValueError(value)
        case ColumnType.TIME:
            return moment_text(moment(str(value), zone))
        case ColumnType.DATE:
            read = datetime.fromisoformat(str(value).strip())
            return (read.astimezone(zone) if read.tzinfo else read).date().isoformat()
        case _:
            return _text(value)


def moment(written: str, zone: ZoneInfo) -> datetime:
    """A time of a reply or a query; one without an offset is the account's. Raises ValueError.

    Of the hour that clocks go back over the later reading is taken.
    """
    read = datetime.fromisoformat(written.strip())
    return (read if read.tzinfo else read.replace(tzinfo=zone, fold=1)).astimezone(UTC)


def moment_text(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(amount: Decimal) -> str:
    """Without an exponent and noughts at the end; XML-RPC's doubles come back like 22.960000000000001."""
    if not amount.is_finite():
        raise ValueError(amount)
    text = f"{round(amount, 9).normalize():f}"
    return "0" if text == "-0" else text


def _text(value: Value) -> str:
    if isinstance(value, list):
        value = ",".join(_text(item) for item in value)
    if isinstance(value, Decimal):
        value = plain(value)
    if isinstance(value, date):
        value = value.isoformat()
    text = str(value).replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + CUT
