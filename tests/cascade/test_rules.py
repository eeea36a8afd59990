"""The rules are read once per version of a connection's tables, and are never older than the last commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from cascade.planning.rules import Rules, rules_of
from mappings.models import Connection, ProductMapping, ProductTag
from tests.factories import ConnectionFactory

ITEMS = ("BONE", "LEASH")


def rules_now(pk: int) -> Rules:
    return rules_of(Connection.objects.get(pk=pk), ITEMS)


def a_row(connection: Connection) -> ProductTag:
    row: ProductTag = connection.product_tags.get()
    return row


CHANGES: dict[str, Callable[[Connection], Any]] = {
    "create": lambda of: of.product_tags.create(item_id="BONE", tag_name="Another"),
    "bulk_create": lambda of: ProductTag.objects.bulk_create(
        [ProductTag(connection=of, item_id="LEASH", tag_name="Another")]
    ),
    "save": lambda of: ProductTag(pk=a_row(of).pk, connection=of, item_id="BONE", tag_name="New").save(),
    "update": lambda of: of.product_tags.update(tag_name="New"),
    "bulk_update": lambda of: ProductTag.objects.bulk_update(
        [ProductTag(pk=a_row(of).pk, connection=of, item_id="BONE", tag_name="New")], ["tag_name"]
    ),
    "update_or_create": lambda of: of.product_tags.update_or_create(
        item_id="BONE", defaults={"tag_name": "New"}
    ),
    "delete a row": lambda of: a_row(of).delete(),
    "delete rows": lambda of: of.product_tags.all().delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_a_table_is_seen_at_once(change: Callable[[Connection], Any]) -> None:
    connection = ConnectionFactory()
    connection.product_tags.create(item_id="BONE", tag_name="Dog owner")
    before = rules_now(connection.pk)
    assert before.product_tags == {"BONE": ("Dog owner",)}
    change(connection)
    assert rules_now(connection.pk).product_tags != before.product_tags


@pytest.mark.django_db
def test_who_saves_a_connection_read_long_ago_brings_no_old_tables_back() -> None:
    read_long_ago = ConnectionFactory()
    assert rules_now(read_long_ago.pk).products == {}
    ProductMapping.objects.create(connection=read_long_ago, item_id="BONE", crm_product_id=7)
    read_long_ago.save()
    assert rules_now(read_long_ago.pk).products == {"BONE": 7}


@pytest.mark.django_db
def test_what_was_read_at_this_version_costs_no_query() -> None:
    connection = ConnectionFactory()
    connection.product_mappings.create(item_id="BONE", crm_product_id=7)
    connection.refresh_from_db()
    known = rules_of(connection, ITEMS)
    with CaptureQueriesContext(database) as queries:
        assert rules_of(connection, ITEMS) == known
    assert len(queries) == 0
