"""The pages of deliveries: what came with them, and how they are found again."""

from __future__ import annotations

import pytest

from intake.deliveries import delivery_take
from intake.models import InboundEvent, Reading, Source
from intake.registry import platforms
from tests.carts.admin.test_pages import member
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]
LIST = "/admin/intake/inboundevent/"


def taken(source: Source, number: str, channel: str = "webhook") -> InboundEvent:
    headers = {
        "kennel-topic": "order/created",
        "kennel-delivery": number,
        "kennel-signature": "s3cret-proof",
        "content-type": "application/json",
    }
    body = b'{"id": "%s", "stage": "paid"}' % number.encode()
    return delivery_take(source, platforms()["kennel"], body, headers, channel).event


def page_of(source: Source, event: InboundEvent) -> str:
    page = member(source, edits=False).get(f"{LIST}{event.pk}/change/").content.decode()
    return " ".join(page.split())


def test_a_delivery_shows_its_number_and_the_headers_that_were_kept(shop):
    page = page_of(shop, taken(shop, "d-4711"))
    assert "d-4711" in page
    assert "kennel-topic: order/created" in page
    assert "s3cret-proof" not in page


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("waiting", "Order 7 is to be read from the shop; the event waits for that."),
        ("running", "Order 7 is being read from the shop."),
        ("done", "Order 7 was read from the shop."),
        ("failed", "Order 7 could not be read: It did not answer. The event counts for what it says."),
    ],
)
def test_the_reading_of_its_order_is_told(shop, state, sentence):
    event = taken(shop, "d-1")
    reading = Reading.objects.create(source=shop, refresh_id="7", state=state, problem="It did not answer.")
    InboundEvent.objects.update(reading=reading)
    assert sentence in page_of(shop, event)


def test_deliveries_are_found_by_number_channel_and_shop(shop):
    second = SourceFactory(connection=shop.connection, name="Second", platform="kennel")
    events = [taken(shop, "d-1"), taken(shop, "d-2", "test"), taken(second, "d-3")]
    client = member(shop)

    def found(query: str) -> set[int]:
        page = client.get(LIST + query).content.decode()
        return {nth for nth, event in enumerate(events, 1) if f"{LIST}{event.pk}/change/" in page}

    assert found("") == {1, 2, 3}
    assert found("?q=d-2") == {2}
    assert found("?channel__exact=test") == {2}
    assert found(f"?source__id__exact={second.pk}") == {3}
    assert found(f"?source__id__exact={shop.pk}&state__exact=stored") == {1, 2}


def test_the_shops_of_others_are_no_choice_and_find_nothing(shop):
    other = SourceFactory(name="Nobody's business")
    event = taken(other, "d-9")
    page = member(shop).get(f"{LIST}?source__id__exact={other.pk}").content.decode()
    assert "business" not in page
    assert f"{LIST}{event.pk}/" not in page
