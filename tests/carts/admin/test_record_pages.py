"""The admin pages of carts, affiliates, shipments and refunds, and the upload of history."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from carts.ingest.orders import order_ingest
from carts.ingest.records import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.models import Order
from intake.models import Source
from tests.carts.admin.test_pages import at, client_of, member, source_form
from tests.carts.records import affiliate_data, cart_data, refund_data, shipment_data
from tests.factories import MembershipFactory, SourceFactory, order_data

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

HEADER = "order_id,email,placed_at\n"


@pytest.fixture
def source() -> Source:
    return SourceFactory()


def upload(client: Client, source: Source, text: str):
    file = SimpleUploadedFile("orders.csv", text.encode(), content_type="text/csv")
    return client.post(at(f"source/{source.pk}/import-history/"), {"file": file})


@pytest.mark.parametrize(
    ("ingest", "data", "model", "shown"),
    [
        (cart_ingest, cart_data, "abandonedcart", "ada@example.com"),
        (affiliate_ingest, affiliate_data, "affiliate", "Carl@example.com"),
        (shipment_ingest, shipment_data, "shipment", "1Z9"),
        (refund_ingest, refund_data, "refund", "Broken"),
    ],
)
def test_a_row_is_shown_and_cannot_be_changed(source, ingest, data, model, shown):
    row = ingest(source, data()).row
    client = member(source)
    url = at(f"{model}/{row.pk}/change/")
    assert shown in client.get(url).content.decode()
    assert client.post(url, {"version": "9"}).status_code == 403
    assert client.get(at(f"{model}/add/")).status_code == 403


def test_a_cart_names_the_order_that_bought_it(source):
    cart = cart_ingest(source, cart_data()).row
    order_ingest(source, order_data())
    client = member(source)
    assert "DEMO-1001" in client.get(at(f"abandonedcart/{cart.pk}/change/")).content.decode()
    assert (
        f"/abandonedcart/{cart.pk}/" in client.get(at("abandonedcart/?bought_at__isempty=0")).content.decode()
    )


def test_the_abandon_interval_is_set_on_the_page(source):
    client = member(source)
    url = at(f"source/{source.pk}/change/")
    page = client.get(url).content.decode()
    assert "Abandon interval" in page
    assert "Orders placed before this moment are stored and skipped" in page
    assert client.post(url, source_form(source, basic_user="", abandon_hours="72")).status_code == 302
    source.refresh_from_db()
    assert source.abandon_hours == 72
    assert client.post(url, source_form(source, basic_user="", abandon_hours="673")).status_code == 200


def test_which_orders_are_sent_is_set_on_the_page(source):
    client = member(source)
    url = at(f"source/{source.pk}/change/")
    page = client.get(url).content.decode()
    assert "Orders in parts" in page
    assert "Channels without e-mail" in page
    typed = {"order_views": "parts", "quiet_channels": " Amazon ,, pos,Amazon"}
    assert client.post(url, source_form(source, basic_user="", **typed)).status_code == 302
    source.refresh_from_db()
    assert (source.order_views, source.quiet_channels) == ("parts", "Amazon, pos")
    assert client.post(url, source_form(source, basic_user="", order_views="half")).status_code == 200


def test_history_is_uploaded_and_bad_rows_are_told(source):
    client = member(source)
    page = client.get(at(f"source/{source.pk}/change/")).content.decode()
    assert f"/source/{source.pk}/import-history/" in page
    response = upload(client, source, HEADER + "A,a@x.com,2024-05-31\nB,b@x.com,<script>\n")
    assert response.status_code == 200
    text = response.content.decode()
    assert "1 imported, 0 updated, 0 known already, 1 left out" in text
    assert "Line 3: The placed_at should be" in text
    order = Order.objects.get()
    assert (order.source, order.is_history) == (source, True)


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "The file is empty"), ("A,B,C\n", "should name the columns")]
)
def test_a_file_that_is_no_history(source, text, sentence):
    response = upload(member(source), source, text)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_a_file_too_large_and_none_at_all(source, monkeypatch):
    client = member(source)
    monkeypatch.setattr("carts.admin.history.MAX_MEGABYTES", 0)
    assert "larger than" in upload(client, source, HEADER).content.decode()
    response = client.post(at(f"source/{source.pk}/import-history/"))
    assert "Choose a CSV file first" in response.content.decode()
    assert not Order.objects.exists()


def test_who_may_not_edit_uploads_nothing(source):
    looker = client_of(MembershipFactory(merchant=source.connection.merchant, can_edit_settings=False).user)
    assert "import-history/" not in looker.get(at(f"source/{source.pk}/change/")).content.decode()
    assert upload(looker, source, HEADER + "A,a@x.com,2024-05-31\n").status_code == 403
    assert upload(member(SourceFactory()), source, HEADER).status_code == 404
    assert member(source).get(at(f"source/{source.pk}/import-history/")).status_code == 405
    assert not Order.objects.exists()


def test_the_upload_asks_for_a_csrf_token(source):
    client = Client(enforce_csrf_checks=True)
    client.force_login(MembershipFactory(merchant=source.connection.merchant).user)
    assert upload(client, source, HEADER).status_code == 403
