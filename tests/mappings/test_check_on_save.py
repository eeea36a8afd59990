"""The settings page tests what was typed against the CRM, and shows the answer."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse

from mappings.access.connect import MANUAL_PAUSE, connection_pause
from mappings.models import ApiCall, Connection
from tests.factories import ConnectionFactory
from tests.mappings.conftest import member_client
from tests.mappings.pages import ADD, errors, form_values, page_save, page_url, sentences, stored, told
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
WRONG_KEY = "KeapAK-canary-wrong-key"


def test_a_good_key_binds_the_connection_to_its_app(editor: Client, connection: Connection) -> None:
    page = page_save(editor, page_url(connection), enabled="on")
    saved = stored(connection)
    assert (saved.enabled, saved.bound_app) == (True, "demo")
    assert saved.tested_at is not None
    assert "all is well" in told(page)
    assert "The CRM accepts the key; the app demo answered." in page.content.decode()


def test_a_new_connection_is_tested_before_it_exists(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    connection.delete()
    page = page_save(editor, ADD, app_name="demo", api_key=crm.key, enabled="on", name="First")
    saved = Connection.objects.get()
    assert (saved.name, saved.enabled, saved.bound_app) == ("First", True, "demo")
    assert page.redirect_chain[-1][0] == page_url(saved)


def test_a_wrong_key_is_a_form_error_and_nothing_typed_is_lost(
    editor: Client, connection: Connection
) -> None:
    tags = "Customer, Dog owner"
    page = page_save(
        editor, page_url(connection), api_key=WRONG_KEY, enabled="on", contact_tags=tags, name="Renamed"
    )
    assert "api_key" in errors(page)
    body = page.content.decode()
    assert tags in body
    assert "Renamed" in body
    assert WRONG_KEY not in body
    assert "type the API Key once more" in body
    saved = stored(connection)
    assert (saved.enabled, saved.api_key, saved.name) == (False, connection.api_key, connection.name)


def test_a_new_connection_with_a_wrong_key_is_not_made(editor: Client, connection: Connection) -> None:
    page = page_save(editor, ADD, app_name="demo", api_key=WRONG_KEY, name="Second")
    assert "api_key" in errors(page)
    assert Connection.objects.count() == 1


def test_a_dead_stored_key_can_be_switched_off_but_not_on(editor: Client, connection: Connection) -> None:
    Connection.objects.update(enabled=True, api_key=WRONG_KEY)
    page = page_save(editor, page_url(connection), name="Still on")
    assert "api_key" in errors(page)
    page = page_save(editor, page_url(connection), enabled=None)
    assert not stored(connection).enabled
    assert "does not accept" in told(page)
    page = page_save(editor, page_url(connection), enabled="on")
    assert "api_key" in errors(page)
    assert not stored(connection).enabled


@pytest.mark.parametrize("dead", ["http://127.0.0.1:9", "http://127.0.0.1:9/sub"])
def test_with_the_crm_down_one_may_save_but_not_switch_on(
    editor: Client, connection: Connection, settings: Any, dead: str
) -> None:
    settings.CRM_GATEWAY_URL = dead
    page = page_save(editor, page_url(connection), enabled="on")
    assert "enabled" in errors(page)
    assert not stored(connection).enabled
    page = page_save(editor, page_url(connection), name="Renamed")
    assert page.redirect_chain
    assert stored(connection).name == "Renamed"
    assert sentences(connection, "error")


def test_with_the_crm_down_a_running_connection_keeps_running(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    Connection.objects.update(enabled=True, bound_app="demo")
    crm.faults({"method": "DataService.query", "call": 1, "do": "drop_before"})
    page_save(editor, page_url(connection), primary_address="shipping")
    saved = stored(connection)
    assert (saved.enabled, saved.primary_address) == (True, "shipping")


def test_one_that_never_worked_is_not_enabled_while_the_crm_is_down(
    editor: Client, connection: Connection, crm: Sandbox, settings: Any
) -> None:
    settings.CRM_GATEWAY_URL = "http://127.0.0.1:9"
    Connection.objects.update(enabled=True)  # as it may have been made without the page
    page = page_save(editor, page_url(connection), primary_address="shipping")
    assert "could not be tested" in str(errors(page)["enabled"])
    page = page_save(editor, ADD, app_name="demo", api_key=crm.key, enabled="on", name="Second")
    assert "enabled" in errors(page)
    page = page_save(editor, ADD, app_name="demo", api_key=crm.key, enabled=None, name="Second")
    assert page.redirect_chain
    assert not Connection.objects.get(name="Second").enabled


def test_a_refused_key_is_never_saved_as_enabled(editor: Client, connection: Connection) -> None:
    page = page_save(editor, ADD, app_name="demo", api_key=WRONG_KEY, enabled="on", name="Second")
    assert "api_key" in errors(page)
    assert not Connection.objects.filter(name="Second").exists()
    Connection.objects.update(bound_app="demo", enabled=True)
    page = page_save(editor, page_url(connection), api_key=WRONG_KEY, contact_tags="VIP")
    assert "api_key" in errors(page)
    assert (stored(connection).api_key, stored(connection).contact_tags) == (connection.api_key, "")


def test_an_app_name_that_is_not_the_answering_app_names_both(editor: Client, connection: Connection) -> None:
    page = page_save(editor, page_url(connection), app_name="ab123")
    sentence = str(errors(page)["app_name"])
    assert "ab123" in sentence
    assert "demo" in sentence


def test_credentials_of_another_app_are_refused(editor: Client, connection: Connection) -> None:
    Connection.objects.update(app_name="ab123", bound_app="ab123")
    page = page_save(editor, page_url(connection), api_key=connection.api_key)
    assert "Make a new connection for demo" in str(errors(page)["api_key"])
    assert stored(connection).bound_app == "ab123"


def test_the_stored_key_is_not_sent_to_another_app(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    Connection.objects.update(bound_app="demo", credential_kind=Connection.CredentialKind.LEGACY_KEY)
    page = page_save(editor, page_url(connection), app_name="evil")
    assert "belongs to the app demo" in str(errors(page)["app_name"])
    assert crm.calls() == []


def test_a_name_another_connection_has_is_a_form_error(editor: Client, connection: Connection) -> None:
    ConnectionFactory(merchant=connection.merchant, name="Second")
    page = page_save(editor, page_url(connection), name="Second")
    assert "name" in errors(page)


@pytest.mark.parametrize("key", ["two words", "with\ttab", "späce", "line\nbreak"])
def test_a_key_that_cannot_be_one_is_refused_unsent(
    editor: Client, connection: Connection, crm: Sandbox, key: str
) -> None:
    page = page_save(editor, page_url(connection), api_key=key)
    assert "api_key" in errors(page)
    assert crm.calls() == []


def test_a_key_that_no_longer_decrypts_can_be_typed_again(
    editor: Client, connection: Connection, crm: Sandbox, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    page = page_save(editor, page_url(connection), enabled="on")
    assert "can no longer be read" in str(errors(page)["api_key"])
    page_save(editor, page_url(connection), api_key=crm.key, enabled="on")
    assert (stored(connection).api_key, stored(connection).enabled) == (crm.key, True)


def test_what_a_worker_changed_meanwhile_is_not_written_back(editor: Client, connection: Connection) -> None:
    values = form_values(editor, page_url(connection))
    connection_pause(connection, MANUAL_PAUSE)
    editor.post(page_url(connection), {**values, "name": "Renamed"})
    saved = stored(connection)
    assert (saved.name, saved.paused_reason) == ("Renamed", MANUAL_PAUSE)


def test_a_success_ends_a_pause_that_no_person_made(editor: Client, connection: Connection) -> None:
    connection_pause(connection, "The key is refused.")
    page_save(editor, page_url(connection))
    assert stored(connection).paused_at is None


def test_the_buttons_work_by_post_only(editor: Client, connection: Connection) -> None:
    urls = {
        name: reverse(f"admin:mappings_connection_{name}", args=[connection.pk])
        for name in ("test", "pause", "resume")
    }
    for url in urls.values():
        assert editor.get(url).status_code == 405
    page = editor.post(urls["test"], follow=True)
    assert "all is well" in told(page)
    editor.post(urls["pause"])
    assert stored(connection).paused_reason == MANUAL_PAUSE
    page = editor.post(urls["pause"], follow=True)
    assert "look at its state" in told(page)
    editor.post(urls["test"])
    assert stored(connection).paused_at is not None
    editor.post(urls["resume"])
    assert stored(connection).paused_at is None


def test_the_key_is_nowhere_to_be_seen(
    editor: Client, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pages = [
        page_save(editor, page_url(connection), api_key=WRONG_KEY),
        page_save(editor, page_url(connection), api_key=connection.api_key),
        editor.get(reverse("admin:mappings_connection_history", args=[connection.pk])),
        editor.get(reverse("admin:mappings_connection_delete", args=[connection.pk])),
        editor.get(reverse("admin:mappings_connection_changelist")),
        member_client(connection.merchant, can_edit_settings=False).get(page_url(connection)),
    ]
    texts = [page.content.decode() for page in pages]
    texts += [f"{call.request} {call.response} {call.error}" for call in ApiCall.objects.all()]
    texts += [str(stored(connection).test_result), caplog.text]
    for secret in (connection.api_key, WRONG_KEY):
        assert not [text for text in texts if secret in text]
