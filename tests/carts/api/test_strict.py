"""What is asked for or sent in a way that could be understood in two ways is refused, with a sentence."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest

from carts.api.examples import CART, ORDER
from intake.models import ApiKey, InboundEvent
from tests.factories import ApiKeyFactory

pytestmark = [pytest.mark.django_db]

LISTS = ("orders", "carts", "affiliates", "shipments", "refunds", "replications")


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.fixture
def ask(client: Any, key: ApiKey) -> Any:
    return lambda path, **more: client.get(f"/api/v1/{path}", HTTP_AUTHORIZATION="Api-Key the-key", **more)


@pytest.fixture
def post(client: Any, key: ApiKey) -> Any:
    return lambda path, value: client.post(
        f"/api/v1/{path}", value, content_type="application/json", HTTP_AUTHORIZATION="Api-Key the-key"
    )


def cursor(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize(
    "value",
    [
        "x",
        "é",
        cursor("p=abc"),
        cursor("p=1%00"),
        cursor("p=" + "9" * 40),
        cursor("r=x"),
        cursor("o=-1"),
        "A" * 201,
    ],
)
def test_a_cursor_that_nobody_gave_out(ask, kind, value):
    answer = ask(f"{kind}/?cursor={value}")
    assert (answer.status_code, list(answer.json())) == (400, ["cursor"])


@pytest.mark.parametrize("kind", LISTS)
def test_a_filter_given_twice(ask, kind):
    assert ask(f"{kind}/?email=a&email=b").json() == {"email": ["Give it once."]}


@pytest.mark.parametrize("path", ["orders/1/", "replications/1/"])
def test_a_filter_where_there_is_none(ask, path):
    assert ask(f"{path}?colour=red").status_code == 400


@pytest.mark.parametrize("kind", ["carts", "affiliates", "shipments", "refunds", "batch"])
def test_a_query_on_what_is_posted(post, kind):
    assert post(f"{kind}/?colour=red", CART).json().keys() == {"colour"}
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "path", ["orders/a%00b/", "orders/%ED%A0%80/", "replications/x/", "replications/%00/"]
)
def test_an_id_that_cannot_be_is_not_found_in_json(ask, path):
    answer = ask(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize("value", ["1", "True", "yes", "on", ""])
def test_a_yes_or_no_in_an_address_is_true_or_false(ask, value):
    assert ask(f"carts/?bought={value}").json().keys() == {"bought"}


@pytest.mark.parametrize("value", ["true", 1, "1", "yes", 0.0, None])
def test_a_yes_or_no_in_json_is_true_or_false(post, value):
    assert post("orders/", {**ORDER, "mailing_list": value}).json().keys() == {"mailing_list"}


@pytest.mark.parametrize(
    "value", ["", " 5", "5 ", "1_000", "1e3", "+5", "NaN", "٣", "1" * 13, "0.1234567", "-"]
)
def test_an_amount_in_text_is_digits(post, value):
    assert post("orders/", {**ORDER, "total": value}).json().keys() == {"total"}


@pytest.mark.parametrize("value", ["5", "5.", ".5", "-5", 5, 5.5, 1e-6, None])
def test_an_amount_that_is_taken(post, signals, value):
    assert post("orders/", {**ORDER, "total": value}).status_code == 201


@pytest.mark.parametrize("value", [1e300, 1e-7, 10**400, True, [], {}])
def test_a_number_that_is_no_amount(post, value):
    assert post("orders/", {**ORDER, "total": value}).json().keys() == {"total"}


@pytest.mark.parametrize("offset", ["+18:00", "-23:59", "+23:59", "+00:00"])
def test_any_offset_of_a_time_is_taken(ask, post, signals, offset):
    moment = f"2026-03-02T10:04:05{offset}"
    assert post("orders/", {**ORDER, "placed_at": moment, "version_at": moment}).status_code == 201
    found = ask("orders/", data={"placed_after": moment}).json()["results"]
    assert [order["shop_order_id"] for order in found] == ["1001"]


@pytest.mark.parametrize("shop_order_id", ["a/b", "a/", "ä b", "a\nb", "%", "?", "\\", "a" * 100])
def test_an_order_is_read_back_whatever_its_id(ask, post, signals, shop_order_id):
    assert post("orders/", {**ORDER, "shop_order_id": shop_order_id}).status_code == 201
    assert ask(f"orders/{quote(shop_order_id, safe='')}/").json()["shop_order_id"] == shop_order_id


def test_blanks_do_not_make_a_text_fit(post):
    assert post("orders/", {**ORDER, "shop_order_id": "A" * 100 + " "}).json().keys() == {"shop_order_id"}


def test_characters_that_no_database_stores_are_replaced(post, signals):
    body = b'{"cart_id": "c\\u0000\\ud800", "email": "a@example.com"}'
    assert post("carts/", body).json()["cart_id"] == "c\ufffd\ufffd"


def test_json_is_answered_whatever_is_asked_for(ask):
    answer = ask("orders/", HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert ask("orders/?format=xml").json().keys() == {"format"}


def test_a_list_too_long_is_told_in_a_sentence(post):
    refusal = post("orders/", {**ORDER, "lines": [{}] * 501}).json()
    assert refusal == {"lines": ["There are 501 entries; at most 500 are taken."]}


def test_a_throttled_key_is_told_when_to_come_again(ask, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"api_key": "2/min"}}
    ApiKeyFactory(plain="the-other-key")
    assert [ask("orders/").status_code for _ in range(2)] == [200, 200]
    refused = ask("carts/")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    said = refused.json()["detail"]
    assert said.startswith("This key has sent more than 2/min requests. Expected available in")
