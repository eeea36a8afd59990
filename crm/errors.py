"""What can go wrong at the CRM, and what happens next in each case.

CrmError                    message (for the merchant), detail (for us)
├─ TransientError           surely not applied; later may succeed       → retry on the schedule
│  ├─ NotSent               DNS, refused, TLS, our own refusal to send  → repeat freely
│  │  └─ HeldBack           our own quota ledger said no               → wait as told, costs no attempt
│  │     └─ OutOfService    our circuit breaker is open                → the same, until the next probe
│  ├─ NotWholeYet            the CRM shows only a part of a record   → look again, never "not found"
│  └─ Throttled             429, throttling fault, quota                → wait as told, costs no attempt
├─ OutcomeUnknown           may have been applied                       → probe before anything else
├─ PermanentError           the same input will fail again              → stop and show
│  ├─ CardCharged           a real card was charged, never asked for    → pauses the whole connection
│  └─ CrmRejected           the CRM refused the data
│     └─ ExceedsAmountDue   the payment is more than is still due       → read the payments back
└─ ConfigurationError       a person must change a setting              → stop and name the setting
   ├─ CredentialsRejected   401, 403, key fault                         → pauses the whole connection
   ├─ NotSupported          this protocol has no such call
   └─ MissingInCrm          deleted tag, unknown field, gone record

A class answers what happens next; a reason that changes nothing there is only a message. Which reply becomes
which class is the table in `crm/classify/table.py`, read by `crm/classify/classify.py`.
"""


class CrmError(Exception):
    """A call to the CRM did not end well.

    `message` is a sentence a merchant can act on; `detail` is for us. Neither may hold a secret.
    `error_class` is one of the five words the product shows: transient, quota, unknown, permanent,
    configuration. `setting` names the section of the settings page that cures it, or is empty.
    `label` names the row of the error table that recognised it, or is empty.
    """

    error_class = "permanent"

    def __init__(self, message: str, *, detail: str = "", setting: str = "", label: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.setting = setting
        self.label = label


class TransientError(CrmError):
    error_class = "transient"

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        setting: str = "",
        label: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, detail=detail, setting=setting, label=label)
        self.retry_after_seconds = retry_after_seconds


class NotSent(TransientError):
    """The request never left this machine."""


class HeldBack(NotSent):
    """Our own ledger or breaker let nothing leave until `retry_after_seconds` from now."""

    error_class = "quota"


class OutOfService(HeldBack):
    """The breaker is open: the protocol did not answer several times in a row."""

    error_class = "transient"


class NotWholeYet(TransientError):
    """The CRM answered, and the record is there, but not all of it can be seen yet."""


class Throttled(TransientError):
    error_class = "quota"


class OutcomeUnknown(CrmError):
    error_class = "unknown"


class PermanentError(CrmError):
    error_class = "permanent"


class CardCharged(PermanentError):
    """The reply to an order shows a charge although none was asked for; the order itself is made.

    `order_id` and `invoice_id` are those of the order, 0 where the reply names none.
    """

    def __init__(self, message: str, *, detail: str, label: str, order_id: int, invoice_id: int) -> None:
        super().__init__(message, detail=detail, setting="credentials", label=label)
        self.order_id = order_id
        self.invoice_id = invoice_id


class CrmRejected(PermanentError):
    pass


class ExceedsAmountDue(CrmRejected):
    """The payment is more than the invoice still needs: perhaps it is there already."""


class ConfigurationError(CrmError):
    error_class = "configuration"


class CredentialsRejected(ConfigurationError):
    pass


class NotSupported(ConfigurationError):
    pass


class MissingInCrm(ConfigurationError):
    pass
