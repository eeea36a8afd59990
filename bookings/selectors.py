"""What a merchant chose for the bookings of a source, read as it is now."""

from __future__ import annotations

from datetime import timedelta

from bookings.models.settings import DEFAULT_MAPPING, BookingSettings
from bookings.phases import Phase
from bookings.rules import BookingRules, HostRule, MappedField, OwnTag
from crm.records import Priority
from intake.models import Source
from intake.registry import platform_get

PRIORITIES = {
    BookingSettings.Priority.CRITICAL: Priority.CRITICAL,
    BookingSettings.Priority.ESSENTIAL: Priority.ESSENTIAL,
    BookingSettings.Priority.NON_ESSENTIAL: Priority.NON_ESSENTIAL,
}
_AS_THEY_ARE = (
    *("create_contacts", "new_owner", "found_by_email", "owner_by_email", "found_by_id", "owner_by_id"),
    *("guests_as_contacts", "all_hosts", "contact_type", "action_type", "lead_sources", "reminder_minutes"),
    *("generic_tags", "booking_tags", "booking_tag_days", "tag_category", "day_first", "link_key_field"),
)


def rules_of(source: Source) -> BookingRules:
    """The rules of a booking source in five queries; the vendor's defaults where nobody set any."""
    row = BookingSettings.objects.filter(source=source).first()
    is_set = row is not None
    row = row or BookingSettings(source=source)
    mapping = (
        tuple(
            MappedField(
                booking_field=each.booking_field,
                target=each.target,
                crm_field=each.crm_field,
                event_type=each.event_type.strip().casefold(),
            )
            for each in row.booking_fields.all()
        )
        if is_set
        else tuple(
            MappedField(booking_field=name, target=target, crm_field=crm_field)
            for name, target, crm_field in DEFAULT_MAPPING
        )
    )
    platform = platform_get(source.platform)
    return BookingRules(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        enabled=source.connection.enabled and source.enabled,
        new_owner_id=row.new_owner_id or 0,
        priority=PRIORITIES[BookingSettings.Priority(row.priority)],
        lead_source_category=row.lead_source_category or (platform.title if platform else ""),
        deletes_canceled=row.cancelled_appointments == BookingSettings.Withdrawn.DELETE,
        recreate=row.recreate_appointments,
        tasks=row.without_appointments == BookingSettings.NoAppointments.TASK,
        tag_texts={phase: row.phase_tag(phase).strip() for phase in Phase},
        unknown_actor_is_customer=row.unknown_actor == BookingSettings.UnknownActor.CUSTOMER,
        suspected_is_no_show=row.suspected_no_show == BookingSettings.Suspected.NO_SHOW,
        grace=timedelta(minutes=row.grace_minutes),
        own_tags=tuple(
            OwnTag(
                phase=each.phase,
                level=each.level,
                value=each.value.strip().casefold(),
                tag=each.tag_name.strip(),
                removed=each.take_off,
            )
            for each in row.own_tags.all()
        )
        if is_set
        else (),
        mapping=mapping,
        hosts={
            each.email: HostRule(user_id=each.user_id or 0, connected=each.connected_at is not None)
            for each in row.hosts.all()
        }
        if is_set
        else {},
        pages={each.booking_page.strip().casefold(): each.user_id for each in row.page_users.all()}
        if is_set
        else {},
    )
