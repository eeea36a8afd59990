"""What can go wrong at the CRM. The tree of it, with what happens next in each case, heads `crm.contract`.

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
