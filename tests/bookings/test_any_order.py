"""Every order of a booking's news ends alike; `python -m tests.booking_orders` tries them all."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from cascade.models import Replication
from tests.booking_orders import MOST, Walk, stories
from tests.bookings.agenda import Agenda
from tests.factories import SourceFactory

SEED = 5
NAMES = tuple(stories())


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_any_order_of_the_news_and_any_repeat_leave_the_same_booking(name: str) -> None:
    """Every order of two events, and all there is between some of five."""
    events, random = stories()[name], Random(SEED)
    picked = random.sample(range(len(events)), MOST)
    orders = {tuple(random.sample(picked, MOST)) for _ in range(12)}
    begun = {order[:length] for order in orders for length in range(1, MOST + 1)}
    walk = Walk(
        SourceFactory(platform="api"),
        events,
        MOST,
        chosen=lambda path: len(path) < 3 or tuple(path) in begun,
    )
    walk.go()
    assert not walk.problems
    assert walk.orders > len(events) ** 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "protocol"), list(zip(NAMES, ("xmlrpc", "rest") * 2, strict=True)))
def test_any_order_of_the_news_ends_alike_in_the_crm(agenda: Agenda, name: str, protocol: str) -> None:
    """Sent after each event in any order and one of them told twice, or all at once in their order."""
    agenda.shop.connection.protocol = protocol
    agenda.shop.connection.save()
    random = Random(f"{SEED} {name} {protocol}")
    picked = sorted(random.sample(range(len(stories()[name])), 4))
    ends = []
    for number in range(2):
        prefix, email = f"OF-{number}-", f"carrie{number}@example.com"
        events = stories(prefix, email)[name]
        order = random.sample(picked, len(picked)) if number else picked
        told = [*order, random.choice(order)] if number else order
        for each in told:
            agenda.take(events[each])
            if number:
                agenda.drive()
        agenda.drive()
        ends.append(end_of(agenda, email, prefix))
    assert ends[0] == ends[1], told


def end_of(agenda: Agenda, email: str, prefix: str) -> dict[str, Any]:
    """The contacts of the address, with their tags and appointments, without what only tells them apart."""
    appointments, replications = agenda.appointments(email), {}
    for booking in agenda.source.bookings.filter(key__startswith=prefix):
        for appointment in appointments:
            notes = appointment["CreationNotes"].replace(f"talks booking {booking.key}", "the marker")
            appointment["CreationNotes"] = notes
        if booking.merged_into is None:
            rows = Replication.objects.filter(subject_key=f"talks/{booking.key}")
            replications[booking.shown_id.removeprefix(prefix)] = rows.latest("id").state
    return {
        "contacts": len([row for row in agenda.shop.sandbox.rows("Contact") if row["Email"] == email]),
        "tags": [tag.replace(prefix, "") for tag in agenda.tags(email)],
        "appointments": sorted(str(appointment).replace(prefix, "") for appointment in appointments),
        "replications": replications,  # news of a booking that nobody's address is known of is parked
    }
