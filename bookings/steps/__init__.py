"""The steps of a booking's plan, one file each."""

from bookings.steps import (
    apply_booking_tag,
    apply_lifecycle_tag,
    clear_lifecycle_tags,
    create_category,
    create_tag,
    delete_booking_tag,
    name_booking_tag,
    set_own_tag,
    upsert_appointment,
    upsert_booking_contact,
    write_link_key,
)

BOOKING_STEPS = (
    upsert_booking_contact.STEP,
    upsert_appointment.STEP,
    create_category.STEP,
    create_tag.STEP,
    clear_lifecycle_tags.STEP,
    apply_lifecycle_tag.STEP,
    set_own_tag.STEP,
    name_booking_tag.STEP,
    apply_booking_tag.STEP,
    delete_booking_tag.STEP,
    write_link_key.STEP,
)
