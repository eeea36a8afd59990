"""What only the engine knows to go wrong, under the families of `crm.errors`.

PermanentError
└─ OrderNotReplicable       the order cannot be expressed in the CRM
   └─ TotalDiffers          the CRM's total is not the plan's: stop before the payment
TransientError
└─ SettleWait               a clean "not found" after a lost reply: look again at `not_before`
LeaseLost                   another worker owns the replication now: stop without a word
"""

from __future__ import annotations

from datetime import datetime

from crm.errors import PermanentError, TransientError


class OrderNotReplicable(PermanentError):
    """Needs a person: the replication is parked, not failed."""


class TotalDiffers(OrderNotReplicable):
    pass


class SettleWait(TransientError):
    """Not an error: an effect may land late, so a clean probe is trusted only after the settle time."""

    error_class = "unknown"

    def __init__(self, not_before: datetime) -> None:
        super().__init__(
            "A reply of the CRM was lost. We look again whether it took effect before we repeat anything."
        )
        self.not_before = not_before


class LeaseLost(Exception):
    """The worker no longer owns the replication."""
