"""What a booking platform says beside what any platform has to say."""

from __future__ import annotations

from typing import ClassVar

from intake.platform import Platform


class BookingPlatform(Platform):
    """`read` gives a `BookingEventData`, or a `BookingMention` where the platform's API has to tell the rest.

    `tells_completion`: an event says that a booking took place, so the clock leaves it two hours.
    """

    tells_completion: ClassVar[bool] = False
    takes_bookings: ClassVar[bool] = True
    subject: ClassVar[str] = "booking"
    called: ClassVar[str] = "booking platform"
    refresh_id_help: ClassVar[str] = "the booking's id"
