"""Shops and their keys."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from intake.models import Source
from intake.sources import (
    api_key_create,
    api_key_find,
    api_key_revoke,
    slugs_taken,
    source_by_token,
    source_create,
)
from mappings.checks.check import connection_test
from mappings.checks.findings import CredentialVerdict
from mappings.models import Connection
from tests.factories import ConnectionFactory, SourceFactory

pytestmark = pytest.mark.django_db


def test_a_new_source_is_found_by_its_token():
    source = source_create(ConnectionFactory(), slug="shop", name="Shop", platform="ultracart")
    assert source_by_token(source.token) == source
    assert source_by_token(source.token + "x") is None
    assert source_by_token(source.token_hash) is None


def test_a_slug_is_taken_once_per_connection():
    connection = ConnectionFactory()
    source_create(connection, slug="shop", name="Shop", platform="ultracart")
    with pytest.raises(ValidationError):
        source_create(connection, slug="shop", name="Other", platform="ultracart")
    with pytest.raises(ValidationError):
        source_create(connection, slug="No Slug", name="Other", platform="ultracart")
    with pytest.raises(ValidationError, match="no-such"):
        source_create(connection, slug="other", name="Other", platform="no-such")


def test_a_key_opens_until_it_is_revoked():
    key, plain = api_key_create(SourceFactory(), "Till")
    assert plain.startswith(key.prefix)
    assert len(plain) > 40
    assert api_key_find(plain) == key
    assert api_key_revoke(key)
    assert not api_key_revoke(key)
    assert api_key_find(plain) is None


def bound(app: str) -> Connection:
    connection = ConnectionFactory(app_name=app)
    connection.bound_app = app
    connection.save()
    return connection


def test_in_one_crm_app_a_short_name_is_one_shops():
    source_create(bound("ab123"), slug="tea", name="Tea", platform="ultracart")
    with pytest.raises(ValidationError) as refused:
        source_create(bound("ab123"), slug="tea", name="Tea", platform="ultracart")
    assert "slug" in refused.value.message_dict
    source_create(bound("cd456"), slug="tea", name="Tea", platform="ultracart")


def test_shops_that_have_one_short_name_already_may_still_be_saved():
    first, second = bound("ab123"), bound("cd456")
    source_create(first, slug="tea", name="Tea", platform="ultracart")
    source = source_create(second, slug="tea", name="Tea", platform="ultracart")
    Connection.objects.filter(pk=second.pk).update(bound_app="ab123")
    Source.objects.get(pk=source.pk).full_clean()
    assert "tea" in slugs_taken(second, "ab123")


def test_a_connection_is_not_bound_to_an_app_where_its_shops_name_is_taken(sandbox, settings):
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
    source_create(bound("demo"), slug="tea", name="Tea", platform="ultracart")
    other = ConnectionFactory(app_name="demo", api_key=sandbox.key, protocol="xmlrpc")
    source = source_create(other, slug="tea", name="Tea", platform="ultracart")
    outcome = connection_test(other)
    assert outcome.verdict == CredentialVerdict.REFUSED
    assert "same short name: tea" in outcome.findings[0].sentence
    other.refresh_from_db()
    assert other.bound_app == ""
    source.delete()
    assert connection_test(other).verdict == CredentialVerdict.ACCEPTED
    other.refresh_from_db()
    assert other.bound_app == "demo"
