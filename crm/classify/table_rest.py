"""How the REST API says no: 4xx with a JSON body in the words of the vendor's OpenAPI file or of the gateway.

A part of the table in `crm/classify/table.py`, which also knows the statuses that every protocol shares.
"""

from __future__ import annotations

from crm.classify.classify import Row
from crm.errors import CrmRejected, ExceedsAmountDue, MissingInCrm

MAPPINGS = "mappings"

REFUSED = (
    Row(
        label="payment-exceeds-balance",
        source="vendor's OpenAPI file: payment_amount must not exceed the balance; exact words unconfirmed",
        refusal=True,
        statuses=(400, 409, 422),
        text=r"\bexceeds?\b.*\b(balance|due|owed)\b",
        error=ExceedsAmountDue,
        message="The payment is more than the invoice still needs.",
        cure="Compare the payments of the order in the CRM with those of the shop.",
    ),
    Row(
        label="not-found",
        source="vendor's OpenAPI file: 404; wp-fusion-lite",
        refusal=True,
        statuses=(404, 410),
        error=MissingInCrm,
        message="The CRM no longer has the record this belongs to; it was perhaps merged or deleted.",
        cure="Check the mapped tags and products, then send it again.",
        setting=MAPPINGS,
    ),
    Row(
        label="not-found-in-words",
        source="unconfirmed: a refusal that names a record that is not there",
        refusal=True,
        statuses=(400, 409, 422),
        text=r"\b(not found|not be found|do(es)? not exist|unable to find|no such|there is no)\b",
        error=MissingInCrm,
        message="The CRM does not have a record that this request names.",
        cure="Check the mapped tags, products and custom fields, then send it again.",
        setting=MAPPINGS,
    ),
    Row(
        label="request-refused",
        source="vendor's OpenAPI file: 400, 409; 405, 412, 413, 415 and 422 likewise did nothing",
        refusal=True,
        error=CrmRejected,
        message="The CRM refused this request, so nothing was changed.",
        cure="Look at the details, correct the order or the mapping, and send it again.",
    ),
)
