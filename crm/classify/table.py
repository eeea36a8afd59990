"""How the CRM says no, row by row; the first row that matches wins.

Sources: `ruby` is nateleavitt/infusionsoft (exception_handler.rb and recorded traffic), `novak` is
novaksolutions/infusionsoft-php-sdk, `php` is infusionsoft/infusionsoft-php, `py` is
theY4Kman/infusionsoft-client. "Unconfirmed" marks a text or number nobody was seen to record; such a row
errs on the side that sends nothing twice.
"""

from __future__ import annotations

from crm.classify.classify import Row
from crm.classify.table_rest import MAPPINGS, REFUSED
from crm.errors import (
    ConfigurationError,
    CredentialsRejected,
    CrmRejected,
    ExceedsAmountDue,
    MissingInCrm,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    Throttled,
    TransientError,
)

CREDENTIALS = "credentials"
CUSTOM_FIELDS = "custom-fields"

CHECK_KEY = "Enter the key again on the settings page and test the connection."

# What must be told apart by its words, before the general rows below.
_WORDED = (
    Row(
        label="duplicate-call",
        source="github.com/infusionsoft/infusionsoft-php/issues/108",
        text=r"duplicate call to addWithDupCheck",
        error=OutcomeUnknown,
        message="The CRM says that the same contact is being written already.",
    ),
    Row(
        label="exceeds-amount-due",
        source="the product's description; exact words unconfirmed",
        text=r"(payment|amount)\b.*\bexceeds?\b.*\b(due|owed)\b",
        error=ExceedsAmountDue,
        message="The payment is more than the invoice still needs.",
        cure="Compare the payments of the order in the CRM with those of the shop.",
    ),
    Row(
        label="search-slow",
        source="the product's description of saved searches: [DatabaseError] Query took too long …",
        text=r"query took too long",
        error=TransientError,
        message="The CRM gave the query up because it took too long.",
        cure="It is tried again automatically. Fewer columns or a narrower saved search make it faster.",
    ),
    Row(
        label="search-blocked",
        source="the same: Too many consecutive failures. This saved search is blocked temporarily",
        text=r"saved search is blocked temporarily",
        error=TransientError,
        message="The CRM has blocked the saved search for a while, because it took too long several times.",
        cure="It is tried again every 20 minutes. A query of the table needs no saved search.",
    ),
    Row(
        label="too-many-calls",
        source="novak App.php (ThrottlingException); Apigee's texts for its quota and spike arrest policies",
        text=r"ThrottlingException|rate ?limit quota violation|spike ?arrest violation",
        any_body=True,
        error=Throttled,
        message="The CRM takes no more calls at this moment.",
        cure="The rest is sent as soon as it does; nothing needs to be done.",
    ),
    Row(
        label="developer-inactive",
        source="damonvjanis/infusionsoft helpers.ex (the gateway before 2019 answered in HTML)",
        text=r"<h1>\s*(developer|account) inactive",
        any_body=True,
        error=CredentialsRejected,
        message="The CRM says that this key is no longer active.",
        cure=CHECK_KEY,
        setting=CREDENTIALS,
    ),
    Row(
        label="server-stumbled",
        source="webpowerandlight.com 2012-05-02: response committed; 3 to 4 % of runs, also after the effect",
        text=r"response (has )?(already )?(been )?committed|server encountered exception|NullPointer",
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM stumbled while it answered.",
    ),
    Row(
        label="request-cut-short",
        source="github.com/infusionsoft/API-Sample-Code/issues/7",
        text=r"failed to parse xml-rpc request: premature end",
        error=TransientError,
        message="The CRM received only a part of the request and did nothing.",
    ),
    Row(
        label="request-not-understood",
        source="php issue 2 (nil); bvalosek/infusionsoft-api issue 15 (argument types)",
        text=r"failed to parse xml-rpc request|no method matching arguments",
        error=CrmRejected,
        message="The CRM could not read this request, so nothing was changed.",
        cure="Please report it with this log entry.",
    ),
    Row(
        label="no-such-call",
        source="Apache ws-xmlrpc; also what a call that was switched off may answer",
        text=r"no such handler",
        error=NotSupported,
        message="This CRM account no longer offers the call that is needed.",
        cure="Choose another protocol in the connection's settings.",
        setting=CREDENTIALS,
    ),
)

