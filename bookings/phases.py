"""The phases of a booking that tags tell apart, and the tag texts that OnceHub's own connector gives them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices


class Phase(TextChoices):
    """The label is the vendor's text of the generic tag; `CANCELED` and `REQUESTED` are ours."""

    REQUESTED = "requested", "Requested"
    SCHEDULED = "scheduled", "Scheduled"
    SCHEDULED_REASSIGNED = "scheduled_reassigned", "Scheduled (Reassigned by User)"
    RESCHEDULED_BY_CUSTOMER = "rescheduled_by_customer", "Rescheduled by Customer"
    RESCHEDULED_BY_OWNER = "rescheduled_by_owner", "Rescheduled by Owner"
    RESCHEDULED_REASSIGNED = "rescheduled_reassigned", "Rescheduled (Reassigned by User)"
    RESCHEDULE_REQUESTED = "reschedule_requested", "Canceled (reschedule requested by Owner)"
    CANCELED_BY_CUSTOMER = "canceled_by_customer", "Canceled by Customer"
    CANCELED_BY_OWNER = "canceled_by_owner", "Canceled by Owner"
    CANCELED = "canceled", "Canceled"  # who cancelled is not told
    COMPLETED = "completed", "Completed"
    NO_SHOW = "no_show", "No-show"


# What a phase is called where the merchant did not rename it. A request has no tag unless it is given one.
DEFAULT_TAGS: Mapping[Phase, str] = {
    phase: "" if phase is Phase.REQUESTED else str(phase.label) for phase in Phase
}
