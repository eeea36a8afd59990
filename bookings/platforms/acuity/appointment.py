"""Acuity's appointment, in our words.

Docs: developers.acuityscheduling.com, Appointments. `datetime` carries the offset of the calendar's zone and
`datetimeCreated` another; `time` follows the account's format; labels are free text, never a state.
"""

from __future__ import annotations

from collections.abc import Iterator

from bookings.booking_data import BookingData, Host, Named, News
from bookings.platforms.payload import answers_of, minutes_of
from intake.party import Party, phones_once
from intake.payload import Node


def news_of(appointment: Node) -> News:
    """Acuity keeps a no-show as a kind of cancellation; who cancelled it does not tell."""
    if appointment.flag("noShow"):
        return News.NO_SHOW
    return News.CANCELED if appointment.flag("canceled") else News.SCHEDULED


def booking_parse(appointment: Node) -> BookingData:
    """Raises: BadPayload."""
    answers, hint = answers_of(_answers(appointment))
    name, calendar = appointment.text("type", 200), appointment.text("calendar", 200)
    page = appointment.text("confirmationPage")
    return BookingData(
        subject=name,
        starts_at=appointment.moment("datetime"),
        duration_minutes=minutes_of(appointment, "duration"),
        email=appointment.text("email", 254),
        customer=Party(
            first_name=appointment.text("firstName", 100),
            last_name=appointment.text("lastName", 100),
            phones=phones_once((appointment.text("phone", 50),)),
        ),
        time_zone=appointment.text("timezone", 100),
        # A calendar is somebody's, but whose Acuity does not tell: it is mapped as a page is.
        host=Host(id=appointment.text("calendarID", 100), name=calendar),
        booking_page=Named(id=appointment.text("calendarID", 100), name=calendar),
        event_type=Named(id=appointment.text("appointmentTypeID", 100), name=name),
        location=appointment.text("location"),
        description=appointment.text("notes"),
        answers=answers,
        utm_told=False,
        contact_hint=hint,
        cancel_url=page,
        reschedule_url=page,
        created_at=appointment.moment("datetimeCreated"),
    )


def _answers(appointment: Node) -> Iterator[tuple[str, str, object]]:
    for form in appointment.nodes("forms"):
        for value in form.nodes("values"):
            yield value.text("fieldID", 100), value.text("name", 200), value.values.get("value")
