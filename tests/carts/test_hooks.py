"""The address that shops deliver to."""

from __future__ import annotations

import base64
import io

import pytest
from django.db import connection

from carts.models import Order
from intake.models import InboundEvent, Source
from intake.processing import event_process
from intake.request_body import BodyRefused, body_read
from tests.carts.payloads import as_body, paid_order
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

BODY = as_body([{"order_create": paid_order()}])


@pytest.fixture
def source() -> Source:
    return SourceFactory(token="the-token")


def post(client, body=BODY, token="the-token", **extra):
    return client.post(f"/hooks/{token}/", data=body, content_type="application/json", **extra)


def basic(user: str, password: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_delivery_is_stored_as_it_came(client, source, signals):
    response = post(client)
    event = InboundEvent.objects.get()
    assert (response.status_code, response.json()) == (200, {"stored": event.pk})
    assert (bytes(event.body), event.state, event.channel) == (BODY, "stored", "webhook")
    assert event.content_type == "application/json"
    event_process(event.pk)
    assert Order.objects.get().source == source


def test_a_missing_slash_loses_nothing(client, source):
    assert client.post("/hooks/the-token", data=BODY, content_type="application/json").status_code == 200


def test_csrf_does_not_apply(source):
    from django.test import Client

    assert post(Client(enforce_csrf_checks=True)).status_code == 200


def test_unknown_and_disabled_are_the_same_404(client, source):
    unknown = post(client, token="no-such-token")
    Source.objects.update(enabled=False)
    disabled = post(client)
    assert unknown.status_code == disabled.status_code == 404
    assert unknown.content == disabled.content
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("shop", "secret"), 200),
        (basic("shop", "wrong"), 401),
        (basic("other", "secret"), 401),
        (basic("shop", ""), 401),
        ({}, 401),
        ({"HTTP_AUTHORIZATION": "Basic !!!"}, 401),
        ({"HTTP_AUTHORIZATION": "Bearer secret"}, 401),
    ],
)
def test_basic_authentication(client, headers, status):
    SourceFactory(token="the-token", basic_user="shop", basic_password="secret")
    response = post(client, **headers)
    assert response.status_code == status
    assert response.has_header("WWW-Authenticate") == (status == 401)
    assert InboundEvent.objects.count() == (status == 200)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_only_post(client, source, method):
    assert getattr(client, method)("/hooks/the-token/").status_code == 405


def test_an_empty_body(client, source):
    response = post(client, body=b"")
    assert response.status_code == 400
    assert "empty" in response.json()["detail"]


def test_a_body_too_large(client, source):
    response = post(client, body=b"x" * 5_000_000)
    assert response.status_code == 413
    assert "larger than 2000000 bytes" in response.json()["detail"]
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("body", [b"order=1", b"\x00\xff", b"[]", b'{"hello": "world"}', b'"SDRz"'])
def test_authenticated_garbage_is_stored_and_parked(client, source, body):
    assert post(client, body=body).status_code == 200
    event = InboundEvent.objects.get()
    event_process(event.pk)
    parked = InboundEvent.objects.get(state="parked")
    assert parked.problem


def test_the_rest_api_has_no_hook(client):
    SourceFactory(token="the-token", platform="api")
    response = post(client)
    assert response.status_code == 400
    assert "/api/v1/" in response.json()["detail"]


class Endless(io.RawIOBase):
    """A sender that never stops; counts what was read of it."""

    count = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        self.count += size
        return b"x" * size


@pytest.mark.parametrize(
    ("headers", "status", "most"),
    [
        ({"CONTENT_LENGTH": "99999999999"}, 413, 0),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, 413, 10_001),
        ({"CONTENT_LENGTH": ""}, 400, 0),
        ({"CONTENT_LENGTH": "-5"}, 400, 0),
        ({"CONTENT_LENGTH": "five"}, 400, 0),
    ],
)
def test_never_more_than_the_bound_is_read(rf, settings, headers, status, most):
    settings.MAX_BODY_BYTES = 10_000
    stream = Endless()
    request = rf.post("/hooks/x/", **{"wsgi.input": stream, **headers})
    with pytest.raises(BodyRefused) as caught:
        body_read(request)
    assert caught.value.status == status
    assert stream.count <= most


def test_a_body_shorter_than_announced_is_refused(rf):
    request = rf.post("/hooks/x/", **{"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "20"})
    with pytest.raises(BodyRefused, match="ended after 2 of 20"):
        body_read(request)


def test_a_chunked_body_is_read(rf):
    request = rf.post(
        "/hooks/x/",
        **{"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert body_read(request) == b"{}"


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_stored_is_not_acknowledged(client, source):
    """The database refuses the row, as a full disk would."""
    client.raise_request_exception = False
    on_postgresql = (
        "CREATE FUNCTION full_disk() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''disk full''; END' "
        "LANGUAGE plpgsql; CREATE TRIGGER full_disk BEFORE INSERT ON intake_inboundevent "
        "FOR EACH ROW EXECUTE FUNCTION full_disk()",
        "DROP TRIGGER full_disk ON intake_inboundevent; DROP FUNCTION full_disk()",
    )
    on_sqlite = (
        "CREATE TRIGGER full_disk BEFORE INSERT ON intake_inboundevent "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        "DROP TRIGGER full_disk",
    )
    fill, empty = on_postgresql if connection.vendor == "postgresql" else on_sqlite
    with connection.cursor() as cursor:
        cursor.execute(fill)
    try:
        assert post(client).status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute(empty)
    assert not InboundEvent.objects.exists()
    assert post(client).status_code == 200
