"""A field key can be retired; without it, what shows no secret still works."""

from __future__ import annotations

from base64 import b64encode
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client

from intake.models import InboundEvent, Source
from mappings.models import Connection, OAuthGrant
from tests.factories import MembershipFactory, SourceFactory
from tests.mappings.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    source: Source = SourceFactory(
        token="the-token",
        basic_user="shop",
        basic_password="password-1",
        signing_secret="secret-1",
        connection__api_key="key-1",
    )
    OAuthGrant.objects.create(connection=source.connection, access_token="access-1", refresh_token="renew-1")
    return source


def new_key_in_front(settings: Any) -> tuple[str, str]:
    new, old = Fernet.generate_key().decode(), settings.FIELD_ENCRYPTION_KEYS[0]
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    return new, old


def renewed(*arguments: str) -> str:
    said = StringIO()
    call_command("secrets_renew", *arguments, stdout=said)
    return said.getvalue()


def test_a_key_is_retired(source: Source, settings: Any) -> None:
    new, old = new_key_in_front(settings)
    with pytest.raises(CommandError, match="6 secrets still need an older key"):
        renewed("--check")
    assert "encrypted anew: 6" in renewed()
    assert "encrypted anew: 0" in renewed() and "first key" in renewed("--check")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    kept = Source.objects.select_related("connection").get(pk=source.pk)
    assert (kept.token, kept.basic_password, kept.signing_secret) == ("the-token", "password-1", "secret-1")
    assert kept.connection.api_key == "key-1"
    grant = OAuthGrant.objects.get()
    assert (grant.access_token, grant.refresh_token) == ("access-1", "renew-1")
    settings.FIELD_ENCRYPTION_KEYS = [old]
    with pytest.raises(CommandError, match="6 secrets open with none"):
        renewed()


def test_saving_a_page_encrypts_what_it_never_loaded(source: Source, settings: Any) -> None:
    new, _ = new_key_in_front(settings)
    client = client_of(MembershipFactory(merchant=source.connection.merchant).user)
    page = f"/admin/intake/source/{source.pk}/change/"
    form = client.get(page).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values = {name: value for name, value in values.items() if value not in (None, "")} | {"name": "Other"}
    inline = {f"api_keys-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    start = source.start_date or source.created_at
    values |= {"start_date_0": f"{start:%Y-%m-%d}", "start_date_1": f"{start:%H:%M:%S}"}
    answer = client.post(page, {**values, **inline})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    settings.FIELD_ENCRYPTION_KEYS = [new]
    kept = Source.objects.get(pk=source.pk)
    assert (kept.name, kept.token, kept.signing_secret) == ("Other", "the-token", "secret-1")


def test_without_the_key_pages_work_or_say_why(source: Source, settings: Any) -> None:
    client = client_of(MembershipFactory(merchant=source.connection.merchant).user)
    event = InboundEvent.objects.create(source=source, body=b"{}", state="parked", channel="webhook")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    number = source.connection_id
    fine = [
        *("/logs/", "/logs/ranges/", "/logs/reconcile/", f"/logs/coverage/{number}/", "/admin/"),
        *("/admin/intake/source/", "/admin/carts/order/", "/admin/intake/inboundevent/"),
        f"/admin/intake/inboundevent/{event.pk}/change/",
        "/admin/mappings/connection/",
        *(f"/admin/mappings/connection/{number}/batch/", "/admin/mappings/merchant/"),
        f"/admin/mappings/connection/{number}/batch/export/",
    ]
    assert {page: client.get(page).status_code for page in fine} == dict.fromkeys(fine, 200)
    shows_the_address = client.get(f"/admin/intake/source/{source.pk}/change/")
    assert shows_the_address.status_code in (200, 503)
    login = {"Authorization": f"Basic {b64encode(b'shop:password-1').decode()}"}
    hook = Client().post("/hooks/the-token/", b"{}", content_type="application/json", headers=login)
    assert hook.status_code == 503 and "secret" in hook.json()["detail"]


def test_a_secret_is_opened_when_it_is_first_asked_for(source: Source, settings: Any) -> None:
    """A row is loaded, changed and stored without it."""
    new_key_in_front(settings)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    row = Connection.objects.get(pk=source.connection_id)
    row.name = "Other"
    row.save(update_fields=["name"])
    with database.cursor() as cursor:
        cursor.execute("SELECT api_key FROM mappings_connection WHERE id = %s", [row.pk])
        assert cursor.fetchone()[0].startswith("gAAAA")
