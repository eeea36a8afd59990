"""Asking the stand-in as the engine does, and reading what it gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from carts.order_data import OrderData
from carts.platforms.magento.platform import Magento
from carts.platforms.magento.wsdl import wsdl_forget
from carts.platforms.shop_platform import NativeOrder
from intake.models import Source
from intake.platform import NativeEvent
from intake.shop_api import Polled, Shop
from tests.carts.shops.magento.server import KEY, USER, MagentoShopServer, magento_server
from tests.factories import PLACED_AT as RECEIVED_AT

PLATFORM = Magento()
RECORDED_YEAR = datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 12, 31, tzinfo=UTC)
OUR_MONTH = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)


@contextmanager
def magento_shop(folder: Path, settings: Any) -> Iterator[MagentoShopServer]:
    """A shop that may be asked although it is on this machine."""
    settings.SHOP_PRIVATE_ADDRESSES = True
    with magento_server(folder) as running:
        wsdl_forget(f"{running.url}/index.php/api/v2_soap/?wsdl=1")  # a port may be used again
        yield running


def reached(server: MagentoShopServer, **changes: Any) -> Shop:
    values = {"shop_url": server.url, "api_user": USER, "api_secret": KEY, **changes}
    return PLATFORM.reach(Source(platform="magento", currency="USD", **values))


def listed(
    shop: Shop, feed: str = "orders", window: tuple[datetime, datetime] = RECORDED_YEAR
) -> list[Polled]:
    return [polled for page in shop.pages(feed, *window) for polled in page]


def read(polled: Polled) -> tuple[NativeOrder, OrderData]:
    source = Source(platform="magento", currency="USD")
    native = PLATFORM.read(source, NativeEvent(name=polled.name, body=polled.body), RECEIVED_AT)
    assert isinstance(native, NativeOrder)
    return native, PLATFORM.parse(source, native.payload, RECEIVED_AT)


def charged(data: OrderData) -> Decimal:
    """What its lines and charges come to; parts of a bundle are in its price."""
    lines = sum(line.quantity * line.unit_price for line in data.lines or () if not line.kit_key)
    return lines + sum(charge.amount for charge in data.charges)
