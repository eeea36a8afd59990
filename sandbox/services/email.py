"""APIEmailService: which addresses may receive marketing mail, and sending some."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.records import existing
from sandbox.services.registry import method
from sandbox.store import Store
from sandbox.values import Row, Wire

DEFAULT_REASON = "API Opt In"
OPTED_IN = "SingleOptIn"
OPTED_OUT = "Manual"
NEVER_ASKED = frozenset({"NonMarketable", "UnengagedNonMarketable", "System"})
SINGLE, DOUBLE = frozenset({"SingleOptIn", "UnengagedMarketable"}), frozenset({"DoubleOptin", "Confirmed"})


@method("APIEmailService.optIn", "string string")
def opt_in(work: Work, email: str, reason: str) -> bool:
    """Make an address marketable, the first time only: who opted out cannot be brought back."""
    status = status_row(work.store, email)
    if status is not None and status["Type"] not in NEVER_ASKED:
        return False
    _set_type(work.store, email, status, OPTED_IN)
    work.note("email.opted_in", {}, {"email": email, "reason": reason or DEFAULT_REASON})
    return True


@method("APIEmailService.optOut", "string string")
def opt_out(work: Work, email: str, reason: str) -> bool:
    """Take an address off all marketing; one that is off already stays so, without effect."""
    status = status_row(work.store, email)
    if status is None or status["Type"] in SINGLE | DOUBLE | NEVER_ASKED:
        _set_type(work.store, email, status, OPTED_OUT)
        work.note("email.opted_out", {}, {"email": email, "reason": reason})
    return True


@method("APIEmailService.getOptStatus", "string")
def get_opt_status(work: Work, email: str) -> int:
    """0 not marketable or unknown, 1 single opt-in, 2 double opt-in."""
    status = status_row(work.store, email)
    kind = status["Type"] if status else None
    return 2 if kind in DOUBLE else int(kind in SINGLE)


def status_row(store: Store, email: str) -> Row | None:
    keys = store.find("EmailAddStatus", "Email", email)
    return store.row("EmailAddStatus", keys[0]) if keys else None


def _set_type(store: Store, email: str, status: Row | None, kind: str) -> None:
    if status is None:
        store.insert("EmailAddStatus", {"Email": email, "Type": kind, "DateCreated": crm_now()})
    else:
        store.change("EmailAddStatus", int(str(status["Id"])), {"Type": kind})


@method(
    "APIEmailService.sendEmail",
    "array string",
    "array string string string string string string string string",
    "array string string string string string string string string string",
)
def send_email(work: Work, contact_ids: list[Wire], *content: str) -> bool:
    """Send to all or to none: false if an address may not receive marketing mail."""
    contacts = [existing(work.store, "Contact", int(str(contact_id))) for contact_id in contact_ids]
    if not all(get_opt_status(work, str(contact["Email"] or "")) for contact in contacts):
        return False
    subject = content[5] if len(content) > 1 else f"template {content[0]}"
    for contact in contacts:
        work.note("email.sent", {"contact": int(str(contact["Id"]))}, {"subject": subject})
    return True
