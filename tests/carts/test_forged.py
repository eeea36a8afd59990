"""Deliveries of somebody else: refused at every byte, stored nowhere, and told nothing."""

from __future__ import annotations

import inspect
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

import carts
from intake.models import InboundEvent, Source
from intake.platform import Platform
from intake.sources import api_key_create, source_create
from tests.carts.forgeries import every_mutation, secrets_compared
from tests.carts.payloads import as_body, paid_order
from tests.factories import ConnectionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

BODY = as_body([{"order_create": paid_order()}])
USER, PASSWORD = b"shop", "Straße-9f2K".encode()


@pytest.fixture(autouse=True)
def nothing_is_stored() -> Iterator[None]:
    yield
    assert not InboundEvent.objects.exists()


@pytest.fixture
def source() -> Source:
    """A shop with a token as it is made for every shop."""
    return source_create(
        ConnectionFactory(),
        slug="tea",
        name="Tea",
        platform="ultracart",
        basic_user=USER.decode(),
        basic_password=PASSWORD.decode(),
    )


def basic(user: bytes, password: bytes) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(user + b':' + password).decode()}"}


def post(client: Client, token: str, headers: dict[str, str], body: bytes = BODY) -> HttpResponse:
    address = f"/hooks/{quote(token, safe='')}/"
    return client.post(address, data=body, content_type="application/json", **headers)


def told(response: HttpResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a response tells."""
    return response.status_code, response.content, sorted(response.items())


def test_every_mutation_is_another_value_and_none_is_left_out():
    mutations = list(every_mutation(b"abc"))
    assert len(mutations) == 4 * 3 + 1
    assert b"abc" not in mutations
    assert {b"Abc", b"bc", b"0abc", b"abb", b"ab0c", b"abc0"} <= set(mutations)
    assert list(every_mutation(b"")) == [b"0"]


def test_the_right_credentials_are_taken(client, source):
    assert post(client, source.token, basic(USER, PASSWORD)).status_code == 200
    assert InboundEvent.objects.all().delete()[0] == 1


def test_every_mutated_token_is_the_same_404_with_and_without_the_password(client, source):
    answers = set()
    for forged in every_mutation(source.token.encode()):
        for headers in (basic(USER, PASSWORD), {}):
            answers.add(str(told(post(client, forged.decode(), headers))))
    assert len(answers) == 1
    assert answers == {str(told(post(client, "never-heard-of", {})))}
    assert "404" in answers.pop()


def test_every_mutated_user_and_password_is_the_same_401(client, source):
    forged = [(user, PASSWORD) for user in every_mutation(USER)]
    forged += [(USER, password) for password in every_mutation(PASSWORD)]
    answers = {str(told(post(client, source.token, basic(*pair)))) for pair in forged}
    answers.add(str(told(post(client, source.token, {}))))
    answers.add(str(told(post(client, source.token, basic(USER, b"")))))
    assert len(answers) == 1
    assert "401" in answers.pop()


def test_a_mutated_header_is_taken_only_where_it_spells_the_same_credentials(client, source):
    """The scheme may be written as one likes, and base64 has spare bits at its end."""
    header = basic(USER, PASSWORD)["HTTP_AUTHORIZATION"].encode()
    taken = 0
    for forged in every_mutation(header):
        response = post(client, source.token, {"HTTP_AUTHORIZATION": forged.decode("latin-1")})
        if response.status_code != 401:
            scheme, _, encoded = forged.partition(b" ")
            assert (scheme.lower(), b64decode(encoded)) == (b"basic", USER + b":" + PASSWORD)
            taken += 1
    assert InboundEvent.objects.count() == taken <= len("Basic") + 2
    InboundEvent.objects.all().delete()


def test_every_mutated_key_of_the_api_is_the_same_401(client):
    source = source_create(ConnectionFactory(), slug="api", name="Api", platform="api")
    _, plain = api_key_create(source, "Shop")
    answers = set()
    for forged in every_mutation(plain.encode()):
        headers = {"HTTP_AUTHORIZATION": f"Api-Key {forged.decode()}"}
        response = client.post("/api/v1/orders/", BODY, content_type="application/json", **headers)
        answers.add(str(told(response)))
    assert len(answers) == 1
    assert "401" in answers.pop()


def test_a_source_without_a_password_is_held_by_its_token_alone(client, source):
    Source.objects.update(basic_user="")
    for forged in every_mutation(source.token.encode()):
        assert post(client, forged.decode(), {}).status_code == 404


# -- equal time for every guess -------------------------------------------------------------------------

HERE = Path(carts.__file__).parent
FILES = sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.parametrize("name", FILES)
def test_no_secret_is_compared_in_a_way_that_tells_how_much_of_it_was_right(name):
    assert secrets_compared((HERE / name).read_text()) == []


def test_passwords_are_compared_in_constant_time():
    assert inspect.getsource(Platform.authenticate).count("hmac.compare_digest(") == 2


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("given == source.basic_password", 1),
        ("headers['X-Signature'] != signature_of(body)", 1),
        ("token in known_tokens", 1),
        ("hmac.new(key, body).hexdigest() == given", 1),
        ("hmac.compare_digest(given, secret)", 0),
        ("secret == ''", 0),
        ("len(signature) != 64", 0),
        ("order.stage == 'paid'", 0),
    ],
)
def test_such_a_comparison_is_found(code, count):
    assert len(secrets_compared(code)) == count
