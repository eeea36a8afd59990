"""What a booking source's settings say beside what the CRM has, and beside what its protocol can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.utils import timezone

from bookings.booking_fields import APPOINTMENT_FIELDS, CONTACT_FIELDS, booking_field_label, is_taken
from bookings.models.settings import BookingFieldMapping, BookingPageUser, BookingSettings, BookingTag
from crm.errors import CrmError
from crm.list_records import DirectoryKind, FieldObject
from mappings.access.open import open_crm
from mappings.checks.context import CheckContext, Deadline
from mappings.checks.findings import MOST_FINDINGS, Finding, FindingLevel, mapped_names
from mappings.checks.reference_checks import OWNERS, TAGS, ReferenceKind, listed_seen
from mappings.checks.references import Reference
from mappings.models import Connection, DirectoryRow

TOTAL_SECONDS = 15.0  # a person waits for the page
Target = BookingFieldMapping.Target


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingCheck:
    """The settings and tables as they are about to be stored."""

    settings: BookingSettings
    booking_fields: Sequence[BookingFieldMapping] = ()
    own_tags: Sequence[BookingTag] = ()
    page_users: Sequence[BookingPageUser] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingOutcome:
    """`misfits` says of rows of the mapping, by their place, why they cannot be stored."""

    findings: Sequence[Finding]
    misfits: Mapping[int, str]


def booking_check(check: BookingCheck) -> BookingOutcome:
    """Ask the CRM about every name, id and custom field. Its errors become findings. Repeat: safe.

    No transaction may be open. A connection that was never tested is not asked. Of custom fields that the CRM
    did not tell just now, our copy of its list says the type; one that it lacks may be mapped all the same.
    """
    connection = check.settings.source.connection
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=DirectoryKind.CONTACT_FIELD.value
    ).filter(name__in=[row.crm_field for row in check.booking_fields])
    types: dict[str, str] = {
        name: detail.get("type", "") for name, detail in rows.values_list("name", "detail")
    }
    findings = _asked(check, connection, types)
    return BookingOutcome(findings=findings, misfits=_misfits(check.booking_fields, types))


def _asked(check: BookingCheck, connection: Connection, types: dict[str, str]) -> list[Finding]:
    """The CRM's answers; the types of custom fields are put in `types`."""
    if not connection.bound_app:
        sentence = (
            "Not checked: the connection was not tested yet. Test it on its settings page, then save here."
        )
        return [Finding(FindingLevel.WARNING, "", sentence, unsure=True)]
    findings: list[Finding] = []
    try:
        context = CheckContext(
            account=(account := open_crm(connection, step="test", gated=False)),
            mapped=mapped_names(connection),
            crm=account.crm,
            deadline=Deadline(TOTAL_SECONDS),
        )
        for group in _groups(check, types):
            if context.deadline.is_over:
                sentence = "Not all could be checked in time: save again, or wait for the first booking."
                findings.append(Finding(FindingLevel.WARNING, "", sentence, unsure=True))
                break
            findings += group(context)
    except CrmError as err:
        sentence = f"Not checked to the end: {err.message}"
        findings.append(Finding(FindingLevel.WARNING, "", sentence, unsure=True))
    return findings


def booking_check_store(settings: BookingSettings, findings: Sequence[Finding]) -> None:
    now = timezone.now()
    told = [finding.to_json() for finding in findings[:MOST_FINDINGS]]
    BookingSettings.objects.filter(pk=settings.pk).update(checked_at=now, check_result=told)


def _misfits(mappings: Sequence[BookingFieldMapping], types: Mapping[str, str]) -> dict[int, str]:
    found = {}
    for place, row in enumerate(mappings):
        standard = CONTACT_FIELDS if row.target == Target.CONTACT else APPOINTMENT_FIELDS
        is_custom = row.crm_field.startswith("_")
        known = types if row.target == Target.CONTACT else {}  # the CRM's lists have none of appointments
        field_type = known.get(row.crm_field, "") if is_custom else standard.get(row.crm_field, "")
        if field_type and not is_taken(row.booking_field, field_type):
            found[place] = (
                f"{row.crm_field} is a {field_type.replace('_', ' ')} field in the CRM and takes no "
                f"“{booking_field_label(row.booking_field)}”. Choose a text field, or another value of the "
                "booking."
            )
        elif not field_type and not is_custom:
            found[place] = (
                f"The {row.get_target_display().lower()} has no field “{row.crm_field}”. It has "
                f"{', '.join(standard)}, and custom fields with an underscore before."
            )
    return found


