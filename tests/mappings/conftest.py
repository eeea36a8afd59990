"""What the tests of this package share: a connection to the sandbox, and people who log in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mappings.models import Connection, Merchant
from tests.factories import ConnectionFactory, MembershipFactory, MerchantFactory, UserFactory
from tests.sandbox_client import Sandbox


@pytest.fixture
def crm(sandbox: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, as the CRM of every connection."""
    settings.CRM_GATEWAY_URL = sandbox.url
    settings.CRM_LEGACY_URL = sandbox.url
    return sandbox


@pytest.fixture
def merchant(db: None) -> Merchant:
    return MerchantFactory(name="Bones")


@pytest.fixture
def connection(merchant: Merchant, crm: Sandbox) -> Connection:
    """A connection whose key the sandbox accepts, switched off."""
    return ConnectionFactory(merchant=merchant, enabled=False, app_name="demo", api_key=crm.key)


def member_client(merchant: Merchant, *, can_edit_settings: bool = True) -> Client:
    """A browser in which a member of the merchant has logged in."""
    membership = MembershipFactory(merchant=merchant, can_edit_settings=can_edit_settings)
    return client_of(membership.user)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor(merchant: Merchant) -> Client:
    return member_client(merchant)


@pytest.fixture
def viewer(merchant: Merchant) -> Client:
    return member_client(merchant, can_edit_settings=False)


@pytest.fixture
def superuser(db: None) -> Client:
    return client_of(UserFactory(is_superuser=True))
