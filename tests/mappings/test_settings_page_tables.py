"""The mapping tables of the settings page: what they refuse, their pages, and looking for a row."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mappings.admin.connection_tables import TABLES
from mappings.admin.table_formsets import GONE
from mappings.models import Connection, ProductMapping
from tests.mappings.conftest import member_client
from tests.mappings.pages import form_values, page_save, page_url, row, stored
from tests.mappings.test_scoping import theirs

__all__ = ["theirs"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

GOOD: dict[str, dict[str, Any]] = {
    "affiliate_mappings": {"shop_affiliate": "77", "crm_affiliate_id": 5},
    "sales_reps": {"code": "SAM", "user_id": 7},
    "product_tags": {"item_id": "BONE", "tag_name": "Dog owner"},
    "product_mappings": {"item_id": "BONE", "crm_product_id": 7},
    "field_mappings": {
        "shop_field": "checkout.comments",
        "target": "order",
        "crm_field": "_Comments",
        "value_map": "a = A",
    },
    "product_action_sets": {"item_id": "BONE", "action_set_id": 12},
    "product_goals": {"trigger": "category", "value": "7", "integration": "shop", "call_name": "bought"},
    "item_folders": {"item_id": "BONE", "folder_id": "Toys"},
    "shipping_fields": {"shipping_key": "tracking_numbers", "crm_field": "_Tracking"},
    "payment_types": {"shop_method": "PayPal", "crm_type": "PayPal"},
}
DISTINCT = {"product_goals": "value"}  # where rows differ in another than the first column


def filled(connection: Connection) -> Connection:
    for table, values in GOOD.items():
        getattr(connection, table).create(**values)
    return connection


def table_of(page: Any, name: str) -> Any:
    (found,) = (t.formset for t in page.context["inline_admin_formsets"] if t.formset.prefix == name)
    return found


def refused(page: Any, name: str) -> str:
    """What the page says is wrong with a table; it saved nothing."""
    assert page.status_code == 200
    assert not page.redirect_chain
    formset = table_of(page, name)
    return f"{formset.non_form_errors()} {formset.errors}"


def test_every_table_is_tried() -> None:
    assert {table.model for table in TABLES} == {
        Connection._meta.get_field(name).related_model for name in GOOD
    }


@pytest.mark.parametrize("table", GOOD)
def test_a_row_is_added_changed_and_removed(editor: Client, connection: Connection, table: str) -> None:
    page_save(editor, page_url(connection), row(table, 0, **GOOD[table]))
    (made,) = getattr(connection, table).all()
    assert {name: getattr(made, name) for name in GOOD[table]} == GOOD[table]
    first = next(iter(GOOD[table]))
    page_save(editor, page_url(connection), {f"{table}-0-{first}": getattr(made, first)})
    page_save(editor, page_url(connection), {f"{table}-0-DELETE": "on"})
    assert not getattr(connection, table).exists()


@pytest.mark.parametrize(
    ("table", "changes", "words"),
    [
        ("sales_reps", {"user_id": "0"}, "greater than or equal to 1"),
        ("sales_reps", {"user_id": "9" * 30}, "less than or equal to"),
        ("sales_reps", {"user_id": "Sam"}, "whole number"),
        ("field_mappings", {"shop_field": "no_such"}, "There is no field no_such"),
        ("field_mappings", {"shop_field": "a..b"}, "There is no field a..b"),
        ("field_mappings", {"crm_field": "Comments"}, "An underscore"),
        ("field_mappings", {"value_map": "a = b\nnothing"}, "Line 2 of the value map"),
        ("shipping_fields", {"crm_field": "Tracking"}, "An underscore"),
        ("shipping_fields", {"shipping_key": "weight"}, "not one of the available choices"),
        ("product_goals", {"trigger": "tag"}, "not one of the available choices"),
        ("product_goals", {"integration": ""}, "required"),
    ],
)
def test_a_bad_value_is_refused_in_words(
    editor: Client, connection: Connection, table: str, changes: dict[str, Any], words: str
) -> None:
    page = page_save(editor, page_url(connection), row(table, 0, **{**GOOD[table], **changes}))
    assert words in refused(page, table)
    assert not getattr(connection, table).exists()


@pytest.mark.parametrize(
    ("table", "field", "other"), [("sales_reps", "code", "sam"), ("payment_types", "shop_method", "PAYPAL")]
)
def test_letter_case_does_not_tell_two_rows_apart(
    editor: Client, connection: Connection, table: str, field: str, other: str
) -> None:
    twins = row(table, 0, **GOOD[table]), row(table, 1, **{**GOOD[table], field: other})
    assert f"“{other}” is mapped twice" in refused(page_save(editor, page_url(connection), *twins), table)
    getattr(connection, table).create(**GOOD[table])
    elsewhere = f"{page_url(connection)}?{table}-find=nothing"
    page = page_save(editor, elsewhere, row(table, 0, **{**GOOD[table], field: other}))
    assert "is mapped twice" in refused(page, table)
    assert getattr(connection, table).count() == 1


def test_the_same_row_twice_is_refused(editor: Client, connection: Connection) -> None:
    values = GOOD["product_goals"]
    page = page_save(
        editor, page_url(connection), row("product_goals", 0, **values), row("product_goals", 1, **values)
    )
    assert "duplicate" in refused(page, "product_goals")


# -- long tables -------------------------------------------------------------------------------------


@pytest.fixture
def long(connection: Connection) -> Connection:
    ProductMapping.objects.bulk_create(
        ProductMapping(connection=connection, item_id=f"ITEM-{number:04}", crm_product_id=number)
        for number in range(1, 121)
    )
    return connection


def items(client: Client, url: str) -> list[str]:
    return [form.instance.item_id for form in table_of(client.get(url), "product_mappings").forms]


def test_fifty_rows_at_a_time_with_links_to_the_others(editor: Client, long: Connection) -> None:
    assert items(editor, page_url(long)) == [f"ITEM-{number:04}" for number in range(1, 51)]
    last = f"{page_url(long)}?product_mappings-page=3"
    assert items(editor, last) == [f"ITEM-{number:04}" for number in range(101, 121)]
    body = editor.get(last).content.decode()
    assert 'href="?product_mappings-page=2#order-product"' in body
    assert "120 rows" in body
    for odd in ("0", "x", "-1"):
        assert items(editor, f"{page_url(long)}?product_mappings-page={odd}")[0] == "ITEM-0001"


def test_a_change_on_a_later_page_is_saved_and_the_page_stays(editor: Client, long: Connection) -> None:
    url = f"{page_url(long)}?product_mappings-page=3"
    page = page_save(editor, url, {"product_mappings-0-crm_product_id": "999"})
    assert page.redirect_chain[-1][0] == url
    assert long.product_mappings.get(item_id="ITEM-0101").crm_product_id == 999
    assert long.product_mappings.count() == 120


def test_rows_added_meanwhile_take_no_change_away(editor: Client, long: Connection) -> None:
    url = f"{page_url(long)}?product_mappings-page=2"
    values = form_values(editor, url) | {"product_mappings-49-crm_product_id": "999"}
    ProductMapping.objects.bulk_create(
        ProductMapping(connection=long, item_id=f"A-{number}", crm_product_id=1) for number in range(60)
    )
    editor.post(url, values)
    assert long.product_mappings.get(item_id="ITEM-0100").crm_product_id == 999


def test_a_row_removed_meanwhile_is_told(editor: Client, long: Connection) -> None:
    values = form_values(editor, page_url(long)) | {"product_mappings-1-crm_product_id": "999"}
    long.product_mappings.get(item_id="ITEM-0001").delete()
    page = editor.post(page_url(long), values, follow=True)
    assert GONE in refused(page, "product_mappings")
    assert long.product_mappings.get(item_id="ITEM-0002").crm_product_id == 2


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("item-0007", ["ITEM-0007"]),
        ("119", ["ITEM-0119"]),
        ("%", []),
        ("9" * 300, []),
    ],
)
def test_a_row_is_found_by_its_text_or_id(
    editor: Client, long: Connection, sought: str, found: list[str]
) -> None:
    page = editor.get(page_url(long), {"product_mappings-find": sought})
    assert [form.instance.item_id for form in table_of(page, "product_mappings").forms] == found
    assert ("No row holds" in page.content.decode()) == (not found)


def test_what_was_found_can_be_changed(editor: Client, long: Connection) -> None:
    url = f"{page_url(long)}?product_mappings-find=ITEM-0077"
    page_save(editor, url, {"product_mappings-0-item_id": "RENAMED"})
    assert long.product_mappings.get(crm_product_id=77).item_id == "RENAMED"
    assert long.product_mappings.count() == 120


def test_no_query_grows_with_the_rows(
    editor: Client, connection: Connection, django_assert_max_num_queries: Any
) -> None:
    filled(connection)
    with django_assert_max_num_queries(60) as few:
        editor.get(page_url(connection))
    for table, values in GOOD.items():
        model = getattr(connection, table).model
        text = "crm_field" if "crm_field" in values else DISTINCT.get(table, next(iter(values)))
        model.objects.bulk_create(
            model(connection=connection, **{**values, text: f"_many{number}"}) for number in range(80)
        )
    with django_assert_max_num_queries(len(few.captured_queries)):
        editor.get(page_url(connection))


# -- whose rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", GOOD)
def test_another_merchant_s_rows_are_neither_seen_nor_taken(
    editor: Client, connection: Connection, theirs: Connection, table: str
) -> None:
    other = getattr(theirs, table).create(**GOOD[table])
    for method in ("get", "post"):
        assert getattr(editor, method)(page_url(theirs)).status_code == 404
    values = form_values(editor, page_url(connection)) | row(table, 0, **GOOD[table])
    values |= {f"{table}-INITIAL_FORMS": "1", f"{table}-0-id": str(other.pk), f"{table}-0-DELETE": "on"}
    editor.post(page_url(connection), {**values, f"{table}-0-connection": str(theirs.pk)})
    assert list(getattr(theirs, table).all()) == [other]
    assert not getattr(connection, table).exists()


def test_a_viewer_sees_every_row_and_changes_none(viewer: Client, connection: Connection) -> None:
    filled(connection)
    body = viewer.get(page_url(connection)).content.decode()
    for words in ("Dog owner", "_Comments", "SAM", "Toys", "_Tracking", "Never ticked"):
        assert words in body
    stranger = member_client(connection.merchant, can_edit_settings=False)
    assert stranger.post(page_url(connection), {"name": "Mine"}).status_code == 403
    assert stored(connection).name == connection.name
