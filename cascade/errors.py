"""What only the engine knows to go wrong, under the families of `crm.errors`.

PermanentError
├─ OrderNotReplicable       the order cannot be expressed in the CRM
│  └─ TotalDiffers          the CRM's total is not the plan's: stop before the payment
└─ EffectInDoubt            a goal or action set whose reply was lost: a person looks, nothing is repeated
TransientError
├─ SettleWait               a clean "not found" after a lost reply: look again at `not_before`
│  └─ ReadsLag              what we wrote a moment ago does not show yet
├─ SubjectAwaited           a shipment without its order in the CRM, an order whose parts or whole may come
└─ SubjectChanged           a newer version came in during the run: plan anew at once
"""

from __future__ import annotations

from datetime import datetime

from crm.errors import PermanentError, TransientError


class OrderNotReplicable(PermanentError):
    """Needs a person: the replication is parked, not failed."""


class TotalDiffers(OrderNotReplicable):
    pass


class EffectInDoubt(PermanentError):
    """Nothing in the CRM shows whether it happened."""

    error_class = "unknown"

    def __init__(self, step: str, *, detail: str = "") -> None:
        super().__init__(
            "The CRM's reply was lost, and nothing in the CRM shows for certain whether this took effect. "
            "Look at the contact there, then say at the step whether it happened or is to be sent again.",
            detail=detail or step,
        )


class SettleWait(TransientError):
    """Not an error: an effect may land late, so a clean probe is trusted only after the settle time."""

    error_class = "unknown"
    sentence = "A reply of the CRM was lost. We look again whether it took effect before we repeat anything."

    def __init__(self, not_before: datetime) -> None:
        super().__init__(self.sentence)
        self.not_before = not_before


class ReadsLag(SettleWait):
    """Not an error: a read may show for a while what was before our last write (n8n issue 14122)."""

    sentence = (
        "The CRM does not show all that was just written. It is looked at again before anything more is sent."
    )


class SubjectAwaited(TransientError):
    """Not an error: it waits for another subject, whose end wakes it before `not_before`."""

    error_class = ""

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message)
        self.not_before = not_before


class SubjectChanged(TransientError):
    """Not an error: what is replicated has changed, so the rest of the old plan is not wanted any more."""

    error_class = ""

    def __init__(self) -> None:
        super().__init__("A newer version came in meanwhile.")
