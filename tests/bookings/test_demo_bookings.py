"""What the demo's booking platforms send is what they would send."""

from __future__ import annotations

from bookings.booking_data import BookingMention
from config.demo.bookings import ACUITY_BOOKING, booking_deliveries, platform_replies
from config.demo.data import BOOKING_PAGES
from intake.platform import Delivery
from intake.registry import platforms
from tests.bookings.samples import RECEIVED_AT, source_of


def test_each_platform_of_the_demo_tells_bookings_that_can_be_read():
    names = [name for _, _, name in BOOKING_PAGES]
    told = []
    for name, body in booking_deliveries():
        platform, source = platforms()[name], source_of(name)
        (event,) = platform.split(source, Delivery(body=body))
        told.append((name, platform.read(source, event, RECEIVED_AT)))
    assert {name for name, _ in told} == set(names)
    mentioned = [record.segment_id for _, record in told if isinstance(record, BookingMention)]
    assert mentioned == [ACUITY_BOOKING]
    assert platform_replies()[0]["path"].endswith(f"/{ACUITY_BOOKING}")
