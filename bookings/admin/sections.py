"""The settings page of a booking source in the connector's five steps, and the calls of its parts."""

from __future__ import annotations

from collections.abc import Mapping

from bookings.booking_fields import APPOINTMENT_FIELDS, CONTACT_FIELDS
from bookings.phases import Phase
from crm.list_records import DirectoryKind
from mappings.admin.pick_lists import Pick
from mappings.admin.sections import Section, Table

SECTIONS = (
    Section(
        anchor="creation",
        title="Creation",
        intro="A booking's customer is found in the CRM by the key of a personalised link, else by e-mail "
        "address "
        "(in all three fields), else created. A blank value never overwrites what the CRM has.",
        fields=(
            "create_contacts",
            "new_owner",
            "new_owner_id",
            "found_by_email",
            "owner_by_email",
            "found_by_id",
            "owner_by_id",
            "guests_as_contacts",
            "all_hosts",
        ),
        tables=(
            Table(
                name="page_users",
                title="Booking page → User",
                intro="Whose bookings a page's are, if that is not the user with the host's e-mail "
                "address. A row "
                "here comes before the Hosts page.",
            ),
        ),
    ),
    Section(
        anchor="classification",
        title="Classification",
        intro="How contacts and appointments are sorted in the CRM.",
        fields=(
            "contact_type",
            "lead_sources",
            "lead_source_category",
            "action_type",
            "priority",
            "reminder_minutes",
            "cancelled_appointments",
            "recreate_appointments",
            "without_appointments",
        ),
    ),
    Section(
        anchor="tagging",
        title="Tagging",
        intro="The generic lifecycle tag says what the contact's latest booking has come to: start "
        "campaigns from "
        "it. The tag of the single booking says the same of one booking, for campaigns that are run by hand.",
        notes=(
            "A tag that is renamed here is a new tag in the CRM. Contacts keep the old one, and campaigns "
            "that "
            "start from it have to be changed there.",
        ),
        fields=(
            "generic_tags",
            "booking_tags",
            "booking_tag_days",
            "tag_category",
            *(f"{phase}_tag" for phase in Phase),
            "unknown_actor",
            "suspected_no_show",
            "grace_minutes",
        ),
        tables=(
            Table(
                name="own_tags",
                title="Tags of your own",
                intro="Given when a booking of that booking page, event type or master page comes to the "
                "phase; any "
                "number of each.",
            ),
        ),
    ),
    Section(
        anchor="mapping",
        title="Mapping",
        intro="Which value of the booking goes to which field. Rows without an event type are the "
        "account's; a row "
        "of an event type takes the place of the account's row for the same CRM field.",
        notes=(
            "E-mail and Subject have to be mapped, to whatever field.",
            f"Fields of the contact: {', '.join(CONTACT_FIELDS)}, or a custom field with an underscore "
            "before its "
            "name. "
            f"Fields of the appointment: {', '.join(APPOINTMENT_FIELDS)}.",
            "For a question of your booking form write answer: and then the question, such as "
            "answer:Budget. A "
            "value that does not fit when a booking comes is left out, and the log warns.",
        ),
        fields=("day_first",),
        tables=(Table(name="booking_fields"),),
    ),
    Section(
        anchor="tracking",
        title="Tracking",
        intro="Who comes by a personalised link is recognised by its key. The CRM's tracking code in your "
        "booking "
        "form ties the visits of your website to the contact.",
        fields=("link_key_field",),
        panel="tracking",
    ),
)

_TAG = "Found or created by its exact name, in the tag category; given with ContactService.addToGroup."
CALLS: Mapping[str, str] = {
    "create_contacts": "ContactService.add, or POST /v2/contacts.",
    "new_owner": "OwnerID of the new contact.",
    "new_owner_id": "OwnerID of the new contact.",
    "found_by_email": "ContactService.findByEmail, then ContactService.update.",
    "owner_by_email": "ContactService.update with OwnerID.",
    "found_by_id": "ContactService.load, then ContactService.update.",
    "owner_by_id": "ContactService.update with OwnerID.",
    "guests_as_contacts": "ContactService.addWithDupCheck for each guest with an e-mail address.",
    "page_users": "OwnerID of the contact, UserID of the appointment.",
    "contact_type": "ContactType of the new contact.",
    "lead_sources": "DataService.query and add on LeadSource; LeadSourceId of the new contact.",
    "lead_source_category": "DataService.query and add on LeadSourceCategory.",
    "action_type": "ActionType of ContactAction.",
    "priority": "Priority of ContactAction.",
    "reminder_minutes": "PopupDate of ContactAction, or remind_time over REST.",
    "cancelled_appointments": "DataService.update or delete on ContactAction; PATCH or DELETE of the "
    "appointment.",
    "recreate_appointments": "DataService.add on ContactAction, or POST of an appointment.",
    "generic_tags": "ContactService.removeFromGroup, then addToGroup.",
    "booking_tags": "DataService.add and update on ContactGroup; ContactService.addToGroup.",
    "booking_tag_days": "DELETE /v2/tags/{id}.",
    "tag_category": "DataService.query and add on ContactGroupCategory.",
    "own_tags": "DataService.query on ContactGroup finds the tag; ContactService.addToGroup gives it.",
    "booking_fields": "The values of ContactService.add and update, and of the appointment. The test looks "
    "custom fields up in DataFormField.",
    **{f"{phase}_tag": _TAG for phase in Phase},
}

_USER = Pick(kind=DirectoryKind.USER, by_id=True)
_TAG_PICK = Pick(kind=DirectoryKind.TAG)
PICKS: Mapping[str, Pick] = {
    "bookingsettings.new_owner_id": _USER,
    "bookingsettings.contact_type": Pick(kind=DirectoryKind.CONTACT_TYPE),
    "bookingsettings.action_type": Pick(kind=DirectoryKind.APPOINTMENT_TYPE),
    "bookingsettings.lead_source_category": Pick(kind=DirectoryKind.LEAD_SOURCE_CATEGORY),
    "bookingsettings.tag_category": Pick(kind=DirectoryKind.TAG_CATEGORY),
    "bookingsettings.link_key_field": Pick(kind=DirectoryKind.CONTACT_FIELD),
    **{f"bookingsettings.{phase}_tag": _TAG_PICK for phase in Phase},
    "bookingtag.tag_name": _TAG_PICK,
    "bookingfieldmapping.crm_field": Pick(by="target", kinds={"contact": DirectoryKind.CONTACT_FIELD}),
    "bookingpageuser.user_id": _USER,
    "bookinghost.user_id": _USER,
}


def field_names() -> list[str]:
    return [name for section in SECTIONS for name in section.fields]