def protocol_gaps(settings: BookingSettings, protocol: str) -> Iterator[Finding]:
    """What of the settings the connection's protocol cannot do, and what happens instead."""

    def gap(field: str, sentence: str) -> Finding:
        return Finding(FindingLevel.WARNING, field, sentence)

    if protocol == Connection.Protocol.REST:
        if settings.action_type:
            yield gap(
                "action_type",
                "REST takes no appointment type: it is left out. Choose Automatic as the protocol while "
                "XML-RPC "
                "lives, or leave this empty.",
            )
        if settings.priority != BookingSettings.Priority.NON_ESSENTIAL:
            yield gap(
                "priority",
                "REST takes no priority: appointments get the CRM's own. Choose Automatic as the protocol "
                "while "
                "XML-RPC lives.",
            )
        rows = settings.booking_fields.filter(target=Target.APPOINTMENT, crm_field__startswith="_")
        names = list(rows.values_list("crm_field", flat=True)[:5])
        if names:
            yield gap(
                "booking_fields",
                f"REST has no custom fields of appointments, so {', '.join(names)} is left out. Choose "
                "Automatic as "
                "the protocol while XML-RPC lives.",
            )
    if protocol == Connection.Protocol.XMLRPC and settings.booking_tag_days:
        yield gap(
            "booking_tag_days",
            "XML-RPC cannot delete tags: they stay. Choose REST or Automatic as the protocol.",
        )


# -- groups ----------------------------------------------------------------------------------------------


def _groups(
    check: BookingCheck, types: dict[str, str]
) -> Iterator[Callable[[CheckContext], Iterator[Finding]]]:
    """What is set, kind by kind."""
    yield replace(TAGS, set_in=lambda context: _tags(check)).findings
    yield replace(OWNERS, set_in=lambda context: _users(check)).findings
    yield _words("contact type", DirectoryKind.CONTACT_TYPE, "contact_type", check).findings
    if check.settings.source.connection.protocol != Connection.Protocol.REST:
        yield _words("appointment type", DirectoryKind.APPOINTMENT_TYPE, "action_type", check).findings
    yield lambda context: _custom_fields(check, types, context)


def _tags(check: BookingCheck) -> Iterator[Reference]:
    for row in check.own_tags:
        yield Reference(row.tag_name, "own_tags", row.tag_name)


def _users(check: BookingCheck) -> Iterator[Reference]:
    settings = check.settings
    if settings.new_owner == BookingSettings.NewOwner.FIXED and settings.new_owner_id:
        yield Reference(settings.new_owner_id, "new_owner_id", by=", the owner of new contacts")
    for row in check.page_users:
        by = f", to whom the page {row.booking_page} is mapped"
        yield Reference(row.user_id, "page_users", row.booking_page, by)


def _words(word: str, kind: DirectoryKind, field: str, check: BookingCheck) -> ReferenceKind:
    """A word of one of the CRM's lists, set in a field; blank is none."""
    value: str = getattr(check.settings, field)
    return ReferenceKind(
        word=word,
        plural=f"{word}s",
        set_in=lambda context: iter([Reference(value, field)] if value else []),
        look_up=partial(listed_seen, kind=kind),
        cure=" Choose one of the list, or add it in the CRM.",
    )


def _custom_fields(check: BookingCheck, types: dict[str, str], context: CheckContext) -> Iterator[Finding]:
    rows = [
        row for row in check.booking_fields if row.target == Target.CONTACT and row.crm_field.startswith("_")
    ]
    key = check.settings.link_key_field
    if not rows and not key:
        return
    types.clear()
    types.update((field.name, field.type) for field in context.crm.list_custom_fields(FieldObject.CONTACT))
    if key and key not in types:
        yield Finding(
            FindingLevel.WARNING,
            "link_key_field",
            f"The CRM has no custom contact field “{key}”: personalised links are believed only if the typed "
            "e-mail is the contact's. Add a text field of that name (Settings, Custom Fields, Contact).",
        )
    for row in rows:
        if row.crm_field not in types:
            sentence = (
                f"The CRM has no custom contact field “{row.crm_field}”. Add it there (Settings, Custom "
                "Fields, "
                "Contact), or correct the name here."
            )
            yield Finding(FindingLevel.ERROR, "booking_fields", sentence, row.crm_field)
