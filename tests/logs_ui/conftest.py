"""A person, a merchant and a logged-in client for the log pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from carts.models import Source
from tests.factories import MembershipFactory, SourceFactory, UserFactory


@pytest.fixture
def shop(db: None) -> Source:
    return SourceFactory(slug="hounds", name="Hounds Shop")


@pytest.fixture
def person(shop: Source) -> Any:
    """Someone who may read and resend for the shop's merchant, but not edit its settings."""
    user = UserFactory(username="dana")
    MembershipFactory(user=user, merchant=shop.connection.merchant, can_edit_settings=False)
    return user


@pytest.fixture
def browser_of() -> Any:
    """`browser_of(user)` is a client logged in as that person."""

    def log_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in
