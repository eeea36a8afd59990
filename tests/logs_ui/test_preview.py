"""The preview page: what would be sent now, asked of a real stand-in of the CRM, and nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from carts.models import Order
from cascade.models import Replication
from cascade.plan import Plan, PlannedStep, PlanVerdict
from intake.models import Source
from logs_ui.preview import preview
from logs_ui.preview.preview import differences_of, steps_preview
from mappings.models import ApiCall
from tests.cascade.conftest import seed_catalogue
from tests.factories import MembershipFactory, SourceFactory
from tests.logs_ui.factories import ApiCallFactory, JournalEntryFactory
from tests.logs_ui.others import cart, cart_replication
from tests.logs_ui.test_list import replication
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]


@pytest.fixture
def crm(unlimited: Sandbox, settings: Any, shop: Source) -> Sandbox:
    """The shop's CRM, with a product for each of its items."""
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    seed_catalogue(unlimited)
    shop.connection.api_key = unlimited.key
    shop.connection.contact_tags = "Customer"
    shop.connection.save()
    return unlimited


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def url(row: Replication) -> str:
    return f"/logs/{row.pk}/preview/"


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_opening_the_page_asks_nobody(shop: Source, crm: Sandbox, client: Client) -> None:
    row = replication(shop, source=shop)
    assert "Preview now" in text_of(client.get(url(row)))
    assert not ApiCall.objects.exists()
    assert f'href="{url(row)}"' in client.get(f"/logs/{row.pk}/").content.decode()


def test_it_shows_decisions_steps_and_calls_and_writes_nothing(
    shop: Source, crm: Sandbox, client: Client
) -> None:
    row = replication(shop, source=shop, state="failed")
    text = text_of(client.post(url(row)))
    for part in (
        "Find or create the contact ada@example.com",
        "Create the order “hounds order H-1”",
        "Record the payment of 56.85 USD",
        "Apply the tag “Customer”",
        "would be sent now.",
        "Sent: the order is past payment",
        '<span class="code">upsert_contact</span>',
        "<dt>data.address1.city</dt><dd>Atlanta</dd>",
        '<span class="code">record_payment</span>',
    ):
        assert part in text
    assert crm.effects() == []
    row.refresh_from_db()
    assert (row.state, row.plan, Replication.objects.count()) == ("failed", None, 1)
    assert not row.journal.exists()


def test_what_was_sent_stands_beside_it(shop: Source, crm: Sandbox, client: Client) -> None:
    row = replication(shop, source=shop, state="succeeded")
    args = {"email": "ada@example.com", "first_name": "Adah"}
    JournalEntryFactory(replication=row, step="contact", state="done", args=args, external={"contact_id": 1})
    JournalEntryFactory(replication=row, step="tag:999", kind="apply_tag", state="done", args={"name": "Old"})
    text = text_of(client.post(url(row)))
    assert "Would be updated" in text and '<td data-label="Sent">Adah</td>' in text
    assert "Apply the tag “Old”" in text and "In the CRM, planned no more" in text


def test_what_would_stop_it_is_told_with_the_cure(shop: Source, crm: Sandbox, browser_of: Any) -> None:
    crm.reset()
    row = replication(shop, source=shop)
    editor = browser_of(MembershipFactory(merchant=shop.connection.merchant).user)
    text = text_of(editor.post(url(row)))
    assert "would end as “Failed”" in text and "#order-product" in text


def test_what_is_kept_out_by_itself_is_previewed_as_its_resend(
    shop: Source, crm: Sandbox, client: Client
) -> None:
    row = replication(shop, source=shop, state="skipped")
    shop.start_date = timezone.now()
    shop.save()
    text = text_of(client.post(url(row)))
    assert "Sent: the order is past payment" in text and "record_payment" in text
    row.state = "waiting"
    row.save()
    text = text_of(client.post(url(row)))
    assert "start date" in text and "The CRM would not be called." in text


def test_a_cart_has_a_preview_too(shop: Source, crm: Sandbox, client: Client) -> None:
    shop.connection.cart_tags = "Customer"
    shop.connection.save()
    text = text_of(client.post(url(cart_replication(cart(shop)))))
    assert "Preview of Abandoned cart C-1" in text and "Apply the tag “Customer”" in text
    assert crm.effects() == []


