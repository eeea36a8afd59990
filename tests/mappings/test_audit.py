"""What a person did stays written down, whatever page they did it on and whatever becomes of the log-in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from mappings.batch.cells import guard
from mappings.models import DirectoryRow
from tests.factories import MembershipFactory, SourceFactory, UserFactory
from tests.mappings.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return MembershipFactory(merchant=SourceFactory().connection.merchant).user


def connection_of(person: Any) -> Any:
    return person.memberships.get().merchant.connections.get()


def noted() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))


def test_exports_and_mappings_of_the_coverage_page_are_noted(person: Any) -> None:
    connection, client = connection_of(person), client_of(person)
    DirectoryRow.objects.create(
        connection=connection, kind="product", crm_id=17, name="Bone", seen_at=timezone.now()
    )
    client.get(f"/admin/mappings/connection/{connection.pk}/batch/export/")
    client.get(f"/logs/reconcile/?connection={connection.pk}&format=csv")
    client.post(f"/logs/coverage/{connection.pk}/fix/", {"item": "BONE", "product": "17"})
    client.post(f"/logs/coverage/{connection.pk}/fix/", {"undo": "1"})
    told = " ".join(noted())
    for words in (
        "Exported the mappings (csv)",
        "Exported orders",
        "Mapped BONE to product 17",
        "took back 1",
    ):
        assert words in told
    assert {entry.user_id for entry in LogEntry.objects.all()} == {person.pk}


def test_who_has_done_something_is_switched_off_not_deleted(person: Any) -> None:
    connection = connection_of(person)
    client_of(person).get(f"/admin/mappings/connection/{connection.pk}/batch/export/")
    idle, chief = UserFactory(), client_of(UserFactory(is_superuser=True))
    users = "/admin/auth/user/"
    assert chief.post(f"{users}{person.pk}/delete/", {"post": "yes"}).status_code == 403
    chief.post(
        users, {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}, follow=True
    )
    assert get_user_model().objects.filter(pk=person.pk).exists()
    assert noted()
    assert chief.post(f"{users}{idle.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not get_user_model().objects.filter(pk=idle.pk).exists()


def test_halves_of_a_credential_cannot_be_guessed_by_filters(person: Any) -> None:
    client: Client = client_of(person)
    for name in ("api_user", "basic_user", "api_secret", "token"):
        assert client.get(f"/admin/intake/source/?{name}__startswith=a").status_code == 400
    assert client.get("/admin/intake/source/?platform__exact=ultracart").status_code == 200


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠'")
def test_every_file_guards_what_a_spreadsheet_would_run(sign: str) -> None:
    text = f"{sign}=1+1" if sign == "'" else f"{sign}1+1"
    assert guard(text) == f"'{text}"
