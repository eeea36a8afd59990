"""Reconcile: what is missing in the CRM, whose money differs, what was cancelled since, and the CSV of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from carts.models import Order
from carts.order_data import MoneyState, Stage
from cascade.models import Replication
from intake.models import Source
from logs_ui.reconcile import reconcile, reconcile_rows, views
from tests.factories import MembershipFactory, OrderFactory, SourceFactory, order_data
from tests.logs_ui.factories import JournalEntryFactory, ReplicationFactory
from tests.logs_ui.others import cart, cart_replication, refund, shipment_replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

URL = "/logs/reconcile/"
# session, person, connections, shops, rows, totals
QUERIES = 6


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def placed(source: Source, number: str, **values: Any) -> Order:
    is_history = values.pop("is_history", False)
    values = {"shop_order_id": number, "number": number, "placed_at": timezone.now(), **values}
    return OrderFactory(source=source, order=order_data(**values), is_history=is_history)


def sent(order: Order, expected: str = "56.85", *payments: str, **values: Any) -> Replication:
    """A replication whose order is in the CRM over `expected`, with the payments recorded."""
    row = ReplicationFactory(order=order, source=order.source, **{"state": "succeeded", **values})
    left_out = {"title": "hounds order", "left_out": values.get("left_out", [])}
    JournalEntryFactory(replication=row, kind="create_order", state="done", args=left_out)
    JournalEntryFactory(replication=row, kind="check_total", state="done", args={"expected": expected})
    for amount in payments or (expected,):
        JournalEntryFactory(replication=row, kind="record_payment", state="done", args={"amount": amount})
    return row


def scope(source: Source, **values: Any) -> reconcile.Scope:
    now = timezone.now()
    period = {"placed_from": now - timedelta(days=30), "placed_before": now + timedelta(days=1)}
    return reconcile.Scope(connection=source.connection, **{**period, **values})


def numbers(source: Source, finding: str, **values: Any) -> list[str]:
    return [order.number for order in reconcile.found_orders(scope(source, **values), finding).order_by("pk")]


def text_of(client: Client, query: str = "") -> str:
    response = client.get(URL + query)
    assert response.status_code == 200
    return response.content.decode()


def test_missing_is_what_should_be_there(shop: Source) -> None:
    placed(shop, "NEVER")
    ReplicationFactory(order=placed(shop, "FAILED"), state="failed", reason="No product.")
    ReplicationFactory(order=placed(shop, "WAITS"))
    ReplicationFactory(order=placed(shop, "SKIPPED"), state="skipped", reason="Test orders are skipped.")
    ReplicationFactory(order=placed(shop, "CONTACT-ONLY"), state="succeeded")
    sent(placed(shop, "SENT"))
    resent = placed(shop, "RESENT")
    sent(resent)
    ReplicationFactory(order=resent, state="failed", reason="A tag is gone.")
    placed(shop, "UNPAID", stage=Stage.UNPAID)
    placed(shop, "REJECTED", stage=Stage.REJECTED)
    placed(shop, "HISTORY", is_history=True)
    placed(shop, "OLD", placed_at=timezone.now() - timedelta(days=40))
    placed(SourceFactory(), "OTHER")
    assert numbers(shop, "missing") == ["NEVER", "FAILED", "WAITS"]
    assert numbers(shop, "skipped") == ["SKIPPED"]


def test_money_that_is_not_what_was_sent(shop: Source) -> None:
    sent(placed(shop, "EQUAL"))
    sent(placed(shop, "CENT", total=Decimal("56.86")))
    sent(placed(shop, "TWO-PAYMENTS"), "56.85", "50.00", "6.85")
    sent(placed(shop, "UNPAID"), "56.85", "50.00")
    refund(sent(placed(shop, "REFUNDED")).order, "6.85")
    sent(placed(shop, "REFUND-TOLD", refunded_total=Decimal("10")))
    sent(placed(shop, "REJECTED", stage=Stage.REJECTED), "50")
    on_account = sent(placed(shop, "ON-ACCOUNT", money=MoneyState.ON_ACCOUNT))
    on_account.journal.filter(kind="record_payment").delete()
    ReplicationFactory(order=placed(shop, "NOT-SENT"), state="failed")
    assert numbers(shop, "money") == ["CENT", "UNPAID", "REFUNDED", "REFUND-TOLD"]
    rows = {order.number: order for order in reconcile.found_orders(scope(shop), "money")}
    assert reconcile.cents(rows["CENT"].difference) == Decimal("0.01")
    assert reconcile.cents(rows["REFUNDED"].difference) == Decimal("-6.85")
    assert reconcile.cents(rows["UNPAID"].paid) == Decimal("50")
    assert reconcile.cents(rows["REFUND-TOLD"].refunded) == Decimal("10")


def test_what_came_in_is_what_is_to_be_paid(shop: Source) -> None:
    def part(number: str, *payments: str, paid_amount: str = "50") -> None:
        row = sent(placed(shop, number, paid_amount=Decimal(paid_amount)), "56.85", *(payments or ("0",)))
        if not payments:
            row.journal.filter(kind="record_payment").delete()

    part("RIGHT", "20.00", "30.00")
    part("LESS", "20.00")
    part("MORE", "56.85")
    part("NONE")
    part("MORE-THAN-ASKED", "56.85", paid_amount="60")
    placed(shop, "ON-ACCOUNT", money=MoneyState.ON_ACCOUNT)
    shop.connection.part_payments = "send"
    assert numbers(shop, "money") == ["LESS", "MORE", "NONE"]
    shop.connection.part_payments = "wait"
    assert numbers(shop, "money") == ["MORE"]
    (totals,) = reconcile.totals_of(scope(shop))
    assert totals.outstanding == 4 * Decimal("6.85") + Decimal("56.85")


def test_a_resend_with_a_second_payment_counts_once_each(shop: Source) -> None:
    row = sent(placed(shop, "ADDED"), "40.00", "40.00")
    again = ReplicationFactory(order=row.order, state="succeeded")
    JournalEntryFactory(replication=again, kind="check_total", state="done", args={"expected": "56.85"})
    JournalEntryFactory(replication=again, kind="record_payment", state="done", args={"amount": "16.85"})
    row.journal.filter(kind="check_total").delete()
    assert numbers(shop, "money") == []


def test_cancelled_after_sending(shop: Source) -> None:
    sent(placed(shop, "CANCELLED", stage=Stage.REJECTED))
    placed(shop, "NEVER-SENT", stage=Stage.REJECTED)
    sent(placed(shop, "FINE"))
    assert numbers(shop, "cancelled") == ["CANCELLED"]


def test_carts_and_shipments_that_need_a_person(shop: Source, client: Client) -> None:
    parked = cart_replication(cart(shop), state="parked", reason="No e-mail.")
    order = placed(shop, "H-1")
    failed = shipment_replication(order, state="failed", reason="The field _Tracking is gone.")
    cart_replication(cart(shop, "C-2"), state="succeeded")
    ReplicationFactory(order=order, state="parked")
    assert [row.pk for row in reconcile.found_others(scope(shop)).order_by("pk")] == [parked.pk, failed.pk]
    text = text_of(client, "?finding=parked")
    for part in ("Abandoned cart C-1", "No e-mail.", "Shipment of order H-1", "The field _Tracking is gone."):
        assert part in text


def test_a_shipments_journal_is_not_its_orders(shop: Source) -> None:
    order = placed(shop, "H-1")
    JournalEntryFactory(
        replication=shipment_replication(order, state="succeeded"), kind="create_order", state="done"
    )
    assert numbers(shop, "missing") == ["H-1"]


def test_totals_by_currency(shop: Source) -> None:
    sent(placed(shop, "A"))
    refund(sent(placed(shop, "B"), "50.00").order, "6.85")
    placed(shop, "C")
    sent(placed(shop, "D", currency="EUR", total=Decimal("10")), "10")
    placed(shop, "E", stage=Stage.REJECTED)
    dollars, euros = reconcile.totals_of(scope(shop))
    assert (dollars.currency, dollars.orders, dollars.in_crm) == ("USD", 3, 2)
    assert (dollars.shop, dollars.sent, dollars.paid, dollars.refunded) == (
        Decimal("170.55"),
        Decimal("106.85"),
        Decimal("106.85"),
        Decimal("6.85"),
    )
    assert dollars.difference == Decimal("63.70")
    assert (euros.currency, euros.difference) == ("EUR", 0)


def test_one_shop_alone(shop: Source, client: Client) -> None:
    second = SourceFactory(connection=shop.connection)
    placed(shop, "MINE")
    placed(second, "SECOND")
    assert numbers(shop, "missing", source_id=second.pk) == ["SECOND"]
    text = text_of(client, f"?source={second.pk}")
    assert "SECOND" in text and "MINE" not in text


def test_the_page_says_state_reason_and_what_to_do(shop: Source, client: Client) -> None:
    order = placed(shop, "H-1")
    row = ReplicationFactory(
        order=order, state="failed", reason="BONE has no product.", error_class="configuration"
    )
    text = text_of(client)
    for part in ("BONE has no product.", "Correct the setting, then resend.", "56.85 USD", "ada@example.com"):
        assert part in text
    assert f'<a class="order" href="/logs/{row.pk}/">H-1</a>' in text


def test_what_the_difference_comes_from(shop: Source, client: Client) -> None:
    row = sent(placed(shop, "H-1"), "46.85", "40")
    row.journal.filter(kind="create_order").update(args={"left_out": ["BOWL", "TOY"]})
    refund(row.order, "1")
    text = text_of(client, "?finding=money")
    assert "The shop refunded part or all of it. Sent without BOWL, TOY." in text
    assert "What is paid in the CRM is not what came in." in text
    sent(placed(shop, "H-2", total=Decimal("60")))
    assert "The shop&#x27;s total changed after it was sent" in text_of(client, "?finding=money")


@pytest.mark.parametrize("finding", list(reconcile.FINDINGS))
def test_nothing_to_show_is_said(finding: str, shop: Source, client: Client) -> None:
    text = text_of(client, f"?finding={finding}")
    assert "Nothing here" in text and "No order past payment was placed" in text


def test_someone_without_a_merchant_is_told_so(shop: Source, browser_of: Any) -> None:
    from tests.factories import UserFactory

    assert "No merchant yet" in text_of(browser_of(UserFactory()))


def test_wrong_values_are_named_and_ignored(shop: Source, client: Client) -> None:
    placed(shop, "H-1")
    other = SourceFactory()
    text = text_of(client, f"?connection={other.connection_id}&since=soon&finding=all&before=x")
    assert "H-1" in text and "Enter a valid date." in text
    assert "The period ends before it begins." in text_of(client, "?since=2026-03-02&until=2026-03-01")
    assert text_of(client, "?since=0001-01-01&until=9999-12-31")


def test_another_merchants_orders_are_not_there(shop: Source, client: Client) -> None:
    other = SourceFactory()
    placed(other, "OTHER-1")
    query = f"?connection={other.connection_id}"
    assert "OTHER-1" not in text_of(client, query)
    assert b"OTHER-1" not in b"".join(client.get(f"{URL}{query}&format=csv").streaming_content)
    assert Client().get(URL).status_code == 302
    member = MembershipFactory(merchant=other.connection.merchant)
    client.force_login(member.user)
    assert "OTHER-1" in text_of(client, query)


def test_pages(shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PAGE_ROWS", 2)
    for number in range(3):
        placed(shop, f"H-{number}")
    first = client.get(URL)
    assert [row.label for row in first.context["rows"]] == ["H-2", "H-1"]
    second = client.get(URL + first.context["older"])
    assert [row.label for row in second.context["rows"]] == ["H-0"] and not second.context["older"]


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize(("finding", "more"), [("missing", 0), ("money", 1), ("cancelled", 0), ("parked", 0)])
def test_the_query_count_is_fixed(
    finding: str, more: int, number: int, shop: Source, client: Client, django_assert_num_queries: Any
) -> None:
    for index in range(number):
        stage = Stage.REJECTED if finding == "cancelled" else Stage.PAID
        order = placed(shop, f"H-{index}", stage=stage)
        if finding in ("money", "cancelled"):
            sent(order, "50")
        if finding == "parked":
            shipment_replication(order, state="parked")
            cart_replication(cart(shop, f"C-{index}"), state="parked")
    with django_assert_num_queries(QUERIES + more):
        text = text_of(client, f"?finding={finding}")
    assert text.count('class="order"') == min(number * (2 if finding == "parked" else 1), 50)


def read_csv(client: Client, query: str) -> list[dict[str, str]]:
    response = client.get(f"{URL}{query}&format=csv")
    assert response.status_code == 200 and response.streaming
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join(response.streaming_content).decode()
    assert body.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(body[1:])))


def test_the_csv_has_every_row(shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_rows, "LEFT_OUT_CHUNK", 2)
    monkeypatch.setattr(views, "PAGE_ROWS", 1)
    for number in range(5):
        sent(placed(shop, f"H-{number}"), "50")
    rows = read_csv(client, "?finding=money")
    assert [row["number"] for row in rows] == [f"H-{number}" for number in (4, 3, 2, 1, 0)]
    assert (rows[0]["shop_total"], rows[0]["sent"], rows[0]["difference"]) == ("56.85", "50.00", "6.85")
    assert len(read_csv(client, "?finding=parked")) == 0


def test_a_cell_is_never_a_formula(shop: Source, client: Client) -> None:
    placed(shop, "=1+1", email="@sum(a1)@example.com")
    (row,) = read_csv(client, "?finding=missing")
    assert row["number"] == "'=1+1" and row["email"].startswith("'@")
    sent(placed(shop, "H-1"), "60")
    assert read_csv(client, "?finding=money")[0]["difference"] == "-3.15"


def test_chunks_are_bounded(shop: Source, django_assert_num_queries: Any) -> None:
    for number in range(5):
        placed(shop, f"H-{number}")
    found = reconcile.found_orders(scope(shop), "missing")
    with django_assert_num_queries(3):
        assert len(list(reconcile.in_chunks(found, size=2))) == 5


def test_the_periods_days_are_whole(shop: Source, client: Client) -> None:
    at = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    placed(shop, "LATE", placed_at=at)
    placed(shop, "NEXT", placed_at=at + timedelta(minutes=2))
    text = text_of(client, "?since=2026-03-02&until=2026-03-02")
    assert "LATE" in text and "NEXT" not in text
    assert replace(scope(shop), source_id=0).orders.count() == 0
