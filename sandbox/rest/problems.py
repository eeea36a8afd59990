"""How REST says no: an HTTP status with a JSON body, its words ours where none were published."""

from __future__ import annotations

from http import HTTPStatus

from sandbox.problems import Fault
from sandbox.reply import Reply, json_reply

WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    500: "INTERNAL",
}
FAULT_STATUS = {3: 500, 5: 404}


class Refusal(Exception):
    """A call that REST refuses: nothing of it takes effect."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)


def not_found(what: str, key: str) -> Refusal:
    return Refusal(404, f"{what} not found for id: {key}")


def from_fault(fault: Fault) -> Refusal:
    """The services speak in faults: a missing record is 404, an unexpected error 500, the rest 400."""
    return Refusal(FAULT_STATUS.get(fault.code, 400), fault.text.partition("]")[2] or fault.text)


def error_reply(version: str, status: int, message: str, headers: dict[str, str]) -> Reply:
    """The documented Error of v2; v1 answers with the message alone."""
    if version == "v1":
        return json_reply(status, {"message": message}, headers)
    word = WORDS.get(status, HTTPStatus(status).name)
    return json_reply(status, {"code": status, "message": message, "status": word, "details": []}, headers)
