"""What a failed SOAP call means.

Fault codes are numbers as text, the first ones common to all calls: 1 internal, 2 access denied, 3 unknown
call, 5 session expired; from 100 on each resource has its own (OpenMage, api.xml of its modules). PHP's own
faults have names instead.
"""

from __future__ import annotations

from lxml.etree import LxmlError
from zeep.exceptions import DTDForbidden, EntitiesForbidden, Error, ExternalReferenceForbidden, Fault

from crm.shapes import DoctypeFound
from intake.shop_api import ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable

INTERNAL, ACCESS_DENIED, UNKNOWN_CALL, NOT_CALLABLE, SESSION_EXPIRED = "1", "2", "3", "4", "5"
NOT_THERE = {
    "salesOrderInfo": {"100"},
    "salesOrderShipmentInfo": {"100"},
    "customerCustomerInfo": {"100", "102"},
}

# What zeep raises over an answer that is not what the shop's own description promised.
UNREADABLE = (
    Error,
    LxmlError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_FORBIDDEN = (DoctypeFound, DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden)

_ROLE = (
    "Check both, and in the shop under System → Web Services → SOAP/XML-RPC Roles that the user's role may "
    "read orders and shipments, then test again."
)
_REFUSALS = {
    ACCESS_DENIED: f"The shop refused the API user or its API key. {_ROLE}",
    UNKNOWN_CALL: "The shop does not know the calls of the SOAP API v2. Is its Sales module switched off?",
    NOT_CALLABLE: "The shop cannot run the calls of the SOAP API v2. Is a module of the shop damaged?",
}


def fault_code(fault: Fault) -> str:
    return str(fault.code or "").rpartition(":")[2]


def is_about_one(code: str) -> bool:
    """Whether the shop may have failed at what was asked for, and at nothing else: it holds a character that
    SOAP cannot, or refers to what was deleted.
    """
    return code == INTERNAL or not code.isdigit()


def fault_error(fault: Fault, operation: str) -> ShopError:
    """The session's end and what a resource does not hold are the caller's to see before."""
    code = fault_code(fault)
    detail = f"{operation}: fault {code or '?'}: {str(fault.message)[:300]}"
    if code in _REFUSALS:
        return ShopRefused(_REFUSALS[code], detail)
    if code == SESSION_EXPIRED:
        return ShopUnavailable("The shop ends our session again and again.", detail)
    if code.isdigit() and code != INTERNAL:
        return ShopAnswerUnusable("The shop did not understand what was asked.", detail)
    return ShopUnavailable("The shop reports an error of its own. Its log says more.", detail)


def answer_error(err: Exception, operation: str) -> ShopError:
    """For one of `UNREADABLE` that is no fault."""
    detail = f"{operation}: {type(err).__name__}: {str(err)[:300]}"
    if isinstance(err, _FORBIDDEN):
        return ShopAnswerUnusable(
            "The shop's answer holds a document type or refers to other documents, as no SOAP answer does. "
            "It was not read.",
            detail,
        )
    return ShopAnswerUnusable(
        "The shop answered, but not with what its SOAP API promises. Is a maintenance page or a firewall in "
        "the way?",
        detail,
    )
