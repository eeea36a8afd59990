"""A booking source of a connection to the sandbox, and people who log in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bookings.models.settings import BookingSettings, booking_settings_create
from intake.models import Source
from mappings.models import Connection, Merchant
from tests.bookings.agenda import Agenda
from tests.cascade.conftest import Shop, shop
from tests.factories import ConnectionFactory, MerchantFactory, SourceFactory
from tests.mappings.conftest import member_client
from tests.sandbox_client import Sandbox

__all__ = ["shop"]


@pytest.fixture
def crm(sandbox: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, as the CRM of every connection."""
    settings.CRM_GATEWAY_URL = sandbox.url
    settings.CRM_LEGACY_URL = sandbox.url
    return sandbox


@pytest.fixture
def merchant(db: None) -> Merchant:
    return MerchantFactory(name="Coaches")


@pytest.fixture
def connection(merchant: Merchant, crm: Sandbox) -> Connection:
    """A connection that was tested and works."""
    return ConnectionFactory(
        merchant=merchant, app_name="demo", bound_app="demo", api_key=crm.key, protocol="xmlrpc"
    )


@pytest.fixture
def source(connection: Connection) -> Source:
    return SourceFactory(connection=connection, name="Calls", slug="calls", platform="oncehub")


@pytest.fixture
def booking_settings(source: Source) -> BookingSettings:
    return booking_settings_create(source)


@pytest.fixture
def editor(merchant: Merchant) -> Client:
    return member_client(merchant)


@pytest.fixture
def viewer(merchant: Merchant) -> Client:
    return member_client(merchant, can_edit_settings=False)


@pytest.fixture
def stranger(db: None) -> Client:
    """A member of another merchant."""
    return member_client(MerchantFactory(name="Others"))


@pytest.fixture
def agenda(shop: Shop) -> Agenda:
    """A booking source beside a shop; its hosts are all taken."""
    source = SourceFactory(connection=shop.connection, slug="talks", platform="oncehub", name="Talks")
    settings = booking_settings_create(source)
    settings.all_hosts = True
    settings.save()
    return Agenda(shop, source)
