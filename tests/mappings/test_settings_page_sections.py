"""The settings page: its sections and words, the answers beside the fields, the dated box."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mappings import panels
from mappings.admin.connection_form import TAG_LISTS
from mappings.admin.sections import CONFIRMATION, SECTIONS, field_names, table_names
from mappings.admin.tooltips import CRM_CALLS, MORE_HELP
from mappings.models import Connection, OrderSettings
from mappings.panels import Panel, panel_register
from mappings.shop_fields import KNOWN_KEYS
from tests.mappings.pages import errors, page_save, page_url, stored
from tests.mappings.test_settings_page_tables import filled

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
ANCHORS = [
    "credentials",
    "abandoned-cart",
    "affiliates",
    "order-contact",
    "sales-reps",
    "product-tags",
    "order-invoice",
    "order-product",
    "custom-fields",
    "batch",
    "product-campaign",
    "goals",
    "shipping",
    "payment-types",
    "changes",
    "monitoring",
]


def body_of(client: Client, connection: Connection) -> str:
    return client.get(page_url(connection)).content.decode()


def told(connection: Connection, *findings: tuple[str, str, str, str]) -> None:
    """Store what a test said: level, field, sentence and row."""
    names = ("level", "field", "sentence", "row")
    stored_findings = [dict(zip(names, finding, strict=True)) for finding in findings]
    Connection.objects.filter(pk=connection.pk).update(tested_at=timezone.now(), test_result=stored_findings)


def text_at(body: str, place: str) -> str:
    """What stands beside a field or row, without its tags."""
    start = body.index(f'id="answers-{place}"')
    return " ".join(re.sub(r"<[^>]+>", " ", body[start : body.index("</div>", start)]).split())


# -- sections ------------------------------------------------------------------------------------------


def test_the_sections_stand_in_the_order_merchants_know(
    editor: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "_panels", {})
    panel_register(Panel(name="batch", title="Export or import", url=lambda connection: "/batch/"))
    body = body_of(editor, connection)
    assert re.findall(r'<section class="cs-section" id="([a-z-]+)"', body)[-len(ANCHORS) :] == ANCHORS
    assert body.count('href="/batch/"') == 1


def test_without_a_batch_page_there_is_no_batch_section(
    editor: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "_panels", {})
    assert 'id="batch"' not in body_of(editor, connection)


def test_every_setting_is_on_the_page_once() -> None:
    settings = {field.name for field in OrderSettings._meta.fields}
    assert settings <= set(field_names())
    assert len(field_names()) == len(set(field_names()))


def test_every_field_and_table_says_which_call_it_drives() -> None:
    named = {*field_names(), *table_names(), CONFIRMATION} - {"merchant", *MORE_HELP}
    assert named <= set(CRM_CALLS)
    assert set(CRM_CALLS) <= {*named, *MORE_HELP}


def test_everything_filled_in_is_shown(editor: Client, connection: Connection) -> None:
    filled(connection)
    page = editor.get(page_url(connection))
    body = page.content.decode()
    assert page.status_code == 200
    for section in SECTIONS:
        assert section.title in body or section.anchor == "batch"
    for key in KNOWN_KEYS:
        assert f'<option value="{key}">' in body


@pytest.mark.parametrize("name", TAG_LISTS)
def test_lists_of_tags_are_tidied_and_bounded(editor: Client, connection: Connection, name: str) -> None:
    page_save(editor, page_url(connection), **{name: " VIP ,, Dog owner,VIP", "unknown_tags": "create"})
    assert getattr(stored(connection), name) == "VIP, Dog owner"
    page = page_save(editor, page_url(connection), **{name: ",".join(f"t{n}" for n in range(101))})
    assert "At most 100 tags" in str(errors(page)[name])
    page = page_save(editor, page_url(connection), **{name: "x" * 201})
    assert "longer than 200" in str(errors(page)[name])


def test_ids_of_the_crm_are_bounded(editor: Client, connection: Connection) -> None:
    for name in ("affiliate_owner_id", "contact_action_set_id"):
        for typed in ("0", "-5", "9" * 20, "Sam"):
            assert name in errors(page_save(editor, page_url(connection), **{name: typed}))


# -- the answers beside the fields -----------------------------------------------------------------------


def test_what_was_found_wrong_stands_beside_its_field(editor: Client, connection: Connection) -> None:
    told(
        connection,
        ("error", "cart_tags", "The CRM has no tag “Left”.", ""),
        ("ok", "api_key", "The CRM accepts the key.", ""),
    )
    page = editor.get(page_url(connection))
    body = page.content.decode()
    assert "Error The CRM has no tag “Left”." in text_at(body, "cart_tags")
    assert "Tested The CRM accepts the key." in text_at(body, "api_key")
    fields = page.context["adminform"].form.fields
    assert fields["cart_tags"].widget.attrs["aria-describedby"] == "answers-cart_tags"
    assert "answers-name" not in body


def test_what_is_said_of_a_row_stands_below_it(editor: Client, connection: Connection) -> None:
    bone = connection.product_tags.create(item_id="BONE", tag_name="Dog owner")
    leash = connection.product_tags.create(item_id="LEASH", tag_name="Dgo owner")
    told(
        connection,
        ("error", "product_tags", "There is no tag “Dgo owner”.", "LEASH"),
        ("ok", "product_tags", "The tag is there.", "Dog owner"),
        ("warning", "product_tags", "Not all could be checked.", ""),
    )
    body = body_of(editor, connection)
    assert "no tag “Dgo owner”" in text_at(body, f"product_tags-{leash.pk}")
    assert "The tag is there." in text_at(body, f"product_tags-{bone.pk}")
    assert "Not all could be checked." in text_at(body, "product_tags")


def test_what_is_said_of_a_row_on_another_page_leads_there(editor: Client, connection: Connection) -> None:
    told(
        connection,
        ("error", "sales_reps", "The CRM has no user 7.", "S&M"),
        ("ok", "sales_reps", "All is well.", "elsewhere"),
    )
    body = body_of(editor, connection)
    assert 'href="?sales_reps-find=S%26M#sales-reps"' in body
    assert "Show elsewhere" not in body


def test_findings_stored_without_a_row_are_shown(editor: Client, connection: Connection) -> None:
    finding = {"level": "error", "field": "product_mappings", "sentence": "No product 7."}
    Connection.objects.update(tested_at=timezone.now(), test_result=[finding])
    assert "No product 7." in text_at(body_of(editor, connection), "product_mappings")


def test_a_refused_save_shows_what_was_tried(editor: Client, connection: Connection) -> None:
    told(connection, ("ok", "api_key", "The CRM accepts the key.", ""))
    page = page_save(editor, page_url(connection), api_key="wrong", enabled="on")
    assert "does not accept" in text_at(page.content.decode(), "api_key")


# -- the dated box -----------------------------------------------------------------------------------------


def test_ticking_the_box_is_dated_and_does_not_stay_ticked(editor: Client, connection: Connection) -> None:
    assert "Never ticked." in body_of(editor, connection)
    page_save(editor, page_url(connection), merchant_test_confirmed="on")
    confirmed = stored(connection).merchant_test_confirmed_at
    assert confirmed is not None
    assert timezone.now() - confirmed < timedelta(minutes=5)
    page = editor.get(page_url(connection))
    assert "it counts until" in page.content.decode()
    assert not page.context["adminform"].form[CONFIRMATION].value()
    page_save(editor, page_url(connection), name="Renamed")
    assert stored(connection).merchant_test_confirmed_at == confirmed


def test_the_box_runs_out(editor: Client, connection: Connection) -> None:
    Connection.objects.update(merchant_test_confirmed_at=timezone.now() - timedelta(days=31))
    assert "it no longer counts" in body_of(editor, connection)


@pytest.mark.parametrize("mode", ["test", "live"])
def test_a_mode_that_was_read_is_told(editor: Client, connection: Connection, mode: str) -> None:
    Connection.objects.update(merchant_mode=mode, merchant_mode_at=timezone.now())
    assert f"{mode} mode. Then this box does not matter." in body_of(editor, connection)


def test_a_refused_page_dates_nothing(editor: Client, connection: Connection) -> None:
    changes: dict[str, Any] = {"merchant_test_confirmed": "on", "app_name": "no blanks"}
    assert errors(page_save(editor, page_url(connection), **changes))
    assert stored(connection).merchant_test_confirmed_at is None
