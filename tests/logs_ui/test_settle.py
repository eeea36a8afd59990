"""A step in doubt: a person looks in the CRM, says what became of it, and the order goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cascade.models import JournalEntry, Replication
from intake.models import Source
from mappings.models import Membership
from tests.factories import SourceFactory
from tests.logs_ui.factories import JournalEntryFactory
from tests.logs_ui.test_list import replication
from tests.logs_ui.test_resend import answer

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

UNCERTAIN = JournalEntry.State.UNCERTAIN


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def in_doubt(source: Source, **values: Any) -> JournalEntry:
    row = replication(source, state="parked", error_class="unknown")
    goal = {"integration": "shop", "call_name": "bought"}
    values = {"kind": "achieve_goal", "state": UNCERTAIN, "args": goal, **values}
    return JournalEntryFactory(replication=row, **values)


def settle(client: Client, entry: JournalEntry, word: str) -> Any:
    return client.post(f"/logs/{entry.replication_id}/steps/{entry.pk}/", {"answer": word})


@pytest.mark.parametrize(("word", "state"), [("happened", "done"), ("again", "planned")])
def test_a_persons_word_is_taken_and_the_order_goes_on(
    word: str, state: str, shop: Source, client: Client, person: Any
) -> None:
    entry = in_doubt(shop)
    page = client.get(f"/logs/{entry.replication_id}/").content.decode()
    assert "It happened" in page and "It did not: send it again" in page
    response = settle(client, entry, word)
    fresh = Replication.objects.latest("pk")
    assert response.headers["Location"] == f"/logs/{fresh.pk}/" and fresh.state == "waiting"
    entry.refresh_from_db()
    assert entry.state == state and person.get_username() in entry.note


def test_a_second_word_changes_nothing(shop: Source, client: Client) -> None:
    entry = in_doubt(shop)
    settle(client, entry, "happened")
    response = settle(client, entry, "again")
    assert "Not changed." in answer(response)
    entry.refresh_from_db()
    assert entry.state == "done"
    assert Replication.objects.count() == 2


@pytest.mark.parametrize(
    "values", [{"kind": "record_payment"}, {"state": "done"}, {"state": "unknown"}], ids=lambda v: str(v)
)
def test_what_the_crm_can_show_is_not_a_persons_to_settle(
    values: dict[str, str], shop: Source, client: Client
) -> None:
    entry = in_doubt(shop, **values)
    assert "It happened" not in client.get(f"/logs/{entry.replication_id}/").content.decode()
    settle(client, entry, "happened")
    before = entry.state
    entry.refresh_from_db()
    assert entry.state == before


def test_it_needs_the_right_and_a_post(shop: Source, client: Client) -> None:
    entry = in_doubt(shop)
    assert client.get(f"/logs/{entry.replication_id}/steps/{entry.pk}/").status_code == 405
    Membership.objects.update(can_resend=False)
    assert settle(client, entry, "happened").status_code == 403
    entry.refresh_from_db()
    assert entry.state == UNCERTAIN


def test_another_merchants_step_is_not_there(shop: Source, client: Client) -> None:
    foreign = in_doubt(SourceFactory())
    assert settle(client, foreign, "happened").status_code == 404
    own = replication(shop, state="parked")
    client.post(f"/logs/{own.pk}/steps/{foreign.pk}/", {"answer": "happened"})
    foreign.refresh_from_db()
    assert foreign.state == UNCERTAIN


def test_the_page_says_what_to_do_first(shop: Source, client: Client) -> None:
    entry = in_doubt(shop)
    contact = {"kind": "upsert_contact", "state": "done", "external": {"contact_id": 4711}}
    JournalEntryFactory(replication=entry.replication, **contact)
    text = " ".join(client.get(f"/logs/{entry.replication_id}/").content.decode().split())
    for part in (
        "Do this first",
        'Open the contact <strong>ada@example.com</strong> (contact <span class="code">4711</span>)',
        "See there whether the campaign went on from the goal shop/bought.",
        f'href="#doubt-{entry.pk}"',
        '<button class="button">Resend</button>',
    ):
        assert part in text
    assert "Look in the CRM whether it is there" not in text


def test_who_may_not_answer_is_told_who_can(shop: Source, client: Client) -> None:
    entry = in_doubt(shop)
    Membership.objects.update(can_resend=False)
    text = client.get(f"/logs/{entry.replication_id}/").content.decode()
    assert "Do this first" in text and "It happened</button>" not in text
    assert "tell someone with the right “Resend”" in text
