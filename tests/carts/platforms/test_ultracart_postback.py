"""UltraCart's XML postback: the same order as the JSON, by an older way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.models import Order
from carts.order_data import OrderData, Stage
from carts.platforms.shop_platform import NativeOrder, ReadEvent
from carts.platforms.ultracart.platform import UltraCart
from carts.platforms.ultracart.postback import MAX_DEPTH, MAX_ELEMENTS
from carts.platforms.ultracart.postback_fields import ORDER_ROWS
from carts.platforms.ultracart.postback_values import country, flag, moment_if_readable, number
from cascade.shop.shop_values import shop_value
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Source
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from intake.processing import event_process
from tests.carts.payloads import FIXTURES, as_body, fixture
from tests.factories import PLACED_AT, SourceFactory

PLATFORM = UltraCart()
SOURCE = Source(platform="ultracart", currency="USD")
PAIR = (FIXTURES / "order_both.xml").read_text()
State = InboundEvent.State


def xml(*elements: str) -> bytes:
    """The pair's XML with these elements in place of those of the same name."""
    text = PAIR
    for element in elements:
        name = element[1 : element.index(">")].rstrip("/")
        start = text.index(f"<{name}")
        whole = f"</{name}>"
        end = text.index(whole, start) + len(whole) if whole in text else text.index("/>", start) + 2
        text = text[:start] + element + text[end:]
    return text.encode()


def split(body: bytes) -> list[NativeEvent]:
    return PLATFORM.split(SOURCE, Delivery(body=body))


def read(body: bytes) -> list[ReadEvent]:
    return [PLATFORM.read(SOURCE, event, PLACED_AT) for event in split(body)]


def order(body: bytes) -> OrderData:
    (told,) = read(body)
    assert isinstance(told, NativeOrder)
    return PLATFORM.parse(SOURCE, told.payload, PLACED_AT)


def test_the_same_order_by_xml_and_by_json_is_the_same():
    (told,) = read(PAIR.encode())
    assert isinstance(told, NativeOrder)
    by_json = PLATFORM.parse(SOURCE, fixture("order_both.json"), PLACED_AT)
    by_xml = PLATFORM.parse(SOURCE, told.payload, PLACED_AT)
    assert by_xml == by_json
    assert by_xml.content_hash() == by_json.content_hash()
    parcels = [
        PLATFORM.shipments(SOURCE, payload, by_xml.version_at)
        for payload in (told.payload, fixture("order_both.json"))
    ]
    assert parcels[0] == parcels[1]
    assert (told.ask_again, told.undated, told.read_back) == (True, True, False)


@pytest.mark.parametrize(
    "path", ["items.0.options.Color", "checkout.custom_field7", "billing.company", "summary.tax", "gift.gift"]
)
def test_a_path_leads_to_the_same_value(path):
    (told,) = read(PAIR.encode())
    assert isinstance(told, NativeOrder)
    data = PLATFORM.parse(SOURCE, told.payload, PLACED_AT)
    by_json = shop_value(data, fixture("order_both.json"), path)
    assert shop_value(data, told.payload, path) == by_json != ""


def test_the_cards_data_is_not_taken():
    (told,) = read(PAIR.encode())
    assert isinstance(told, NativeOrder)
    assert "4242" not in str(told.payload)
    assert not [row for row in ORDER_ROWS if row[0].startswith("card_")]


@pytest.mark.parametrize(
    ("code", "stage", "shop_stage"),
    [
        ("AR", Stage.UNPAID, "Accounts Receivable"),
        ("PO", Stage.UNPAID, "Pre-ordered"),
        ("SD", Stage.PAID, "Shipping Department"),
        ("co", Stage.PAID, "Completed Order"),
        ("REJ", Stage.REJECTED, "Rejected"),
        ("Fraud Review", Stage.UNPAID, "Fraud Review"),
    ],
)
def test_stages(code, stage, shop_stage):
    data = order(xml(f"<current_stage>{code}</current_stage>"))
    assert (data.stage, data.shop_stage) == (stage, shop_stage)


