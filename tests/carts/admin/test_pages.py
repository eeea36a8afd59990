"""The admin pages of the shops: who sees what, and what is never shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from carts.ingest.records import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.models import Order
from intake.deliveries import delivery_store
from intake.models import ApiKey, InboundEvent, Source
from intake.processing import event_process
from intake.sources import token_hash
from tests.carts.records import affiliate_data, cart_data, refund_data, shipment_data
from tests.factories import (
    ApiKeyFactory,
    ConnectionFactory,
    MembershipFactory,
    OrderFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]


@pytest.fixture
def source() -> Source:
    return SourceFactory(token="the-token", basic_user="shop", basic_password="old-secret")


def at(page: str) -> str:
    """The address of a page of a model, such as `source/add/`."""
    name, _, rest = page.partition("/")
    (label,) = {model._meta.app_label for model in apps.get_models() if model._meta.model_name == name}
    return f"/admin/{label}/{name}/{rest}"


def member(source: Source, *, edits: bool = True) -> Client:
    merchant = source.connection.merchant
    return client_of(MembershipFactory(merchant=merchant, can_edit_settings=edits).user)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def source_form(source: Source, **changes: str) -> dict[str, str]:
    values = {"name": source.name, "platform": "ultracart", "enabled": "on", "currency": "USD"}
    values.update(abandon_hours="24", silence_hours="24", poll_minutes="5", order_views="whole")
    tables = {"api_keys-TOTAL_FORMS": "0", "api_keys-INITIAL_FORMS": "0"}
    return {**values, "basic_user": "shop", "basic_password": "", **tables, **changes}


def parked(source: Source, body: bytes = b"<script>garbage") -> InboundEvent:
    event = delivery_store(source, body, "text/plain", "webhook")
    event_process(event.pk)
    event.refresh_from_db()
    return event


def test_an_editor_sees_the_hook_and_never_the_password(source):
    page = member(source).get(at(f"source/{source.pk}/change/")).content.decode()
    assert "http://testserver/hooks/the-token/" in page
    assert "old-secret" not in page


def test_who_only_looks_sees_no_secret(source):
    client = member(source, edits=False)
    page = client.get(at(f"source/{source.pk}/change/")).content.decode()
    assert source.name in page
    assert "the-token" not in page
    assert "old-secret" not in page
    assert client.post(at(f"source/{source.pk}/change/"), source_form(source)).status_code == 403
    assert client.get(at("source/add/")).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_rows_of_other_merchants_do_not_exist(source, method):
    stranger = member(SourceFactory())
    event, order, key = parked(source), OrderFactory(source=source), ApiKeyFactory(source=source)
    told = {
        "abandonedcart": cart_ingest(source, cart_data()).row,
        "affiliate": affiliate_ingest(source, affiliate_data()).row,
        "shipment": shipment_ingest(source, shipment_data()).row,
        "refund": refund_ingest(source, refund_data()).row,
    }
    for path in (
        f"source/{source.pk}/change/",
        f"source/{source.pk}/delete/",
        f"source/{source.pk}/import-history/",
        *(f"{model}/{row.pk}/change/" for model, row in told.items()),
        f"inboundevent/{event.pk}/change/",
        f"inboundevent/{event.pk}/reprocess/",
        f"order/{order.pk}/change/",
        f"apikey/{key.pk}/change/",
        f"apikey/{key.pk}/revoke/",
    ):
        assert getattr(stranger, method)(at(f"{path}")).status_code == 404
    others = {"source": source, "inboundevent": event, "order": order, "apikey": key}
    for model, row in {**others, **told}.items():
        assert f"/{model}/{row.pk}/" not in stranger.get(at(f"{model}/")).content.decode()


def test_lists_do_not_ask_once_per_row(source, django_assert_max_num_queries):
    client = member(source)
    for _ in range(5):
        SourceFactory(connection=source.connection)
        OrderFactory(source=source)
        ApiKeyFactory(source=source)
        parked(source)
    for number in range(5):
        cart_ingest(source, cart_data(cart_id=str(number)))
        affiliate_ingest(source, affiliate_data(shop_affiliate_id=str(number)))
        shipment_ingest(source, shipment_data(shipment_id=str(number)))
        refund_ingest(source, refund_data(refund_id=str(number)))
    told = ("abandonedcart", "affiliate", "shipment", "refund")
    for model in ("source", "inboundevent", "order", "apikey", *told):
        with django_assert_max_num_queries(9):
            assert client.get(at(f"{model}/")).status_code == 200


def test_a_new_source_gets_a_hook(source):
    values = source_form(source, connection=str(source.connection_id), slug="second", basic_user="")
    response = member(source).post(at("source/add/"), values)
    assert response.status_code == 302
    added = Source.objects.get(slug="second")
    assert added.token_hash == token_hash(added.token)


def test_a_source_cannot_be_put_at_another_merchant(source):
    other = ConnectionFactory()
    values = source_form(source, connection=str(other.pk), slug="second")
    assert member(source).post(at("source/add/"), values).status_code == 200
    assert not Source.objects.filter(slug="second").exists()


def test_blank_keeps_the_password_and_the_slug_stays(source):
    client = member(source)
    url = at(f"source/{source.pk}/change/")
    slug = source.slug
    assert client.post(url, source_form(source, name="Renamed", slug="other")).status_code == 302
    source.refresh_from_db()
    assert (source.name, source.slug, source.basic_password) == ("Renamed", slug, "old-secret")
    assert source.token == "the-token"
    client.post(url, source_form(source, basic_password="new-secret"))
    source.refresh_from_db()
    assert source.basic_password == "new-secret"


def test_a_user_needs_a_password_and_a_platform_must_exist(source):
    Source.objects.update(basic_password="")
    url = at(f"source/{source.pk}/change/")
    assert "goes with the user" in member(source).post(url, source_form(source)).content.decode()
    response = member(source).post(url, source_form(source, platform="no-such"))
    assert response.status_code == 200


def test_a_new_key_is_shown_once(source):
    client = member(source)
    response = client.post(at("apikey/add/"), {"source": source.pk, "name": "Till"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    key = ApiKey.objects.get()
    page = response.content.decode()
    plain = page.split('id="new-key">')[1].split("<")[0]
    assert token_hash(plain) == key.key_hash
    later = client.get(at(f"apikey/{key.pk}/change/")).content.decode()
    assert key.prefix in later
    assert plain not in later
    assert key.key_hash not in later


def test_a_key_is_revoked_by_a_post(source):
    key = ApiKeyFactory(source=source)
    url = at(f"apikey/{key.pk}/revoke/")
    assert member(source, edits=False).post(url).status_code == 403
    client = member(source)
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_an_event_is_shown_escaped_and_bounded(source):
    event = parked(source, b"<script>garbage" + b"x" * 100_000)
    page = member(source).get(at(f"inboundevent/{event.pk}/change/")).content.decode()
    assert "<script>garbage" not in page
    assert "&lt;script&gt;garbage" in page
    assert "the first 20000 of 100015 bytes" in page
    assert len(page) < 150_000


def test_a_parked_event_is_processed_again_by_a_post(source):
    event = parked(source)
    url = at(f"inboundevent/{event.pk}/reprocess/")
    assert member(source, edits=False).post(url).status_code == 403
    client = member(source)
    assert "Process again" in client.get(at(f"inboundevent/{event.pk}/change/")).content.decode()
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    event.refresh_from_db()
    assert (event.state, event.problem) == ("stored", "")
    assert "Process again" not in client.get(at(f"inboundevent/{event.pk}/change/")).content.decode()


def test_events_and_orders_cannot_be_written(source):
    superuser = client_of(UserFactory(is_superuser=True))
    event, order = parked(source), OrderFactory(source=source)
    for model, row in (("inboundevent", event), ("order", order)):
        assert superuser.get(at(f"{model}/{row.pk}/change/")).status_code == 200
        assert superuser.post(at(f"{model}/{row.pk}/change/"), {}).status_code == 403
        assert superuser.get(at(f"{model}/add/")).status_code == 403
        assert superuser.post(at(f"{model}/{row.pk}/delete/"), {"post": "yes"}).status_code == 403
    assert Order.objects.filter(pk=order.pk).exists()


def test_an_order_shows_its_lines(source):
    order = OrderFactory(source=source)
    page = member(source, edits=False).get(at(f"order/{order.pk}/change/")).content.decode()
    assert "2 × BONE Dog bone" in page
