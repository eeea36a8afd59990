"""The resend button: who may press it, and that every answer is a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from cascade.models import Replication
from intake.models import Source
from mappings.models import Connection, Membership
from tests.factories import SourceFactory, UserFactory
from tests.logs_ui.test_list import replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def resend(client: Client, row: Replication) -> Any:
    return client.post(f"/logs/{row.pk}/resend/")


def answer(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_it_starts_again_and_leads_to_the_new_replication(shop: Source, person: Any, client: Client) -> None:
    row = replication(shop, state="failed", reason="The tag is gone.")
    response = resend(client, row)
    fresh = Replication.objects.latest("pk")
    assert response.status_code == 302 and response.headers["Location"] == f"/logs/{fresh.pk}/"
    assert fresh.state == "waiting" and fresh.triggered_by_user == person
    assert "Started again" in client.get(f"/logs/{fresh.pk}/").content.decode()


def test_it_says_that_it_is_in_progress(shop: Source, client: Client) -> None:
    row = replication(shop, state="running")
    response = resend(client, row)
    assert response.headers["Location"] == f"/logs/{row.pk}/"
    assert answer(response).startswith("Not resent. It is already on its way")
    assert Replication.objects.count() == 1


def test_it_says_why_it_refuses(shop: Source, client: Client) -> None:
    row = replication(shop, state="failed")
    Connection.objects.update(paused_at=timezone.now(), paused_reason="The key was refused.")
    assert "The key was refused." in answer(resend(client, row))
    assert Replication.objects.count() == 1


def test_it_needs_the_right(shop: Source, client: Client) -> None:
    row = replication(shop, state="failed")
    Membership.objects.update(can_resend=False)
    response = resend(client, row)
    assert response.status_code == 403
    assert "You may not resend for this merchant" in response.content.decode()
    assert Replication.objects.count() == 1
    assert "/resend/" not in client.get(f"/logs/{row.pk}/").content.decode()


def test_another_merchants_is_not_there(shop: Source, client: Client) -> None:
    row = replication(SourceFactory(), state="failed")
    assert resend(client, row).status_code == 404
    assert Replication.objects.count() == 1


def test_a_superuser_may(shop: Source, browser_of: Any) -> None:
    row = replication(shop, state="failed")
    assert resend(browser_of(UserFactory(is_superuser=True)), row).status_code == 302
    assert Replication.objects.count() == 2


def test_only_post(shop: Source, client: Client) -> None:
    row = replication(shop, state="failed")
    assert client.get(f"/logs/{row.pk}/resend/").status_code == 405


def test_it_needs_the_csrf_token(shop: Source, person: Any) -> None:
    row = replication(shop, state="failed")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert resend(strict, row).status_code == 403
    assert Replication.objects.count() == 1


def test_a_lost_log_in_comes_back_to_the_page(shop: Source) -> None:
    row = replication(shop, state="failed")
    assert resend(Client(), row).headers["Location"].endswith(f"?next=/logs/{row.pk}/")


@pytest.mark.parametrize(
    ("state", "offered"), [("parked", True), ("skipped", True), ("succeeded", True), ("running", False)]
)
def test_the_button_is_there_when_it_makes_sense(
    state: str, offered: bool, shop: Source, client: Client
) -> None:
    row = replication(shop, state=state)
    assert (f'action="/logs/{row.pk}/resend/"' in client.get(f"/logs/{row.pk}/").content.decode()) is offered
