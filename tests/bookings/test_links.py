"""Personalised links carry the contact's key and nothing else of the contact."""

from __future__ import annotations

import pytest

from bookings.links import LinkRefused, personal_link

FIELD = "_BookingKey"


@pytest.mark.parametrize(
    ("platform", "link"),
    [
        (
            "oncehub",
            "?soisContactID=~Contact.Id~&bookingkey=~Contact._BookingKey~&soSkip=1&utm_source=may%20mail",
        ),
        ("calendly", "?salesforce_uuid=~Contact._BookingKey~&utm_source=may%20mail"),
        ("calcom", "?metadata[bookingKey]=~Contact._BookingKey~&utm_source=may%20mail"),
        ("acuity", "?field:7=~Contact._BookingKey~"),
    ],
)
def test_each_platform_has_its_own_parameters(platform, link):
    page = "https://book.example.com/page"
    made = personal_link(
        platform, page, FIELD, skip=True, utm={"source": "may mail", "medium": ""}, form_field_id="7"
    )
    assert made == page + link


def test_what_the_address_had_stays_and_nothing_is_there_twice():
    page = "https://calendly.com/ada/call?month=2026-03&salesforce_uuid=old#top"
    made = personal_link("calendly", page, FIELD)
    assert made == "https://calendly.com/ada/call?month=2026-03&salesforce_uuid=~Contact._BookingKey~#top"


@pytest.mark.parametrize(
    ("platform", "page", "field", "sentence"),
    [
        ("oncehub", "go.oncehub.com/page", FIELD, "https://"),
        ("oncehub", "javascript:alert(1)", FIELD, "https://"),
        ("calendly", "https://calendly.com/ada", "", "booking key first"),
        ("acuity", "https://ada.as.me", FIELD, "enter its number"),
        ("api", "https://example.com", FIELD, "no personalised links"),
    ],
)
def test_a_refusal_says_what_to_do(platform, page, field, sentence):
    with pytest.raises(LinkRefused, match=sentence):
        personal_link(platform, page, field)