def test_a_stage_that_is_not_known_is_named_and_moves_nothing():
    with pytest.raises(BadPayload, match="LCR"):
        order(xml("<current_stage>LCR</current_stage>"))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("17 MAR 2014 13:20:57", "2014-03-17T13:20:57-04:00"),
        ("17 JAN 2014 13:20:57", "2014-01-17T13:20:57-05:00"),
        ("03/17/2014", "2014-03-17T00:00:00-04:00"),
        ("2014-03-17T13:20:57Z", "2014-03-17T13:20:57+00:00"),
        ("yesterday", None),
        ("17 MRZ 2014 13:20:57", None),
    ],
)
def test_times_without_a_zone_are_eastern(written, read_as):
    assert moment_if_readable("order_date", written) == read_as


def test_a_time_that_cannot_be_read_names_its_element():
    with pytest.raises(BadPayload, match="order_date"):
        order(xml("<order_date>yesterday</order_date>"))


def test_the_bare_date_counts_where_there_is_no_time():
    data = order(xml("<payment_date_time/>"))
    assert data.paid_at is not None
    assert data.paid_at.isoformat() == "2026-03-02T05:00:00+00:00"  # midnight in the zone of its accounts


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("Y", True), ("no", False), ("TRUE", True), ("false", False), ("0", False), ("perhaps", None)],
)
def test_flags(written, read_as):
    assert flag("kit", written) is read_as


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("United States", "US"),
        ("UNITED KINGDOM", "GB"),
        ("Great Britain", "GB"),
        ("Russia", "RU"),
        ("Taiwan", "TW"),
        ("DE", "DE"),
        ("Test Inc.", "Test Inc."),
    ],
)
def test_countries_come_by_name(written, code):
    assert country("bill_to_country", written) == code


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1", 1),
        ("2.50", Decimal("2.5")),
        ("1,234.50", Decimal("1234.5")),
        ("-5", -5),
        ("1,2", "1,2"),
        ("x", "x"),
    ],
)
def test_numbers(written, read_as):
    assert number("quantity", written) == read_as


@pytest.mark.parametrize(
    ("element", "field"),
    [("<total>free</total>", "summary.total"), ("<quantity>NaN</quantity>", "items[0].quantity")],
)
def test_what_is_no_number_is_named(element, field):
    with pytest.raises(BadPayload) as caught:
        order(xml(element))
    assert field in caught.value.message


@pytest.mark.parametrize("first", [0, 1])
def test_lines_are_numbered_from_one(first):
    body = PAIR
    for position in (2, 1, 0):
        body = body.replace(
            f"<item_index>{position}</item_index>", f"<item_index>{position + first}</item_index>"
        )
    data = order(body.encode())
    assert data.lines is not None
    assert [(line.key, line.kit_key) for line in data.lines] == [("1", ""), ("2", ""), ("3", "2")]


def test_without_items_it_is_not_said_that_there_are_none():
    start, end = PAIR.index("<item>"), PAIR.rindex("</item>") + 7
    assert order((PAIR[:start] + PAIR[end:]).encode()).lines is None


def test_amounts_in_another_currency_are_not_taken_for_the_shops():
    data = order(xml("<currency_code>EUR</currency_code>"))
    assert (data.currency, data.paid_currency, data.paid_total) == ("EUR", "", None)
    assert order(xml("<currency_code>USD</currency_code>")).currency == "USD"


def test_several_tracking_numbers():
    numbers = "<shipping_tracking_number>9400, 9401</shipping_tracking_number>"
    (told,) = read(xml(numbers + "<shipping_tracking_number>9402</shipping_tracking_number>"))
    assert isinstance(told, NativeOrder)
    assert told.payload["shipping"]["tracking_numbers"] == ["9400", "9401", "9402"]