# By bracketed name, or by code where the text has no bracket. Codes: ruby exception_handler.rb.
_NAMED = (
    Row(
        label="false-config-fault",
        source="py README (rare, false and transient); novak issue 95 saw it for a wrong key",
        names=("InvalidConfig",),
        codes=(1,),
        error=TransientError,
        message="The CRM refused the call because of its own configuration; it did nothing.",
        cure="It is tried again automatically. If it does not stop, test the key on the settings page.",
    ),
    Row(
        label="invalid-key",
        source="ruby exception_handler.rb, words unconfirmed; php issue 101 for the log-in",
        names=("InvalidKey", "FailedLoginAttempt", "FailedLoginAttemptPasswordExpired"),
        codes=(2, 13, 15),
        error=CredentialsRejected,
        message="The CRM does not accept the key.",
        cure=CHECK_KEY,
        setting=CREDENTIALS,
    ),
    Row(
        label="no-access",
        source="ruby exception_handler.rb; name unconfirmed",
        names=("NoAccess",),
        codes=(14,),
        error=ConfigurationError,
        message="The key may not do this in the CRM.",
        cure="Use a key of a user with the rights for contacts and orders.",
        setting=CREDENTIALS,
    ),
    Row(
        label="unexpected",
        source="ruby exception_handler.rb; integrators saw it after an effect",
        names=("UnexpectedError",),
        codes=(3,),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="Something unexpected happened inside the CRM.",
    ),
    Row(
        label="database",
        source="ruby exception_handler.rb: [DatabaseError]Error returning results, for a simple look-up",
        names=("DatabaseError",),
        codes=(4,),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM's database had a problem.",
    ),
    Row(
        label="record-gone",
        source="php issue 38: Record not found for Id; nateleavitt/infusionsoft issue 42: [Loading]",
        names=("RecordNotFound", "Loading", "LoadingError"),
        codes=(5, 6),
        error=MissingInCrm,
        message="The CRM no longer has the record this belongs to; it was perhaps merged or deleted.",
        cure="Check the mapped tags and products, then send it again.",
        setting=MAPPINGS,
    ),
    Row(
        label="table-closed",
        source="php issue 208: [NoTableAccess]Access denied to table Invoice",
        names=("NoTableAccess", "NoTableFound"),
        codes=(7, 9),
        error=MissingInCrm,
        message="This CRM account does not open the part that is needed, for example its orders.",
        cure="Check the rights of the key and the edition of the account.",
        setting=CREDENTIALS,
    ),
    Row(
        label="field-unknown",
        source="EventDay/Infusionsoft.net issues 38, 43: [NoFieldFound]No field found",
        names=("NoFieldFound", "NoFieldAccess"),
        codes=(8, 10),
        error=MissingInCrm,
        message="The CRM does not know one of the fields, or does not let it be written.",
        cure="Correct the field's name on the settings page: an underscore, then its exact name.",
        setting=CUSTOM_FIELDS,
    ),
    Row(
        label="value-refused",
        source="ruby exception_handler.rb; php issue 108 shows the bracket",
        names=("NoFields", "InvalidParameter"),
        codes=(11, 12),
        error=CrmRejected,
        message="The CRM refused a value of this request.",
        cure="Look at the details, correct the order or the mapping, and send it again.",
    ),
    Row(
        label="value-refused-in-words",
        source="unconfirmed: a fault we do not know that speaks of a wrong value",
        text=r"\b(is required|must (not )?be|cannot be (blank|empty|null)|is (invalid|not valid)|too long)\b",
        error=CrmRejected,
        message="The CRM refused a value of this request.",
        cure="Look at the details, correct the order or the mapping, and send it again.",
    ),
)