def test_a_crm_that_does_not_answer_is_told(shop: Source, crm: Sandbox, client: Client) -> None:
    crm.faults({"method": "*", "call": 1, "do": "http", "status": 503, "body": ""})
    text = text_of(client.post(url(replication(shop, source=shop))))
    assert "The CRM could not be asked:" in text and "Nothing was sent." in text


def test_what_waits_for_another_order_says_so(shop: Source, crm: Sandbox, client: Client) -> None:
    row = replication(shop, source=shop, state="waiting")
    Order.objects.filter(pk=row.order_id).update(view_of="S-9")
    text = text_of(client.post(url(row)))
    assert "Waits for order S-9" in text and "could not be asked" not in text


def test_a_subject_that_is_gone(shop: Source, crm: Sandbox, client: Client) -> None:
    row = replication(shop, source=shop)
    Replication.objects.update(order=None)
    assert "is no longer stored" in text_of(client.post(url(row)))


def test_too_many_previews_wait(
    shop: Source, crm: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "CALLS_PER_MINUTE", 2)
    row = replication(shop, source=shop)
    ApiCallFactory(replication=row, trace_id="preview")
    ApiCallFactory(replication=row, trace_id="preview", started_at=timezone.now() - timedelta(minutes=2))
    assert not preview.too_many(row)
    ApiCallFactory(replication=row, trace_id="preview")
    assert "Try again in a minute." in text_of(client.post(url(row)), 429)


def test_who_may_not(shop: Source, crm: Sandbox, client: Client, browser_of: Any) -> None:
    row = replication(shop, source=shop)
    reader = browser_of(
        MembershipFactory(merchant=shop.connection.merchant, can_edit_settings=False, can_resend=False).user
    )
    assert "you need the right" in text_of(reader.get(url(row)))
    assert reader.post(url(row)).status_code == 403
    other = replication(SourceFactory())
    for method in (client.get, client.post):
        assert method(url(other)).status_code == 404
    assert Client().get(url(row)).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(MembershipFactory(merchant=shop.connection.merchant).user)
    assert strict.post(url(row)).status_code == 403
    assert not ApiCall.objects.exists()


@pytest.mark.parametrize(
    ("state", "sent", "shown"),
    [
        (None, {}, "new"),
        ("planned", {"a": 1}, "new"),
        ("rejected", {"a": 1}, "new"),
        ("done", {"a": 1}, "same"),
        ("done", {"a": 2}, "differs"),
        ("unknown", {"a": 1}, "doubt"),
        ("uncertain", {"a": 1}, "doubt"),
    ],
)
def test_a_step_beside_its_entry(state: str | None, sent: Any, shown: str, shop: Source) -> None:
    row = replication(shop)
    if state:
        JournalEntryFactory(replication=row, step="x", state=state, args=sent)
    plan = Plan(steps=(PlannedStep(name="x", kind="odd", args={"a": 1}),))
    (step,) = steps_preview(plan, row.journal.all())
    assert step.state == shown
    assert bool(step.differences) == (shown == "differs")


def test_a_plan_without_steps(shop: Source) -> None:
    assert steps_preview(Plan(verdict=PlanVerdict(state="skipped", reason="Off.")), []) == []


@pytest.mark.parametrize(
    ("planned", "sent", "found"),
    [
        ({}, {}, []),
        ({"a": "x", "b": ""}, {"a": "x"}, []),
        ({"a": "x"}, {"a": "y"}, [("a", "x", "y")]),
        ({"a": {"b": "x", "c": 1}}, {"a": {"b": "y", "c": 1}}, [("a.b", "x", "y")]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, [("a", '["x", "y"]', '["x"]')]),
        ({"a": [{"b": 1}]}, {}, [("a.1.b", "1", "")]),
        ({"a": True}, {"a": None}, [("a", "true", "")]),
    ],
)
def test_differences(planned: Any, sent: Any, found: list[tuple[str, str, str]]) -> None:
    assert [(row.name, row.planned, row.sent) for row in differences_of(planned, sent)] == found
