"""Saving the settings page looks every tag, product and payment type up in the CRM."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client

from mappings.models import Connection, DirectoryEntry, ProductMapping
from tests.mappings.pages import page_save, page_url, row, sentences, stored, told
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db


def test_unknown_tags_and_products_are_named(editor: Client, connection: Connection, crm: Sandbox) -> None:
    ids = crm.seed(ContactGroup=[{"GroupName": "Customer"}], Product=[{"ProductName": "Dog bone"}])
    page = page_save(
        editor,
        page_url(connection),
        row("product_tags", 0, item_id="BONE", tag_name="Dog owner"),
        row("product_mappings", 0, item_id="BONE", crm_product_id=ids["Product"][0]),
        row("product_mappings", 1, item_id="LEASH", crm_product_id=4711),
        contact_tags="Customer, VIP",
    )
    found = sentences(connection, "error")
    assert len(found) == 3
    for part, name in zip(found, ("Dog owner", "VIP", "4711"), strict=True):
        assert name in part
        assert name in told(page)
    assert not any("Customer" in sentence for sentence in found)
    assert list(connection.product_mappings.values_list("crm_product_id", flat=True)) == [
        ids["Product"][0],
        4711,
    ]


def test_a_name_that_differs_in_letter_case_is_hinted_at(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.seed(ContactGroup=[{"GroupName": "Dog owner"}])
    page_save(editor, page_url(connection), contact_tags="Dog owner")
    page_save(editor, page_url(connection), contact_tags="dog  Owner")
    assert "It has “Dog owner”" in sentences(connection, "error")[0]


def test_missing_tags_are_created_once_where_that_is_chosen(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    for _ in range(2):
        page_save(editor, page_url(connection), contact_tags="VIP, Gold", unknown_tags="create")
    assert sorted(tag["GroupName"] for tag in crm.rows("ContactGroup")) == ["Gold", "VIP"]
    assert sentences(connection, "error") == []
    assert DirectoryEntry.objects.filter(crm_id__isnull=False).count() == 2


def test_a_tag_of_unknown_fate_is_not_created_twice(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.faults({"method": "DataService.add", "call": 1, "do": "drop_after"})
    page_save(editor, page_url(connection), contact_tags="VIP", unknown_tags="create")
    assert "Save again" in sentences(connection, "error")[0]
    page_save(editor, page_url(connection))
    assert len(crm.rows("ContactGroup")) == 1
    assert sentences(connection, "error") == []


def test_a_tag_made_a_moment_ago_is_found_although_it_was_absent(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    page_save(editor, page_url(connection), contact_tags="VIP")
    assert sentences(connection, "error")
    crm.seed(ContactGroup=[{"GroupName": "VIP"}])
    page_save(editor, page_url(connection))
    assert not sentences(connection, "error")


def test_known_tags_are_verified_together(editor: Client, connection: Connection, crm: Sandbox) -> None:
    names = [f"Tag {number}" for number in range(12)]
    crm.seed(ContactGroup=[{"GroupName": name} for name in names])
    page_save(editor, page_url(connection), contact_tags=", ".join(names))
    before = len(crm.calls())
    page_save(editor, page_url(connection))
    assert len(crm.calls()) - before == 4  # the key, all tags, the payment types, the currency


def test_an_outage_in_the_middle_is_said_and_does_not_stop_the_save(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.faults({"method": "DataService.query", "call": 2, "do": "drop_before"})
    page_save(editor, page_url(connection), contact_tags="VIP")
    assert stored(connection).contact_tags == "VIP"
    assert sentences(connection, "warning")[0].startswith("Not checked to the end")
    assert not DirectoryEntry.objects.exists()


def test_a_payment_type_the_crm_does_not_offer_is_named(editor: Client, connection: Connection) -> None:
    page_save(editor, page_url(connection), row("payment_types", 0, shop_method="Shells", crm_type="Shells"))
    assert any("Shells" in sentence for sentence in sentences(connection, "error"))


def test_two_methods_that_differ_in_letter_case_are_one_too_many(
    editor: Client, connection: Connection
) -> None:
    first = row("payment_types", 0, shop_method="PayPal", crm_type="Cash")
    second = row("payment_types", 1, shop_method="paypal", crm_type="Check")
    page = page_save(editor, page_url(connection), first, second)
    assert not page.redirect_chain
    assert "letter case does not count" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_crm_is_asked(editor: Client, connection: Connection) -> None:
    """The record of a call opens a transaction of its own: inside another one it would be a savepoint."""
    nested: list[bool] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith('INSERT INTO "mappings_apicall"'):
            nested.append(bool(database.savepoint_ids))
        return execute(sql, params, many, context)

    with database.execute_wrapper(watch):
        page_save(editor, page_url(connection), contact_tags="VIP")
    assert nested == [False] * 4  # the key, the tag, the payment types, the currency


def test_rows_on_other_pages_of_a_table_are_checked_too(editor: Client, connection: Connection) -> None:
    ProductMapping.objects.bulk_create(
        ProductMapping(connection=connection, item_id=f"ITEM-{number:03}", crm_product_id=5000 + number)
        for number in range(60)
    )
    assert len(editor.get(page_url(connection)).context["inline_admin_formsets"][1].formset.forms) == 50
    page_save(editor, page_url(connection))
    assert len(sentences(connection, "error")) == 60
