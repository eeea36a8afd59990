"""The refusals of the CRM: fault codes with their bracketed names, and one reason to give up silently."""

from __future__ import annotations

TRANSPORT = 0
INVALID_KEY = 2


class Fault(Exception):
    """What a caller did wrong, as the XML-RPC fault it is answered with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    @property
    def named(self) -> bool:
        """Whether a name in brackets tells what is wrong with the call; a refused key is always told."""
        return self.text.startswith("[") and self.code != INVALID_KEY


class NoAnswer(Exception):
    """The connection is to be closed without a byte."""


class EpochOver(NoAnswer):
    """The sandbox was reset while this call was waiting: it must leave no effect in the new world."""


def unreadable(reason: str) -> Fault:
    return Fault(TRANSPORT, f"Failed to parse XML-RPC request: {reason}")


def no_handler(method: str) -> Fault:
    return Fault(TRANSPORT, f"No such handler: {method}")


def no_matching_method(java_types: list[str]) -> Fault:
    return Fault(TRANSPORT, "No method matching arguments: " + ", ".join(java_types))


def invalid_key() -> Fault:
    return Fault(INVALID_KEY, "[InvalidKey]Invalid Key")


def unexpected() -> Fault:
    return Fault(3, "[UnexpectedError]An unexpected error occurred")


def database_error(text: str) -> Fault:
    return Fault(4, f"[DatabaseError]{text}")


def record_not_found(text: str = "Record was not found") -> Fault:
    return Fault(5, f"[RecordNotFound]{text}")


def no_record_to_update(record_id: int) -> Fault:
    return record_not_found(f"Unable to perform update. Record not found for Id:{record_id}")


def no_table_access(table: str, verb: str) -> Fault:
    return Fault(7, f"[NoTableAccess]Access to {verb} rows of this table is denied: {table}")


def no_field_access(table: str, column: str, verb: str) -> Fault:
    return Fault(8, f"[NoFieldAccess]Access to {verb} this field is denied: {table}.{column}")


def no_table(table: str) -> Fault:
    return Fault(9, f"[NoTableFound]No table found: {table}")


def no_field(table: str, column: str) -> Fault:
    return Fault(10, f"[NoFieldFound]No field found: {table}.{column}")


def no_fields(table: str) -> Fault:
    return Fault(11, f"[NoFields]No fields given: {table}")


def invalid_parameter(text: str) -> Fault:
    return Fault(12, f"[InvalidParameter]{text}")


def no_access(text: str) -> Fault:
    return Fault(14, f"[NoAccess]{text}")


def bare(method: str, fault: Fault) -> Fault:
    """The same refusal as it comes where no name and no code say what it is."""
    service, _, name = method.partition(".")
    reason = fault.text.partition("]")[2]
    return Fault(TRANSPORT, f"Failed to invoke method {name} in class {service}: {reason}")


def throttled() -> Fault:
    """The text is the recorded one, its code is not known."""
    return Fault(3, "com.infusionsoft.throttle.ThrottlingException: Maximum number of threads throttled")
