"""Nobody sees or touches another merchant's rows: every admin page, as every kind of person."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models.settings import booking_settings_create
from carts.models import AbandonedCart, Affiliate, Refund, Shipment
from intake.models import InboundEvent
from mappings.admin.scoping import ScopedModelAdmin
from mappings.models import Connection, Membership, Merchant
from tests.factories import (
    ApiKeyFactory,
    ConnectionFactory,
    MembershipFactory,
    MerchantFactory,
    OrderFactory,
    SourceFactory,
    UserFactory,
)
from tests.mappings.conftest import client_of, member_client
from tests.mappings.pages import ADD, form_values, page_url

pytestmark = pytest.mark.django_db
CANARY = "canary-of-the-other-merchant"


@pytest.fixture
def theirs() -> Connection:
    """Another merchant's connection, with rows in every table of a merchant."""
    merchant = MerchantFactory(name=CANARY, slug="theirs")
    connection = ConnectionFactory(merchant=merchant, name=CANARY)
    MembershipFactory(merchant=merchant, user=UserFactory(username=CANARY))
    source = SourceFactory(connection=connection, name=CANARY)
    ApiKeyFactory(source=source, name=CANARY)
    OrderFactory(source=source)
    InboundEvent.objects.create(source=source, channel=InboundEvent.Channel.API, name=CANARY, body=b"{}")
    now = timezone.now()
    told: dict[str, Any] = {"source": source, "version_at": now, "data": {}}
    AbandonedCart.objects.create(cart_id=CANARY, arrived_at=now, cart_at=now, **told)
    Affiliate.objects.create(shop_affiliate_id=CANARY, **told)
    Shipment.objects.create(shop_order_id=CANARY, **told)
    Refund.objects.create(shop_order_id=CANARY, refund_id="1", refunded_at=now, amount=1, **told)
    booking_settings_create(source)
    return connection


def scoped_models() -> list[type[Any]]:
    return [model for model, page in admin.site._registry.items() if isinstance(page, ScopedModelAdmin)]


def merchant_of(row: Any) -> Merchant:
    for step in filter(None, admin.site._registry[type(row)].merchant_path.split("__")):  # type: ignore[attr-defined]
        row = getattr(row, step)
    assert isinstance(row, Merchant)
    return row


def urls_of(row: Any) -> list[str]:
    """Every page and button of a row that its admin has."""
    routes = admin.site._registry[type(row)].get_urls()
    names = [route.name for route in routes if "<path:object_id>" in str(route.pattern) and route.name]
    return [reverse(f"admin:{name}", args=[row.pk]) for name in names]


def rows_of(merchant: Merchant) -> list[Any]:
    """The merchant's row in every registered model that belongs to merchants."""
    rows = []
    for model in scoped_models():
        path = admin.site._registry[model].merchant_path  # type: ignore[attr-defined]
        rows += list(model._default_manager.filter(**{path or "pk": merchant.pk}))
    return rows


def test_the_matrix_covers_every_model_of_merchants(theirs: Connection) -> None:
    """A new page of merchants' rows asks for a row in `theirs`."""
    assert {type(row) for row in rows_of(theirs.merchant)} == set(scoped_models())


def test_another_merchant_s_row_is_not_there(editor: Client, theirs: Connection) -> None:
    for row, method in itertools.product(rows_of(theirs.merchant), ("get", "post")):
        for url in urls_of(row):
            assert getattr(editor, method)(url, {"post": "yes"}).status_code == 404, (method, url)
    assert Connection.objects.filter(pk=theirs.pk, paused_at=None).exists()


def test_another_merchant_s_rows_are_in_no_list(editor: Client, theirs: Connection) -> None:
    for model in scoped_models():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for query in ("", f"?q={CANARY}"):
            page = editor.get(url + query)
            assert page.status_code == 200
            assert theirs.merchant not in map(merchant_of, page.context["cl"].result_list)
            assert query or CANARY not in page.content.decode()
    search = editor.get(reverse("admin:search"), {"s": CANARY, "extended": "1"})
    assert CANARY not in search.content.decode()


def test_a_member_without_the_right_only_looks(merchant: Merchant, connection: Connection) -> None:
    viewer = member_client(merchant, can_edit_settings=False)
    assert viewer.get(page_url(connection)).status_code == 200
    for url in urls_of(connection):
        if not url.endswith("/history/"):
            assert viewer.post(url, {"post": "yes", "name": "Mine now"}).status_code == 403, url
    assert viewer.get(ADD).status_code == 403
    assert Connection.objects.get(pk=connection.pk).name == connection.name