# Nothing was sent.
_UNSENT = (
    Row(
        label="no-address",
        source="the resolver",
        problems=("no-address",),
        error=NotSent,
        message="The CRM's address was not found; nothing was sent.",
        cure="It is tried again automatically. If it does not stop, check the App Name in the credentials.",
        setting=CREDENTIALS,
    ),
    Row(
        label="no-tls",
        source="the TLS handshake",
        problems=("no-tls",),
        error=NotSent,
        message="The CRM could not prove that it is the CRM (its certificate), so nothing was sent.",
    ),
    Row(
        label="no-connection",
        source="refused, unreachable, broken off or no answer while connecting",
        problems=("no-connection",),
        error=NotSent,
        message="The CRM could not be reached; nothing was sent.",
    ),
)

# By status; the gateway's refusals are plain HTTP, no faults.
_BY_STATUS = (
    Row(
        label="gateway",
        source="Apigee's 404 ApplicationNotFound; 405, 410: a route or version that is switched off",
        outside=True,
        statuses=(404, 405, 410),
        error=TransientError,
        message="Not the CRM but the gateway before it answered, and let nothing through.",
    ),
    Row(
        label="firewall",
        source="integrators' reports: a firewall's page, once, with a good key; the CRM answers in JSON",
        outside=True,
        statuses=(403,),
        text=r"\A\s*(<|\Z)",
        any_body=True,
        error=TransientError,
        message="Not the CRM but a firewall before it answered, and let nothing through.",
        cure="It is tried again automatically. If it does not stop, test the connection.",
    ),
    Row(
        label="key-refused",
        source="developer.keap.com: the gateway answers a bad token with 401",
        statuses=(401,),
        error=CredentialsRejected,
        message="The CRM does not accept the key.",
        cure=CHECK_KEY,
        setting=CREDENTIALS,
    ),
    Row(
        label="forbidden",
        source="vendor's OpenAPI file: 403, of every operation; which right is missing is not said",
        statuses=(403,),
        error=ConfigurationError,
        message="The CRM does not let this key do that.",
        cure="Enter a key of a user with the rights for contacts and orders, and test the connection.",
        setting=CREDENTIALS,
    ),
    Row(
        label="quota",
        source="developer.keap.com, API token quota and usage measurements: 429",
        statuses=(429,),
        error=Throttled,
        message="The CRM takes no more calls at this moment.",
        cure="The rest is sent as soon as it does; nothing needs to be done.",
    ),
    Row(
        label="overloaded",
        source="wp-fusion-lite treats 503 like 429; a gateway may answer so after the effect too",
        statuses=(502, 503, 504),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM is not available at this moment.",
    ),
    Row(
        label="redirected",
        source="a redirect is never followed: it could carry the key elsewhere",
        problems=("redirect",),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM pointed to another address, which is not followed for safety.",
    ),
    Row(
        label="no-reply-in-time",
        source="the read timeout",
        problems=("timeout",),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM did not answer in time.",
    ),
    Row(
        label="connection-broken",
        source="reset, or closed without a reply",
        problems=("broken",),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The connection to the CRM broke.",
    ),
    Row(
        label="reply-unusable",
        source="blog.novaksolutions.com/infusionsoft-api-gotchas: blank or broken replies occur",
        problems=("empty", "unreadable", "refused-body", "unexpected"),
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM answered with something that is not a proper reply.",
    ),
    Row(
        label="unclear",
        source="everything else",
        error=TransientError,
        on_write=OutcomeUnknown,
        message="The CRM answered with an error that is not known yet.",
    ),
)

# The rows that say of a part of the CRM that this account does not have it, or this key may not use it.
CLOSED = frozenset({"no-access", "table-closed", "no-such-call", "forbidden"})

ROWS: tuple[Row, ...] = _WORDED + _NAMED + REFUSED + _UNSENT + _BY_STATUS
