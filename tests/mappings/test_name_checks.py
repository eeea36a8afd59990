"""Saving the settings page looks every tag, product and payment type up in the CRM."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mappings.checks.check import connection_test
from mappings.checks.findings import FindingLevel
from mappings.checks.references import SINGLE_TAGS, TAG_LISTS
from mappings.models import Connection, DirectoryEntry, ProductMapping, ProductTag
from tests.mappings.pages import page_save, page_url, row, sentences, stored, told
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


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
    for name in ("Dog owner", "VIP", "4711"):
        assert any(name in sentence for sentence in found)
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
    assert len(crm.calls()) - before == 6  # key, e-commerce, currency, zone, all tags, payment types


def test_an_outage_in_the_middle_is_said_and_does_not_stop_the_save(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.faults({"method": "DataService.query", "call": 3, "do": "drop_before"})
    page_save(editor, page_url(connection), contact_tags="VIP")
    assert stored(connection).contact_tags == "VIP"
    first, rest = sentences(connection, "warning")
    assert first.startswith("Not checked to the end")
    assert rest == "Not checked: payment types. Press Test, or save again, to have them checked."
    assert not DirectoryEntry.objects.exists()


TAG_FIELDS = (*TAG_LISTS, *SINGLE_TAGS)


@pytest.mark.parametrize("unknown_tags", ["report", "create"])
def test_every_setting_that_names_a_tag_is_probed(
    connection: Connection, crm: Sandbox, unknown_tags: str
) -> None:
    crm.seed(ContactGroup=[{"GroupName": "Known"}])
    names = {field: f"Tag of {field}" for field in TAG_FIELDS}
    Connection.objects.update(unknown_tags=unknown_tags, **names)
    found = connection_test(stored(connection)).findings
    level = FindingLevel.OK if unknown_tags == "create" else FindingLevel.ERROR
    for field, name in names.items():
        assert [(f.level, name in f.sentence) for f in found if f.field == field] == [(level, True)]
    made = {row["GroupName"] for row in crm.rows("ContactGroup")} - {"Known"}
    assert made == (set(names.values()) if unknown_tags == "create" else set())
    Connection.objects.update(**dict.fromkeys(TAG_FIELDS, "Known"))
    found = connection_test(stored(connection)).findings
    assert {f.level for f in found if f.field in TAG_FIELDS} == {FindingLevel.OK}


def test_a_tag_of_several_items_is_wrong_in_each_of_their_rows(connection: Connection) -> None:
    for item_id in ("BONE", "BOWL"):
        ProductTag.objects.create(connection=connection, item_id=item_id, tag_name="Dog owner")
    found = connection_test(connection).findings
    assert [f.row for f in found if f.field == "product_tags"] == ["BONE", "BOWL"]


def test_after_the_clock_has_run_out_what_was_not_asked_is_named(
    connection: Connection, crm: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mappings.checks.check.TOTAL_SECONDS", 0.0)
    Connection.objects.update(contact_tags="VIP")
    outcome = connection_test(stored(connection))
    assert outcome.accepted
    (told,) = (finding for finding in outcome.findings if finding.unsure)
    assert told.sentence.startswith(
        "Not checked: the e-commerce component, the currency, the time zone, tags, payment types."
    )
    assert len(crm.calls()) == 1


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
    assert nested == [False] * 6  # key, e-commerce, currency, zone, tag, payment types


def test_rows_on_other_pages_of_a_table_are_checked_too(editor: Client, connection: Connection) -> None:
    ProductMapping.objects.bulk_create(
        ProductMapping(connection=connection, item_id=f"ITEM-{number:03}", crm_product_id=5000 + number)
        for number in range(60)
    )
    tables = editor.get(page_url(connection)).context["inline_admin_formsets"]
    (shown,) = (table.formset for table in tables if table.formset.prefix == "product_mappings")
    assert len(shown.forms) == 50
    page_save(editor, page_url(connection))
    assert len(sentences(connection, "error")) == 60


def test_more_rows_cost_neither_calls_nor_queries(connection: Connection, crm: Sandbox) -> None:
    products = crm.seed(Product=[{"ProductName": f"P{n}", "Status": 1} for n in range(100)])["Product"]
    crm.seed(ContactGroup=[{"GroupName": f"Tag {n}"} for n in range(100)])
    costs = []
    for numbers in (range(1), range(1, 100)):
        for n in numbers:
            connection.product_mappings.create(item_id=f"I{n}", crm_product_id=products[n])
            connection.product_tags.create(item_id=f"I{n}", tag_name=f"Tag {n}")
        connection_test(connection)  # from now on the tags' ids are known
        before = len(crm.calls())
        with CaptureQueriesContext(database) as queries:
            found = connection_test(connection).findings
        assert {finding.level for finding in found} == {FindingLevel.OK}
        costs.append((len(crm.calls()) - before, len(queries)))
    assert costs[0] == costs[1]
