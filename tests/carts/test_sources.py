"""Shops and their keys."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from carts.selectors import api_key_find, source_by_token
from carts.services import api_key_create, api_key_revoke, source_create
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
