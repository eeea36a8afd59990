"""Between claim and plan: ask the CRM once for each name the plan needs and we do not know."""

from __future__ import annotations

from datetime import datetime

from carts.order_data import OrderData
from cascade.plan import tag_names
from cascade.rules import Names, Rules
from crm.contract import Crm
from mappings.directory import names_ask, names_resolve
from mappings.models import Connection, DirectoryEntry
from mappings.prices import product_prices


def gather(
    connection: Connection, crm: Crm, order: OrderData, rules: Rules, *, now: datetime, anew: bool = False
) -> Names:
    """The CRM's answers to the order's item and tag names.

    `anew` asks even for what is remembered: a person who resends has just changed something.
    Raises: the look-up's CrmError; a failed look-up is never an "absent".
    """
    look_up = names_ask if anew else names_resolve
    tags = look_up(connection, crm, DirectoryEntry.Kind.TAG, tag_names(order, rules), now=now)
    if not rules.creates_orders:
        return Names(tags=tags)
    items = {line.item_id for line in order.lines or () if line.item_id not in rules.products}
    products = look_up(connection, crm, DirectoryEntry.Kind.PRODUCT, sorted(items), now=now)
    if not rules.places_orders:
        return Names(products=products, tags=tags)
    ids = {found.crm_id for found in products.values() if found.crm_id} | set(rules.products.values())
    prices = product_prices(connection, crm, sorted(ids), now=now, anew=anew)
    return Names(products=products, tags=tags, prices=prices)