def test_rights_at_one_merchant_are_none_at_another(merchant: Merchant, theirs: Connection) -> None:
    person = MembershipFactory(merchant=merchant, can_edit_settings=True).user
    MembershipFactory(user=person, merchant=theirs.merchant, can_edit_settings=False)
    client = client_of(person)
    assert client.get(page_url(theirs)).status_code == 200
    for page in ("change", "delete", "test", "pause"):
        url = reverse(f"admin:mappings_connection_{page}", args=[theirs.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
    assert client.post(ADD, {"merchant": theirs.merchant.pk}).status_code == 200
    assert Connection.objects.count() == 1


def test_a_new_connection_cannot_be_given_to_another_merchant(
    editor: Client, connection: Connection, theirs: Connection
) -> None:
    page = editor.get(ADD)
    offered = page.context["adminform"].form.fields["merchant"].queryset
    assert list(offered) == [connection.merchant]
    values = {**form_values(editor, ADD), "app_name": "demo", "api_key": connection.api_key, "name": "New"}
    answer = editor.post(ADD, {**values, "merchant": theirs.merchant.pk})
    assert "merchant" in answer.context["adminform"].form.errors
    assert Connection.objects.count() == 2


def test_a_table_row_cannot_be_hung_on_another_connection(
    editor: Client, connection: Connection, theirs: Connection
) -> None:
    """The tables post the id of their connection: another one is refused."""
    values = form_values(editor, page_url(connection))
    values |= {
        "product_mappings-TOTAL_FORMS": "1",
        "product_mappings-0-item_id": "BONE",
        "product_mappings-0-crm_product_id": "5",
        "product_mappings-0-connection": str(theirs.pk),
    }
    editor.post(page_url(connection), values)
    assert not theirs.product_mappings.exists()


def test_another_merchant_s_table_row_cannot_be_taken(
    editor: Client, connection: Connection, theirs: Connection
) -> None:
    row = theirs.product_mappings.create(item_id="BONE", crm_product_id=5)
    values = form_values(editor, page_url(connection))
    values |= {
        "product_mappings-TOTAL_FORMS": "1",
        "product_mappings-INITIAL_FORMS": "1",
        "product_mappings-0-id": str(row.pk),
        "product_mappings-0-item_id": "MINE",
        "product_mappings-0-crm_product_id": "6",
        "product_mappings-0-connection": str(connection.pk),
    }
    editor.post(page_url(connection), values)
    row.refresh_from_db()
    assert (row.item_id, row.connection_id) == ("BONE", theirs.pk)


def test_autocomplete_offers_nothing_of_others(editor: Client, theirs: Connection) -> None:
    url = reverse("admin:autocomplete")
    for model in scoped_models():
        for field in model._meta.fields:
            if field.related_model is None:
                continue
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
            answer = editor.get(url, {**asked, "field_name": field.name, "term": CANARY})
            assert answer.status_code in (200, 403)
            assert CANARY not in answer.content.decode()
    people = {"app_label": "mappings", "model_name": "membership", "field_name": "user", "term": ""}
    assert editor.get(url, people).status_code == 403


def test_sorting_and_filtering_do_not_reach_the_key(editor: Client, connection: Connection) -> None:
    url = reverse("admin:mappings_connection_changelist")
    answer = editor.get(url, {"api_key__startswith": "gAAAA"})
    assert answer.status_code == 400


def test_log_ins_are_for_superusers(editor: Client, superuser: Client) -> None:
    for model in ("user", "group"):
        url = reverse(f"admin:auth_{model}_changelist")
        assert editor.get(url).status_code == 403
        assert superuser.get(url).status_code == 200


def test_only_superusers_make_merchants_and_list_people(
    editor: Client, merchant: Merchant, superuser: Client
) -> None:
    add = reverse("admin:mappings_merchant_add")
    assert editor.get(add).status_code == 403
    assert superuser.get(add).status_code == 200
    page = reverse("admin:mappings_merchant_change", args=[merchant.pk])
    stranger = UserFactory()
    values = form_values(superuser, page)
    prefix = next(name for name in values if name.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
    values |= {f"{prefix}-TOTAL_FORMS": "2", f"{prefix}-1-user": str(stranger.pk)}
    values |= {f"{prefix}-1-merchant": str(merchant.pk), "name": "Renamed"}
    editor.post(page, {**values, "slug": "taken-over"})
    merchant.refresh_from_db()
    assert (merchant.name, merchant.slug) == ("Renamed", Merchant.objects.get().slug)
    assert merchant.slug != "taken-over"
    assert not Membership.objects.filter(user=stranger).exists()
    superuser.post(page, values)
    assert Membership.objects.filter(user=stranger).exists()


def test_a_superuser_sees_all(superuser: Client, connection: Connection, theirs: Connection) -> None:
    page = superuser.get(reverse("admin:mappings_connection_changelist"))
    assert set(page.context["cl"].result_list) == {connection, theirs}


def test_staff_without_a_membership_sees_nothing(connection: Connection) -> None:
    client = client_of(UserFactory())
    assert client.get(reverse("admin:mappings_connection_changelist")).status_code == 403
    assert client.get(page_url(connection)).status_code in (403, 404)


def test_a_member_who_is_not_staff_is_sent_to_log_in(connection: Connection) -> None:
    person = MembershipFactory(merchant=connection.merchant, user__is_staff=False).user
    assert client_of(person).get(page_url(connection)).status_code == 302
