"""The CRM's answers to the names of an order, asked for between its claim and its plan.

`anew` asks even for what is remembered: a person who resends has just changed something. Each raises the
look-up's CrmError; a failed look-up is never an "absent".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from carts.order_data import OrderData
from cascade.planning.lookups import custom_fields_gather, partners_gather, tags_gather
from cascade.planning.rules import History, Names, Rules
from cascade.shop.orders.changes import change_tag_names
from cascade.shop.orders.contact_steps import (
    items_of,
    lead_source_name,
    needs_products,
    product_of,
    tag_names,
)
from cascade.shop.orders.order_steps import mapped_partners, partner_codes
from crm.contract import Crm
from crm.list_records import FieldObject
from mappings.access.open import open_crm
from mappings.checks.merchant_mode import merchant_mode_check
from mappings.directory.names import (
    Resolution,
    categories_known,
    names_ask,
    names_resolve,
    partners_gone,
    product_facts,
    users_absent,
)
from mappings.directory.prices import product_prices
from mappings.models import Connection, DirectoryEntry

Kind = DirectoryEntry.Kind


def order_gather(
    connection: Connection,
    crm: Crm,
    order: OrderData,
    rules: Rules,
    history: History,
    *,
    now: datetime,
    anew: bool = False,
    head_sent: bool = False,
) -> Names:
    """`head_sent`: the order's making is behind us."""
    look_up = names_ask if anew else names_resolve
    changes = change_tag_names(order, rules, history, cancelled=history.in_crm)
    tags = dict.fromkeys((*tag_names(order, rules, history), *changes))
    names = tags_gather(connection, crm, tags, now=now, anew=anew)
    if owner_id := rules.sales_reps.get(order.sales_rep.strip().casefold()):
        names = replace(names, absent_users=users_absent(connection, {owner_id}))
    if name := lead_source_name(order, rules):
        names = replace(names, lead_sources=look_up(connection, crm, Kind.LEAD_SOURCE, [name], now=now))
    if rules.contact_fields:
        wanted = [rule.crm_field for rule in rules.contact_fields]
        fields = custom_fields_gather(connection, crm, FieldObject.CONTACT, wanted, now=now, anew=anew)
        names = replace(names, contact_fields=fields)
    if rules.creates_orders or needs_products(rules):
        items = sorted(item for item in items_of(order) if item not in rules.products)

        def ask(kind: Kind, wanted: Iterable[str]) -> dict[str, Resolution]:
            return look_up(connection, crm, kind, wanted, now=now)

        names = replace(names, products=_products(order, rules, items, ask))
    if rules.creates_orders:
        names = _gather_order(connection, crm, rules, history, names, now=now, anew=anew, head_sent=head_sent)
    if needs_products(rules):
        ids = {product_of(item, rules, names) for item in items_of(order)} - {0}
        product_names, categories = product_facts(connection, crm, sorted(ids))
        names = replace(
            names,
            product_names=product_names,
            categories=categories,
            categories_read=categories_known(connection),
        )
    return names


def _products(
    order: OrderData,
    rules: Rules,
    items: Iterable[str],
    ask: Callable[[Kind, Iterable[str]], dict[str, Resolution]],
) -> dict[str, Resolution]:
    """The CRM product of each item: of that name, then by the rungs that are on, SKU and the line's title."""
    found = ask(Kind.PRODUCT, items)
    if rules.products_by_sku:
        lacking = [item for item, answer in found.items() if answer.crm_id is None]
        found |= ask(Kind.SKU, lacking)
    if rules.products_by_title:
        titles = {line.item_id: line.title.strip() for line in reversed(order.lines or ())}
        lacking = [item for item, answer in found.items() if answer.crm_id is None]
        by_title = ask(Kind.PRODUCT, sorted({titles[item] for item in lacking} - {""}))
        found |= {item: by_title[titles[item]] for item in lacking if titles[item] in by_title}
    return found


def _gather_order(
    connection: Connection,
    crm: Crm,
    rules: Rules,
    history: History,
    names: Names,
    *,
    now: datetime,
    anew: bool,
    head_sent: bool,
) -> Names:
    partners = partners_gather(connection, crm, partner_codes(rules, history), now=now, anew=anew)
    gone = partners_gone(connection, crm, mapped_partners(rules, history))
    names = replace(names, affiliates=partners, gone_partners=gone)
    if rules.order_fields:
        wanted = [rule.crm_field for rule in rules.order_fields]
        fields = custom_fields_gather(connection, crm, FieldObject.ORDER, wanted, now=now, anew=anew)
        names = replace(names, order_fields=fields)
    if not rules.places_orders or head_sent:
        return names
    mode = merchant_mode_check(open_crm(connection, trace_id="merchant-mode"), now)
    if not mode.allowed:
        return replace(names, refusal=mode.sentence)
    ids = {found.crm_id for found in names.products.values() if found.crm_id} | set(rules.products.values())
    return replace(names, prices=product_prices(connection, crm, sorted(ids), now=now, anew=anew))