def test_several_orders_are_events_of_their_own():
    start, end = PAIR.index("<order>"), PAIR.index("</order>") + 8
    bad = "<order><order_id>B</order_id><order_date>never</order_date></order>"
    events = split((PAIR[:end] + bad + PAIR[start:]).encode())
    assert [event.name for event in events] == ["xml_order"] * 3
    assert isinstance(PLATFORM.read(SOURCE, events[2], PLACED_AT), NativeOrder)
    with pytest.raises(BadPayload, match="order_date"):
        PLATFORM.read(SOURCE, events[1], PLACED_AT)


@pytest.mark.parametrize("wrap", ["{}", "<export>{}</export>"])
def test_a_postback_about_a_subscription_changes_nothing(wrap):
    body = wrap.format("<auto_order><original_order_id>A</original_order_id></auto_order>")
    (told,) = read(body.encode())
    assert isinstance(told, NotUsed)
    assert "subscription" in told.reason


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<export>", "cannot be read"),
        (b"<html><body>Down for maintenance</body></html>", "'html'"),
        (b"<export><export_location/></export>", "no order"),
        (b"<export><order/></export>", "no order_id"),
        (b'<!DOCTYPE export [<!ENTITY a "b">]><export>&a;</export>', "document type"),
        (b'<!DOCTYPE export SYSTEM "http://example.com/x.dtd"><export/>', "document type"),
        (b'<?xml version="1.0" encoding="no-such"?><export/>', "cannot be read"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "nested deeper"),
        (b"<a>" * 100_000, "nested deeper"),
        (b"<export>" + b"<a/>" * MAX_ELEMENTS + b"</export>", "larger"),
    ],
)
def test_what_is_no_postback_says_why(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        read(body)


xml_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
element_names = st.sampled_from(
    [row[0] for row in ORDER_ROWS] + ["item", "coupon", "shipping_tracking_number", "tier_1_affiliate_oid"]
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(element_names, xml_text), max_size=6), st.lists(st.tuples(element_names, xml_text)))
def test_any_order_is_parsed_or_refused_in_words(changes, parts):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts)
    outer = "".join(f"<{name}>{value}{inner}</{name}>" for name, value in changes)
    attempt(PAIR.replace("<order>", f"<order>{outer}").encode())


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused_in_words(tail):
    attempt(b"<" + tail)
    attempt(PAIR.encode()[:200] + tail)


def attempt(body: bytes) -> None:
    try:
        for told in read(body):
            if isinstance(told, NativeOrder):
                PLATFORM.parse(SOURCE, told.payload, PLACED_AT)
                PLATFORM.shipments(SOURCE, told.payload, PLACED_AT)
    except BadPayload as err:
        assert err.message


# -- beside what came by JSON ----------------------------------------------------------------------------


def take(source: Source, body: bytes) -> InboundEvent:
    event = delivery_store(source, body, "", "webhook")
    event_process(event.pk)
    event.refresh_from_db()
    return event


@pytest.mark.django_db
def test_a_rejection_by_xml_counts_after_a_later_time_by_json(signals):
    """The XML tells no time of it; a webhook before told a later one than the XML knows of."""
    source = SourceFactory()
    moved = {"after_stage": "Completed Order", "transition_dts": "2026-03-20T10:00:00-04:00"}
    take(
        source,
        as_body([{"order_update": {**fixture("order_both.json"), "current_stage_histories": [moved]}}]),
    )
    event = take(source, xml("<current_stage>REJ</current_stage>"))
    assert (event.state, Order.objects.get().stage) == (State.APPLIED, Stage.REJECTED)


@pytest.mark.django_db
def test_the_same_by_both_ways_is_known_already(signals):
    source = SourceFactory()
    take(source, as_body([{"order_update": fixture("order_both.json")}]))
    event = take(source, PAIR.encode())
    assert (event.state, Order.objects.get().version) == (State.REPEATED, 1)
