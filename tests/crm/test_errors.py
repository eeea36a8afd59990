"""Every row of the error table: replies it must recognise, and near misses it must not."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

from crm import contract, errors
from crm.classify.classify import Failure, classify
from crm.classify.table import CLOSED, ROWS
from crm.errors import (
    ConfigurationError,
    CredentialsRejected,
    CrmError,
    CrmRejected,
    ExceedsAmountDue,
    MissingInCrm,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    Throttled,
    TransientError,
)
from tests.crm.doubles import crm_at
from tests.crm.wire_server import OK_ONE, fault, http, sends, wire_server


def test_the_contract_shows_the_tree_of_the_errors() -> None:
    shown = re.findall(r"^([│├└─ ]*)([A-Z]\w+)  ", contract.__doc__ or "", re.MULTILINE)
    above: list[str] = []
    parents = {}
    for lines, name in shown:
        depth = len(lines) // 3
        above[depth:] = [name]
        parents[name] = above[depth - 1] if depth else "Exception"
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]
    assert parents == {cls.__name__: cls.__base__.__name__ for cls in classes if cls.__base__}


def faulted(code: int | None, text: str, writes: bool = True, status: int = 200) -> Failure:
    return Failure(writes=writes, is_fault=True, fault_code=code, text=text, http_status=status)


def answered(status: int, text: str = "", writes: bool = True) -> Failure:
    return Failure(writes=writes, http_status=status, text=text, problem="unreadable")


def refused(status: int, text: str = "", writes: bool = True) -> Failure:
    return Failure(writes=writes, http_status=status, text=text, is_refusal=True)


def broke(problem: str, writes: bool = True) -> Failure:
    return Failure(writes=writes, problem=problem)


JAVA_500 = (
    "Server encountered exception: java.lang.IllegalStateException: "
    "Cannot create a session after the response has been committed"
)
THREADS = "com.infusionsoft.throttle.ThrottlingException: Maximum number of threads throttled"
APIGEE_404 = (
    '{"fault":{"faultstring":"Unable to identify proxy for host: secure and url: /crm/rest/v1/contacts",'
    '"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}'
)
# Failure of a write, the row that knows it, the class of a write and of a read.
KNOWN: list[tuple[Failure, str, type[CrmError], type[CrmError]]] = [
    (
        faulted(12, "[InvalidParameter]Duplicate call to addWithDupCheck detected"),
        "duplicate-call",
        OutcomeUnknown,
        OutcomeUnknown,
    ),
    (
        faulted(4, "[DatabaseError]The manual payment amount exceeds the amount due: 5.00"),
        "exceeds-amount-due",
        ExceedsAmountDue,
        ExceedsAmountDue,
    ),
    (faulted(0, "Payment exceeds amount owed"), "exceeds-amount-due", ExceedsAmountDue, ExceedsAmountDue),
    (faulted(0, THREADS), "too-many-calls", Throttled, Throttled),
    (
        answered(500, '{"fault":{"faultstring":"Rate limit quota violation. Quota limit exceeded."}}'),
        "too-many-calls",
        Throttled,
        Throttled,
    ),
    (
        answered(503, '{"fault":{"faultstring":"Spike arrest violation. Allowed rate : 10ps"}}'),
        "too-many-calls",
        Throttled,
        Throttled,
    ),
    (
        answered(200, "<h1>Developer Inactive</h1>"),
        "developer-inactive",
        CredentialsRejected,
        CredentialsRejected,
    ),
    (faulted(500, JAVA_500), "server-stumbled", OutcomeUnknown, TransientError),
    (faulted(0, "response already committed"), "server-stumbled", OutcomeUnknown, TransientError),
    (
        faulted(4, "[DatabaseError]Query took too long and was cancelled"),
        "search-slow",
        TransientError,
        TransientError,
    ),
    (
        faulted(
            4,
            "[DatabaseError]Too many consecutive failures. This saved search is blocked temporarily.",
        ),
        "search-blocked",
        TransientError,
        TransientError,
    ),
    (
        faulted(0, "Failed to parse XML-RPC request: Premature end of file."),
        "request-cut-short",
        TransientError,
        TransientError,
    ),
    (
        faulted(0, "Failed to parse XML-RPC request: Unknown type: nil"),
        "request-not-understood",
        CrmRejected,
        CrmRejected,
    ),
    (
        faulted(0, "No method matching arguments: java.lang.String, java.lang.Integer"),
        "request-not-understood",
        CrmRejected,
        CrmRejected,
    ),
    (faulted(0, "No such handler: InvoiceService.addBlankOrder"), "no-such-call", NotSupported, NotSupported),
    (
        faulted(1, "[InvalidConfig]Invalid Configuration"),
        "false-config-fault",
        TransientError,
        TransientError,
    ),
    (faulted(1, "no bracket"), "false-config-fault", TransientError, TransientError),
    (faulted(2, "[InvalidKey]Invalid Key"), "invalid-key", CredentialsRejected, CredentialsRejected),
    (faulted(2, ""), "invalid-key", CredentialsRejected, CredentialsRejected),
    (
        faulted(13, "[FailedLoginAttempt]username not found: a@b.c"),
        "invalid-key",
        CredentialsRejected,
        CredentialsRejected,
    ),
    (faulted(14, "[NoAccess]No"), "no-access", ConfigurationError, ConfigurationError),
    (faulted(3, "[UnexpectedError]Oops"), "unexpected", OutcomeUnknown, TransientError),
    (faulted(4, "[DatabaseError]Error returning results"), "database", OutcomeUnknown, TransientError),
    (
        faulted(5, "[RecordNotFound]Unable to perform update. Record not found for Id:48872"),
        "record-gone",
        MissingInCrm,
        MissingInCrm,
    ),
    (faulted(6, "[Loading]Error loading follow-up sequence"), "record-gone", MissingInCrm, MissingInCrm),
    (
        faulted(7, "[NoTableAccess]Access denied to table Invoice"),
        "table-closed",
        MissingInCrm,
        MissingInCrm,
    ),
    (faulted(9, "[NoTableFound]Job"), "table-closed", MissingInCrm, MissingInCrm),
    (faulted(10, "[NoFieldFound]No field found: Contact._X"), "field-unknown", MissingInCrm, MissingInCrm),
    (faulted(8, "[NoFieldAccess]Contact._X"), "field-unknown", MissingInCrm, MissingInCrm),
    (faulted(11, "[NoFields]"), "value-refused", CrmRejected, CrmRejected),
    (faulted(12, "[InvalidParameter]Bad date"), "value-refused", CrmRejected, CrmRejected),
    (faulted(99, "[Odd]The title is required"), "value-refused-in-words", CrmRejected, CrmRejected),
    (
        refused(400, "The payment amount exceeds the order's balance"),
        "payment-exceeds-balance",
        ExceedsAmountDue,
        ExceedsAmountDue,
    ),
    (refused(404, "No contact 5"), "not-found", MissingInCrm, MissingInCrm),
    (refused(404), "not-found", MissingInCrm, MissingInCrm),
    (refused(400, "Product 12 does not exist"), "not-found-in-words", MissingInCrm, MissingInCrm),
    (refused(422, "Unable to find a tag"), "not-found-in-words", MissingInCrm, MissingInCrm),
    (refused(400, "page_size is too large"), "request-refused", CrmRejected, CrmRejected),
    (refused(409), "request-refused", CrmRejected, CrmRejected),
    (broke("no-address"), "no-address", NotSent, NotSent),
    (broke("no-tls"), "no-tls", NotSent, NotSent),
    (broke("no-connection"), "no-connection", NotSent, NotSent),
    (answered(401, '{"fault": {}}'), "key-refused", CredentialsRejected, CredentialsRejected),
    (answered(404, APIGEE_404), "gateway", TransientError, TransientError),
    (answered(404, "<html>"), "gateway", TransientError, TransientError),
    (answered(410), "gateway", TransientError, TransientError),
    (answered(403, "<html><title>Blocked</title>"), "firewall", TransientError, TransientError),
    (answered(403), "firewall", TransientError, TransientError),
    (answered(403, '{"message": "no right"}'), "forbidden", ConfigurationError, ConfigurationError),
    (answered(429), "quota", Throttled, Throttled),
    (faulted(7777, "who knows", status=429), "quota", Throttled, Throttled),
    (answered(502), "overloaded", OutcomeUnknown, TransientError),
    (answered(503), "overloaded", OutcomeUnknown, TransientError),
    (answered(504), "overloaded", OutcomeUnknown, TransientError),
    (broke("redirect"), "redirected", OutcomeUnknown, TransientError),
    (broke("timeout"), "no-reply-in-time", OutcomeUnknown, TransientError),
    (broke("broken"), "connection-broken", OutcomeUnknown, TransientError),
    (broke("empty"), "reply-unusable", OutcomeUnknown, TransientError),
    (answered(200, "<html>"), "reply-unusable", OutcomeUnknown, TransientError),
    (broke("unexpected"), "reply-unusable", OutcomeUnknown, TransientError),
    (faulted(7777, "who knows"), "unclear", OutcomeUnknown, TransientError),
    (faulted(None, ""), "unclear", OutcomeUnknown, TransientError),
]


@pytest.mark.parametrize(
    ("failure", "label", "on_write", "on_read"), KNOWN, ids=lambda value: str(value)[:60]
)
def test_a_known_reply_is_recognised(
    failure: Failure, label: str, on_write: type[CrmError], on_read: type[CrmError]
) -> None:
    read = dataclasses.replace(failure, writes=False)
    written, seen = classify(failure, ROWS), classify(read, ROWS)
    assert (written.label, type(written)) == (label, on_write)
    assert (seen.label, type(seen)) == (label, on_read)


def test_every_row_is_shown_a_reply() -> None:
    assert {row.label for row in ROWS} >= CLOSED
    assert {label for _, label, _, _ in KNOWN} == {row.label for row in ROWS}
    assert len({row.label for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("failure", "not_label"),
    [
        (faulted(2, "[RecordNotFound]Record not found"), "invalid-key"),  # the name counts before the code
        (faulted(5, "[Loading]x"), "invalid-key"),
        (faulted(0, "[DatabaseError]credit limit exceeded"), "exceeds-amount-due"),
        (faulted(0, "exceeds the amount of rows"), "exceeds-amount-due"),
        (faulted(12, "[InvalidParameter]Duplicate call"), "duplicate-call"),
        (faulted(0, "text mentions [InvalidKey] later"), "invalid-key"),
        (answered(200, "[InvalidKey]"), "invalid-key"),
        (answered(200, "No such handler"), "no-such-call"),
        (answered(200, "amount exceeds the amount due"), "exceeds-amount-due"),
        (answered(500, "the response has been committed"), "server-stumbled"),
        (answered(200, "the developer is inactive"), "developer-inactive"),
        (answered(400), "key-refused"),
        (answered(428), "quota"),
        (answered(500), "overloaded"),
        (broke("timeout"), "no-connection"),
        (answered(404, "not found"), "not-found"),  # without JSON anybody may have said so
        (answered(400, "does not exist"), "not-found-in-words"),
        (answered(400, "exceeds the balance"), "payment-exceeds-balance"),
        (refused(400, "the name exceeds 255 characters"), "payment-exceeds-balance"),
        (refused(400, "is not valid"), "not-found-in-words"),
        (faulted(77, "[Odd]A valid answer, but too late"), "value-refused-in-words"),
    ],
    ids=lambda value: str(value)[:70],
)
def test_a_near_miss_is_not_recognised(failure: Failure, not_label: str) -> None:
    assert classify(failure, ROWS).label != not_label


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_every_sentence_is_for_a_shop_owner(row) -> None:  # type: ignore[no-untyped-def]
    for writes in (True, False):
        message = row.to_error(Failure(writes=writes)).message
        assert message[0].isupper() and message.endswith(".")
        assert message.count(".") >= 2 or ";" in message  # what happened, and the cure
        assert not any(word in message for word in ("HTTP", "XML", "fault", "timeout", "exception", "API"))
    assert row.source


def test_a_configuration_error_names_its_setting() -> None:
    for row in ROWS:
        if issubclass(row.error, ConfigurationError):
            assert row.setting, row.label


def test_the_detail_is_ours_and_bounded() -> None:
    error = classify(faulted(4, "[DatabaseError]" + "x" * 5000), ROWS)
    assert error.detail.startswith("fault 4: HTTP 200: [DatabaseError]xxx")
    assert len(error.detail) == 500


def test_a_wait_reaches_the_caller() -> None:
    busy = http(b"{}", "429 Too Many Requests", "Retry-After: 12\r\n")
    with wire_server(sends(busy)) as server, crm_at(server.url) as crm, pytest.raises(Throttled) as caught:
        crm.create_tag("a")
    assert caught.value.retry_after_seconds == 12


def test_a_fault_with_another_status_is_still_a_fault() -> None:
    gone = http(fault(5, "[RecordNotFound]Record was not found"), "500 Internal Server Error")
    with wire_server(sends(gone)) as server, crm_at(server.url) as crm, pytest.raises(MissingInCrm):
        crm.apply_tags(1, [2])


def test_a_result_with_an_error_status_is_not_believed() -> None:
    reply = http(OK_ONE, "500 Internal Server Error")
    with wire_server(sends(reply)) as server, crm_at(server.url) as crm, pytest.raises(OutcomeUnknown):
        crm.create_tag("a")
