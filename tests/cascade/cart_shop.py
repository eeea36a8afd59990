"""The shop of the conftest with the catalogue at the shop's prices, over a protocol and a creation method."""

from __future__ import annotations

import xmlrpc.client
from typing import Any

from tests.cascade.conftest import TAGS, Shop

CATALOGUE = {"BONE": "9.95", "LEASH": "17.95", "BOWL": "2.00"}


def set_up(shop: Shop, protocol: str, *, without: str = "", **settings: Any) -> dict[str, int]:
    """Fill the account anew and change the settings; the ids of the products by name."""
    shop.sandbox.reset()
    names = [name for name in CATALOGUE if name != without]
    rows = [{"ProductName": name, "ProductPrice": CATALOGUE[name], "Status": 1} for name in names]
    ids = shop.sandbox.seed(Product=rows, ContactGroup=[{"GroupName": name} for name in TAGS])
    for name, value in {"protocol": protocol, **settings}.items():
        setattr(shop.connection, name, value)
    shop.connection.save()
    return dict(zip(names, ids["Product"], strict=True))


def by_hand(shop: Shop, method: str, *params: Any) -> Any:
    """Call the CRM over XML-RPC, as another program of the merchant's would."""
    with xmlrpc.client.ServerProxy(f"{shop.sandbox.url}/api/xmlrpc") as proxy:
        return getattr(proxy, method)(shop.sandbox.key, *params)
