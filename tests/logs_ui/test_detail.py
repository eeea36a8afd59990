"""One replication: headline, decisions, steps, attempts, calls, and the ways out of the page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from intake.models import InboundEvent, Source
from logs_ui.log import selectors
from logs_ui.templatetags.logs_ui import moment, money
from mappings.models import Connection
from tests.factories import OrderFactory, SourceFactory, UserFactory, order_data
from tests.logs_ui.factories import ApiCallFactory, AttemptFactory, JournalEntryFactory, ReplicationFactory
from tests.logs_ui.test_list import replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

# session, person, the row, journal, calls, right to edit, attempts, others of the order, right to resend;
# what belongs to the order: replications, parcels, refunds, carts
DETAIL_QUERIES = 13


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def text_of(client: Client, row: Any, query: str = "") -> str:
    response = client.get(f"/logs/{row.pk}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_another_merchants_replication_is_not_there(shop: Source, client: Client) -> None:
    other = replication(SourceFactory())
    call = ApiCallFactory(replication=other)
    for path in ("", f"calls/{call.pk}/"):
        assert client.get(f"/logs/{other.pk}/{path}").status_code == 404
    assert client.get("/logs/99999999999999999999/").status_code == 404


def test_it_asks_for_a_log_in(shop: Source, browser_of: Any) -> None:
    response = Client().get(f"/logs/{replication(shop).pk}/")
    assert response.status_code == 302 and "/admin/login/" in response.headers["Location"]


def test_the_headline_says_what_is_in_the_crm(shop: Source, client: Client) -> None:
    row = replication(shop, state="succeeded")
    JournalEntryFactory(replication=row, kind="upsert_contact", state="done", external={"contact_id": 7})
    JournalEntryFactory(replication=row, kind="create_order", state="done", external={"invoice_id": 1236})
    JournalEntryFactory(replication=row, kind="check_total", state="done", external={"order_id": 1234})
    args = {"amount": "42.36", "currency": "USD"}
    JournalEntryFactory(replication=row, kind="record_payment", state="done", args=args)
    assert "In the CRM: contact 7, order 1234, invoice 1236, 42.36 USD paid." in text_of(client, row)


def test_it_says_what_came_in_and_what_every_payment_comes_to(shop: Source, client: Client) -> None:
    order = OrderFactory(source=shop, order=order_data(paid_amount=Decimal(50)))
    row = ReplicationFactory(order=order, source=shop, state="succeeded")
    for step, amount in (("payment", "20.00"), ("payment:2", "30.00")):
        JournalEntryFactory(
            replication=row,
            step=step,
            kind="record_payment",
            state="done",
            args={"amount": amount, "currency": "USD"},
        )
    text = text_of(client, row)
    assert "In the CRM: 50.00 USD paid." in text
    assert "<dt>Paid in the shop</dt><dd>50.00 USD, 6.85 outstanding</dd>" in text


def test_the_headline_says_why_it_is_not(shop: Source, client: Client) -> None:
    row = replication(shop, state="parked", reason="The total differs by 1.30.", error_class="permanent")
    JournalEntryFactory(replication=row, kind="create_order", state="done", external={"order_id": 1234})
    JournalEntryFactory(replication=row, kind="record_payment", state="planned", args={"amount": "9"})
    text = text_of(client, row)
    assert '<p class="sentence">The total differs by 1.30.</p>' in text
    assert "Already in the CRM: order 1234." in text


def test_decisions_are_shown_whatever_their_shape(shop: Source, client: Client) -> None:
    plan = {
        "decisions": [
            {"level": "info", "text": "Sent: past payment."},
            {"level": "error", "text": "Tag VIP is not in the CRM."},
            {"level": "loud", "text": "Odd level."},
            "Only a sentence.",
        ]
    }
    text = text_of(client, replication(shop, state="succeeded", plan=plan))
    for part in ("Sent: past payment.", "<strong>Error:</strong> Tag VIP", "Odd level.", "Only a sentence."):
        assert part in text


@pytest.mark.parametrize("plan", [None, {}, {"decisions": None}, []])
def test_no_plan_is_explained(plan: Any, shop: Source, client: Client) -> None:
    row = replication(shop, state="waiting", plan=plan)
    assert "they are made when a worker takes the order up" in text_of(client, row)
    row = replication(shop, "H-2", state="failed", plan=plan, reason="The key was refused.")
    assert "it ended before a plan was. The key was refused." in " ".join(text_of(client, row).split())


def test_steps_are_told_in_their_order(shop: Source, client: Client) -> None:
    row = replication(shop, state="parked")
    JournalEntryFactory(replication=row, kind="apply_tag", position=2, args={"name": "VIP"})
    JournalEntryFactory(
        replication=row,
        kind="record_payment",
        position=1,
        state="uncertain",
        args={"amount": "42.36"},
        note="Two payments match.",
        sends=2,
        clean_probes=1,
        send_began_at=timezone.now(),
    )
    other = ReplicationFactory(order=row.order, state="succeeded")  # the journal outlives replications
    JournalEntryFactory(replication=other, kind="upsert_contact", position=0, state="done", result="created")
    text = text_of(client, row)
    titles = ["Find or create the contact", "Record the payment of 42.36", "Apply the tag “VIP”"]
    assert sorted(titles, key=text.index) == titles
    for part in ("Two payments match.", "sent 2 times", "looked up 1 time, not found", "Uncertain"):
        assert part in text


def test_attempts_show_the_newest_first_and_hide_detail(shop: Source, client: Client) -> None:
    row = replication(shop, state="parked", attempts=2)
    AttemptFactory(replication=row, number=1, outcome="retrying", message="No answer.", detail="ReadTimeout")
    AttemptFactory(replication=row, number=2, outcome="parked", error_class="internal", message="Ours.")
    text = text_of(client, row)
    assert text.index("Attempt 2") < text.index("Attempt 1")
    assert "<details><summary>Detail for engineers</summary>" in text
    assert "An error on our side" in text and "840 ms" in text


def test_calls_are_grouped_by_attempt_and_cut(shop: Source, client: Client) -> None:
    row = replication(shop, state="succeeded")
    JournalEntryFactory(replication=row, step="contact", kind="upsert_contact", args={"email": "a@b.example"})
    ApiCallFactory(
        replication=row, attempt=1, error="Read timed out.", error_class="unknown", http_status=None
    )
    call = ApiCallFactory(replication=row, attempt=2, request="r" * 1500, duration_ms=30_004)
    ApiCallFactory(method="OtherService.other")
    text = text_of(client, row)
    for part in ("<h3>Attempt 1</h3>", "<h3>Attempt 2</h3>", "no reply", "Read timed out.", "30.0 s"):
        assert part in text
    assert "Find or create the contact a@b.example" in text
    assert "OtherService" not in text
    assert "r" * 1000 in text and "r" * 1001 not in text
    assert "Show all 1500 characters" in text
    full = client.get(f"/logs/{row.pk}/calls/{call.pk}/").content.decode()
    assert "r" * 1500 in full


def test_earlier_calls_are_on_a_page_of_their_own(
    shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "CALL_ROWS", 2)
    row = replication(shop, state="succeeded")
    for number in range(3):
        ApiCallFactory(replication=row, method=f"Service.call{number}")
    response = client.get(f"/logs/{row.pk}/")
    methods = [call.row.method for group in response.context["call_groups"] for call in group.calls]
    assert methods == ["Service.call1", "Service.call2"]
    earlier = text_of(client, row, f"?calls_before={response.context['older_calls']}")
    assert "Service.call0" in earlier and "Service.call1" not in earlier
    assert "Show earlier calls" not in earlier


def test_a_call_of_another_replication_is_not_there(shop: Source, client: Client) -> None:
    row, other = replication(shop), replication(shop, "H-2")
    call = ApiCallFactory(replication=other)
    assert client.get(f"/logs/{row.pk}/calls/{call.pk}/").status_code == 404


def test_other_replications_of_the_order_are_linked(shop: Source, client: Client) -> None:
    row = replication(shop, state="succeeded")
    older = ReplicationFactory(order=row.order, state="skipped", reason="Superseded by a newer one.")
    text = text_of(client, row)
    assert f'href="/logs/{older.pk}/"' in text and "Superseded by a newer one." in text


@pytest.mark.parametrize("rows", [1, 30])
def test_the_query_count_is_fixed(
    rows: int, shop: Source, client: Client, django_assert_num_queries: Any
) -> None:
    row = replication(shop, state="parked")
    for number in range(rows):
        JournalEntryFactory(replication=row)
        AttemptFactory(replication=row, number=number + 1)
        ApiCallFactory(replication=row, attempt=number)
        ReplicationFactory(order=row.order, state="skipped")
    with django_assert_num_queries(DETAIL_QUERIES):
        text_of(client, row)


def test_a_paused_connection_is_told(shop: Source, client: Client) -> None:
    row = replication(shop, state="waiting")
    Connection.objects.update(paused_at=timezone.now(), paused_reason="")
    assert "The connection is paused: no reason is noted." in text_of(client, row)


def test_the_raw_event_is_linked_for_who_may_see_it(shop: Source, browser_of: Any) -> None:
    if not admin.site.is_registered(InboundEvent):
        pytest.skip("The inbound events have no admin page.")
    row = replication(shop)
    row.order.event = InboundEvent.objects.create(source=shop, channel="webhook", body=b"{}")
    row.order.save()
    link = f"/admin/intake/inboundevent/{row.order.event.pk}/change/"
    assert link in text_of(browser_of(UserFactory(is_superuser=True)), row)


def test_text_of_the_shop_is_text(shop: Source, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    row = replication(
        shop, evil, state="parked", reason=evil, plan={"decisions": [{"level": "info", "text": evil}]}
    )
    JournalEntryFactory(replication=row, kind="add_line", args={"title": evil}, note=evil)
    AttemptFactory(replication=row, message=evil, detail=evil, worker=evil)
    call = ApiCallFactory(replication=row, request=evil, response=evil, error=evil, method=evil)
    for text in (text_of(client, row), client.get(f"/logs/{row.pk}/calls/{call.pk}/").content.decode()):
        assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


def test_a_replication_without_an_order_has_a_page(shop: Source, client: Client) -> None:
    row = ReplicationFactory(
        order=None, connection=shop.connection, subject_key="hounds/cart/7", contact_key="a"
    )
    assert "hounds/cart/7" in text_of(client, row)
    assert "hounds/cart/7" in client.get("/logs/").content.decode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [("56.8500", "56.85"), ("1234.5", "1,234.50"), ("500", "500.00"), ("0.0125", "0.0125"), ("0", "0.00")],
)
def test_money(value: str, shown: str) -> None:
    assert money(Decimal(value)) == shown


def test_no_moment_is_a_dash() -> None:
    assert moment(None) == "–"


@pytest.mark.parametrize(
    ("protocol", "name"), [("xmlrpc", "XML-RPC"), ("rest_v1", "REST v1"), ("rest_v2", "REST v2")]
)
def test_each_call_names_its_protocol(protocol: str, name: str, shop: Source, client: Client) -> None:
    row = replication(shop, state="succeeded")
    call = ApiCallFactory(replication=row, protocol=protocol)
    assert f'<span class="tag">{name}</span>' in text_of(client, row)
    assert name in client.get(f"/logs/{row.pk}/calls/{call.pk}/").content.decode()


def test_what_went_with_the_order_is_a_remark(shop: Source, client: Client) -> None:
    row = replication(shop, state="succeeded")
    JournalEntryFactory(
        replication=row, kind="add_line", state="done", result="created", note="Sent together with the order."
    )
    text = text_of(client, row)
    assert " · Sent together with the order</p>" in text and "step-note" not in text
