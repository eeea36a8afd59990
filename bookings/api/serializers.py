"""The JSON of one piece of news about a booking, and of a booking as it is known."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bookings.booking_data import Actor, News
from intake.api.fields import FlagField, ListField, MomentField, StrictSerializer, TextField
from intake.api.party import PartySerializer

LONGEST_ID = 255
LONGEST_LINK = 2000
LONGEST_TEXT = 10_000
MAX_GUESTS = 500
MAX_ANSWERS = 200
MAX_MINUTES = 60 * 24 * 366
STATES = (
    *("requested", "scheduled", "rescheduled", "canceled", "reschedule_requested", "completed", "no_show"),
)
_ID_OF_ANOTHER = "The `booking_id` of "


class NamedSerializer(StrictSerializer):
    """A booking page, an event type or a master page: its id, its name, or both."""

    id = TextField(max_length=LONGEST_ID)
    name = TextField(max_length=300)


class HostSerializer(StrictSerializer):
    """Whose calendar it is."""

    id = TextField(max_length=LONGEST_ID)
    email = TextField(max_length=320)
    name = TextField(max_length=300)


class GuestSerializer(StrictSerializer):
    """Who comes along."""

    email = TextField(max_length=320)
    name = TextField(max_length=300)


class AnswerSerializer(StrictSerializer):
    """A question of the booking form and what was answered."""

    key = TextField(required=True, max_length=200, help_text="What stays when the question is reworded.")
    label = TextField(  # type: ignore[assignment]
        max_length=500, help_text="The question; its key if left out."
    )
    value = TextField(max_length=LONGEST_TEXT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "label": attrs["label"] or attrs["key"]}


class UtmSerializer(StrictSerializer):
    """Of the link that the customer came by."""

    source = TextField(max_length=300)  # type: ignore[assignment]
    medium = TextField(max_length=300)
    campaign = TextField(max_length=300)
    term = TextField(max_length=300)
    content = TextField(max_length=300)


class BookingFieldsSerializer(StrictSerializer):
    """What a booking is like."""

    subject = TextField(max_length=500)
    starts_at = MomentField(allow_null=True, default=None)
    ends_at = MomentField(allow_null=True, default=None)
    duration_minutes = serializers.IntegerField(
        min_value=0,
        max_value=MAX_MINUTES,
        allow_null=True,
        default=None,
        help_text="Instead of the end.",
    )
    email = TextField(max_length=320, help_text="Of the customer: who booked, or was booked for.")
    whole_name = TextField(max_length=300, help_text="Instead of the first and last name of `customer`.")
    customer = PartySerializer(required=False)
    time_zone = TextField(max_length=60, help_text="The customer's, such as Europe/Berlin.")
    host = HostSerializer(required=False)
    booking_page = NamedSerializer(required=False)
    event_type = NamedSerializer(required=False)
    master_page = NamedSerializer(required=False)
    location = TextField(max_length=2000)
    description = TextField(max_length=LONGEST_TEXT, help_text="The text of the calendar event.")
    note = TextField(max_length=LONGEST_TEXT, help_text="What the customer wrote.")
    guests = ListField(child=GuestSerializer(), default=list, max_length=MAX_GUESTS)
    answers = ListField(child=AnswerSerializer(), default=list, max_length=MAX_ANSWERS)
    utm = UtmSerializer(required=False)
    contact_hint = TextField(
        max_length=200,
        help_text="The CRM's id of the contact or its booking key, where a personalised link brought one "
        "back. It is never trusted alone.",
    )
    cancel_url = TextField(max_length=LONGEST_LINK)
    reschedule_url = TextField(max_length=LONGEST_LINK)
    meeting_url = TextField(max_length=LONGEST_LINK)
    created_at = MomentField(allow_null=True, default=None)


class BookingSerializer(BookingFieldsSerializer):
    """One piece of news about a booking: that it was made, moved, called off, took place, or did not.

    Send all news there is, in any order; what the booking has become is worked out of all of it. What is left
    out in one is taken from the news before.
    """

    booking_id = TextField(required=True, max_length=LONGEST_ID)
    event = serializers.ChoiceField(
        [news.value for news in News],
        help_text="`superseded`: another booking id takes its place, which is no cancellation. "
        "`no_show_revoked` takes a no-show back. `host_absent` is never the customer's no-show. `details`: "
        "something else of it changed.",
    )
    occurred_at = MomentField(help_text="When it happened: an older piece of news takes nothing back.")
    event_id = TextField(
        max_length=LONGEST_ID,
        help_text="Your id of this piece of news; the same one again changes nothing. Left out, it is known "
        "by its content.",
    )
    actor = serializers.ChoiceField(
        [actor.value for actor in Actor],
        default=Actor.UNKNOWN.value,
        help_text="Who moved it or called it off; `owner` is the host or whoever acts for them.",
    )
    actor_id = TextField(max_length=LONGEST_ID)
    reason = TextField(max_length=2000)
    replaces = TextField(max_length=LONGEST_ID, help_text=f"{_ID_OF_ANOTHER}which this one takes the place.")
    replaced_by = TextField(
        max_length=LONGEST_ID, help_text=f"{_ID_OF_ANOTHER}the booking that takes the place of this one."
    )
    series_id = TextField(
        max_length=LONGEST_ID, help_text="Equal for all booking ids of one booking of one customer (iCalUID)."
    )


class StoredBookingSerializer(BookingFieldsSerializer):
    """A booking as it is known here, of all its news and all ids that it had."""

    answered = True
    booking_id = serializers.CharField(help_text="The first that it had.")
    state = serializers.ChoiceField(
        [*STATES, ""],
        help_text="Empty while no more than its id is known.",
    )
    actor = serializers.ChoiceField([actor.value for actor in Actor])
    since = MomentField(allow_null=True, help_text="When the state was reached.")
    utm_told = FlagField(help_text="Whether its news could tell `utm`.")
    version = serializers.IntegerField(help_text="Counts the changes of what is replicated.")
