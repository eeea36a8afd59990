"""Personalised links to a booking page: the CRM merges the contact's key into them, and no data of theirs.

The key comes back with the booking. It is a hint: who may use it, a plan decides by the key itself.
Docs: OnceHub help, Personalized links for Infusionsoft (`soisContactID`, `soSkip`); Calendly, UTM and
salesforce_uuid; Cal.com, metadata in links; Acuity, field:<id> in links.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bookings.platforms.payload import KEY_QUESTION

UTM = ("source", "medium", "campaign", "term", "content")
SKIPS = ("oncehub",)  # the platform that can leave out the form, for contacts whose name and e-mail it knows
TELLS_UTM = ("oncehub", "calendly", "calcom")


class LinkRefused(ValueError):
    """Why there is no link, in a sentence for whoever asked for it."""


def personal_link(
    platform: str,
    page_url: str,
    key_field: str,
    *,
    skip: bool = False,
    utm: Mapping[str, str] | None = None,
    form_field_id: str = "",
) -> str:
    """The link to put into an e-mail of the CRM; `key_field` is the contact's field, `_BookingKey`.

    `form_field_id` is Acuity's number of the hidden question. Pure. Raises: LinkRefused.
    """
    parts = urlsplit(page_url.strip())
    if parts.scheme != "https" or not parts.hostname:
        raise LinkRefused("Enter the address of the booking page, with https:// in front.")
    if not key_field:
        raise LinkRefused("Name the contact's field of the booking key first, in the step Tracking.")
    key = f"~Contact.{key_field}~"
    match platform:
        case "oncehub":
            added = {"soisContactID": "~Contact.Id~", KEY_QUESTION.replace(" ", ""): key}
        case "calendly":
            added = {"salesforce_uuid": key}
        case "calcom":
            added = {"metadata[bookingKey]": key}
        case "acuity" if form_field_id.isascii() and form_field_id.isdecimal():
            added = {f"field:{form_field_id}": key}
        case "acuity":
            raise LinkRefused(
                f"Add a question called “{KEY_QUESTION}” to Acuity's form, for administrators only, and "
                "enter its number."
            )
        case _:
            raise LinkRefused("There are no personalised links for this platform.")
    if skip and platform in SKIPS:
        added["soSkip"] = "1"
    if platform in TELLS_UTM:
        given = utm or {}
        added |= {f"utm_{name}": given[name] for name in UTM if given.get(name)}
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in added]
    # Merge fields stand in ~, which the CRM must find as it is.
    query = urlencode([*kept, *added.items()], quote_via=quote, safe="~:[]")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
