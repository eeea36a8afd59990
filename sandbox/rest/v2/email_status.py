"""Whether an address may receive marketing mail."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.contact_shape import is_marketable, status_word
from sandbox.rest.kinds import flag, shaped, text
from sandbox.rest.problems import bad_request, not_found
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, present, time_text, whole
from sandbox.services.contact import EMAIL_COLUMNS
from sandbox.services.email import OPTED_IN, OPTED_OUT, opt_in, opt_out, status_row
from sandbox.store import Store
from sandbox.values import Row

NEVER_ASKED = "UNENGAGED_NON_MARKETABLE"
CHANGE = shaped("opted_in reason", opted_in=flag, reason=text)


@route("GET", "/v2/emailAddresses/{email}/status")
def get_email_status(work: Work, request: Request) -> Json:
    return _show(work.store, request.path["email"])


@route("PATCH", "/v2/emailAddresses/{email}/status")
def update_email_status(work: Work, request: Request) -> Json:
    """Opt in or out. What cannot be changed stays as it is: the answer tells, not the status code."""
    email, given = request.path["email"], request.read(CHANGE)
    if not given["reason"].strip():
        raise bad_request("reason must not be blank")
    _known(work.store, email)
    if not given["opted_in"]:
        opt_out(work, email, given["reason"])
    elif not opt_in(work, email, given["reason"]):
        # The vendor's text lets an address opted out by hand come back; its older pages do not.
        status = status_row(work.store, email)
        if status is not None and status["Type"] == OPTED_OUT and work.options.rest_opt_in_again:
            work.store.change("EmailAddStatus", whole(status, "Id"), {"Type": OPTED_IN})
            work.note("email.opted_in", {}, {"email": email, "reason": given["reason"]})
    return _show(work.store, email)


def _known(store: Store, email: str) -> Row:
    """The status of an address that a contact has or had; the contact's dates where none was set."""
    contacts = [key for column in EMAIL_COLUMNS for key in store.find("Contact", column, email)]
    status = status_row(store, email)
    if status is not None:
        return status
    if not contacts:
        raise not_found("Email address", email)
    return {"Email": email, "Type": None, "DateCreated": store.row("Contact", min(contacts))["DateCreated"]}


def _show(store: Store, email: str) -> Json:
    status = _known(store, email)
    return present(
        email=email,
        opted_in=is_marketable(status),
        status=status_word(status) if status["Type"] else NEVER_ASKED,
        create_time=time_text(status["DateCreated"]),
        last_sent_time=time_text(status.get("LastSentDate")),
        last_open_time=time_text(status.get("LastOpenDate")),
        last_click_time=time_text(status.get("LastClickDate")),
    )
