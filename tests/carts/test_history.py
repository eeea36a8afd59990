"""Orders that only have to be known."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from carts.ingest.history import BadHistory, orders_import_history
from carts.ingest.orders import order_ingest
from carts.ingest.records import refund_ingest
from carts.models import Order
from carts.order_data import Stage
from intake.models import Source
from intake.records import IngestOutcome
from tests.carts.records import refund_data
from tests.factories import PLACED_AT, SourceFactory, order_data

pytestmark = pytest.mark.django_db

HEADER = "order_id,email,placed_at,total,currency,stage\n"


@pytest.fixture
def source() -> Source:
    return SourceFactory(slug="tea", currency="EUR")


def lines(*rows: str) -> Iterator[str]:
    yield from (HEADER, *(f"{row}\n" for row in rows))


def test_history_sends_no_signal_then_or_later(source, signals):
    assert order_ingest(source, order_data(), history=True).outcome == IngestOutcome.CREATED
    order_ingest(source, order_data(email="new@example.com"))
    refund_ingest(source, refund_data())
    order = Order.objects.get()
    assert (order.is_history, order.email, order.version) == (True, "new@example.com", 3)
    assert order.completed_at is not None
    assert signals == []


def test_an_order_the_shop_told_is_kept(source, signals):
    order_ingest(source, order_data())
    result = order_ingest(source, order_data(email="other@example.com"), history=True)
    assert result.outcome == IngestOutcome.KEPT
    order = Order.objects.get()
    assert (order.is_history, order.email, order.version) == (False, "ada@example.com", 1)


def test_a_file(source, signals):
    report = orders_import_history(
        source,
        lines(
            "A,ada@example.com,2024-05-31T14:50:00-04:00,1234.50,USD,paid",
            '"B","bob@example.com",2024-05-31,,,',
            "",
            "C,,2024-05-31 10:00,0,,Rejected",
        ),
    )
    assert (report.imported, report.updated, report.known, report.bad) == (3, 0, 0, 0)
    orders = {order.shop_order_id: order for order in Order.objects.all()}
    assert all(order.is_history for order in orders.values())
    assert (str(orders["A"].total), orders["A"].placed_at.hour) == ("1234.5000", 18)
    assert (orders["B"].currency, orders["B"].total, orders["B"].stage) == ("EUR", None, Stage.PAID)
    assert orders["C"].completed_at is None
    assert orders["B"].order_data.email == "bob@example.com"
    assert signals == []


def test_the_columns_in_any_order_and_more_of_them(source):
    text = ["\ufeffEmail,Colour,Placed at,Order ID\n", "ada@example.com,red,2024-05-31,A\n"]
    assert orders_import_history(source, text).imported == 1
    assert Order.objects.get().email_key == "ada@example.com"


def test_a_file_again_and_a_change_in_it(source, signals):
    rows = ["A,ada@example.com,2024-05-31,5,,", "B,bob@example.com,2024-05-31,5,,"]
    orders_import_history(source, lines(*rows))
    report = orders_import_history(source, lines(rows[0], "B,new@example.com,2024-05-31,5,,"))
    assert (report.imported, report.updated, report.known) == (0, 1, 1)


def test_one_order_twice_in_a_file(source):
    report = orders_import_history(source, lines("A,a@x.com,2024-05-31,,,", "A,b@x.com,2024-06-01,,,"))
    assert (report.imported, report.updated) == (1, 1)
    assert Order.objects.get().email == "b@x.com"


def test_an_order_the_shop_told_is_left_as_it_is(source, signals):
    order_ingest(source, order_data())
    report = orders_import_history(source, lines("DEMO-1001,other@example.com,2026-11-01,,,"))
    assert report.known == 1
    assert Order.objects.get().email == "ada@example.com"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",a@x.com,2024-05-31,,,", "order_id is blank"),
        ("A" * 101 + ",a@x.com,2024-05-31,,,", "order_id is too long"),
        ("A\x00,a@x.com,2024-05-31,,,", "cannot be stored"),
        ("A,a@x.com,31.5.2024,,,", "placed_at should be a date"),
        ("A,a@x.com,0001-01-01,,,", "between the years"),
        ("A,a@x.com", "placed_at should be a date"),
        ("A,a@x.com,2024-05-31,much,,", "total should be a number"),
        ("A,a@x.com,2024-05-31,NaN,,", "total should be a number"),
        ("A,a@x.com,2024-05-31,1e30,,", "total should be a number"),
        ("A,a@x.com,2024-05-31,5,usd,", "three capital letters"),
        ("A,a@x.com,2024-05-31,5,,sold", "stage should be one of"),
        ("A" * (csv.field_size_limit() + 1), "cannot be read"),
    ],
)
def test_a_bad_row_is_told_by_its_line_and_the_rest_goes_on(source, row, sentence):
    report = orders_import_history(source, lines("B,b@x.com,2024-05-31,,,", row, "C,c@x.com,2024-05-31,,,"))
    assert (report.imported, report.bad) == (2, 1)
    assert report.problems[0].line == 3
    assert sentence in report.problems[0].sentence


@pytest.mark.parametrize("text", ["", "order_id;email;placed_at\n", "A,a@x.com,2024-05-31\n"])
def test_without_the_columns_nothing_is_imported(source, text):
    with pytest.raises(BadHistory, match="should name the columns"):
        orders_import_history(source, [text] if text else [])


def test_a_long_file_takes_few_queries_and_tells_few_problems(source, django_assert_max_num_queries):
    good = [f"A{number},a@x.com,2024-05-31,1,," for number in range(1200)]
    with django_assert_max_num_queries(60):
        report = orders_import_history(source, lines(*good, *["bad"] * 150))
    assert (report.imported, report.bad, len(report.problems)) == (1200, 150, 100)


def test_the_command(source, tmp_path: Path):
    file = tmp_path / "orders.csv"
    file.write_text("\ufeff" + "".join(lines("A,a@x.com,2024-05-31,,,", "B,b@x.com,never,,,")))
    out, err = StringIO(), StringIO()
    call_command("orders_import_history", "tea", str(file), stdout=out, stderr=err)
    assert out.getvalue() == "1 imported, 0 updated, 0 known already, 1 left out\n"
    assert err.getvalue().startswith("line 3: The placed_at")
    call_command("orders_import_history", str(source.pk), str(file), stdout=out, stderr=err)
    assert "0 imported, 0 updated, 1 known" in out.getvalue()


def test_the_command_says_what_is_wrong(source, tmp_path: Path):
    with pytest.raises(CommandError, match="no source 'nope'"):
        call_command("orders_import_history", "nope", "x.csv")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("orders_import_history", "tea", str(tmp_path / "absent.csv"))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CommandError, match="should name the columns"):
        call_command("orders_import_history", "tea", str(tmp_path / "empty.csv"))
    SourceFactory(slug="tea")
    with pytest.raises(CommandError, match="Several sources"):
        call_command("orders_import_history", "tea", "x.csv")


def test_it_is_placed_when_the_file_says(source):
    orders_import_history(source, lines(f"A,a@x.com,{PLACED_AT.isoformat()},,,"))
    assert Order.objects.get().placed_at == PLACED_AT
