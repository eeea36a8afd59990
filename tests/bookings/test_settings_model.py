"""What a booking source's settings hold, and what they refuse."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from bookings.booking_fields import CONTACT_FIELDS, MANDATORY, TAKES, Value, validate_booking_field
from bookings.models.settings import BookingSettings, BookingTag, booking_settings_create
from bookings.phases import Phase
from bookings.plan import ADDRESS_NAMES, CONTACT_NAMES, PHONE_NAMES
from tests.factories import SourceFactory


def test_a_new_source_has_the_vendors_texts_and_mapping(db: None) -> None:
    settings = booking_settings_create(SourceFactory(platform="oncehub"))
    assert booking_settings_create(settings.source).pk == settings.pk
    settings.full_clean()
    assert (settings.contact_type, settings.action_type, settings.get_priority_display()) == (
        "Prospect",
        "Call",
        "Non-Essential",
    )
    assert settings.phase_tag(Phase.RESCHEDULE_REQUESTED) == "Canceled (reschedule requested by Owner)"
    assert settings.phase_tag(Phase.REQUESTED) == ""
    mapped = list(settings.booking_fields.values_list("booking_field", "crm_field"))
    assert len(mapped) == 9
    assert set(MANDATORY) <= {field for field, _ in mapped}
    assert ("subject", "ActionDescription") in mapped


def test_two_phases_cannot_have_one_tag(db: None) -> None:
    settings = booking_settings_create(SourceFactory(platform="oncehub"))
    settings.completed_tag = "no-SHOW"
    with pytest.raises(ValidationError, match="could not tell the two apart"):
        settings.full_clean()


def test_a_fixed_owner_must_be_named(db: None) -> None:
    settings = booking_settings_create(SourceFactory(platform="oncehub"))
    settings.new_owner = BookingSettings.NewOwner.FIXED
    with pytest.raises(ValidationError, match="Choose the user"):
        settings.full_clean()


@pytest.mark.parametrize(("level", "value"), [("event_type", " "), ("any", "Demo call")])
def test_an_own_tag_says_of_what(db: None, level: str, value: str) -> None:
    settings = booking_settings_create(SourceFactory(platform="oncehub"))
    with pytest.raises(ValidationError, match=r"(?i)every booking"):
        BookingTag(settings=settings, level=level, value=value, tag_name="VIP").full_clean()


@pytest.mark.parametrize("key", ["emial", "answer:", "answer:  ", ""])
def test_unknown_booking_fields_are_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        validate_booking_field(key)


def test_the_matrix_takes_what_can_fit() -> None:
    validate_booking_field("answer:What is your budget?")
    assert "yes_no" in TAKES[Value.ANY]
    assert "date" not in TAKES[Value.NAME]
    assert not any("social_security_number" in types for types in TAKES.values())


def test_what_can_be_mapped_is_written() -> None:
    assert set(CONTACT_FIELDS) == {"Email", *CONTACT_NAMES, *ADDRESS_NAMES, *PHONE_NAMES}
