"""By what an item finds its CRM product: its name, then, where they are on, its SKU and its title."""

from __future__ import annotations

import pytest

from cascade.engine.replicate import replication_run
from cascade.models import Replication
from cascade.services import replication_resend
from tests.cascade.conftest import Shop

State = Replication.State


@pytest.fixture(params=["xmlrpc", "rest"])
def switched(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    """BONE is a product of that name, LEASH the SKU of one, Bowl the name of one that is the line's title."""
    shop.connection.protocol = request.param
    shop.connection.save()
    shop.sandbox.reset()
    shop.sandbox.seed(
        ContactGroup=[{"GroupName": "Customer"}, {"GroupName": "Dog owner"}],
        Product=[
            {"Id": 31, "ProductName": "BONE", "Sku": "LEASH-OLD", "Status": 1},
            {"Id": 32, "ProductName": "A long leash", "Sku": "LEASH", "Status": 1},
            {"Id": 33, "ProductName": "Bowl", "Sku": "B-1", "Status": 1},
        ],
    )
    return shop


def sold(shop: Shop) -> set[int]:
    return {row["ProductId"] for row in shop.sandbox.rows("OrderItem")} - {0}


def test_without_the_switches_the_name_alone_counts(switched):
    ended = switched.drive(switched.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "error")
    assert sold(switched) == {31}
    assert "no CRM product has exactly this name. Map it" in ended.reason


@pytest.mark.parametrize(
    ("by_sku", "by_title", "found"),
    [(True, False, {31, 32}), (False, True, {31, 33}), (True, True, {31, 32, 33})],
)
def test_each_switch_is_a_rung_of_its_own(switched, by_sku, by_title, found):
    switched.connection.products_by_sku, switched.connection.products_by_title = by_sku, by_title
    switched.connection.save()
    ended = switched.drive(switched.replication())
    assert ended.state == State.SUCCEEDED, ended.reason
    assert sold(switched) == found
    if found == {31, 32}:
        assert "exactly this name or SKU. Map it" in ended.reason


def test_switched_on_later_a_resend_adds_what_was_left_out(switched):
    ended = switched.drive(switched.replication())
    switched.connection.products_by_sku = switched.connection.products_by_title = True
    switched.connection.save()
    assert switched.drive(replication_resend(ended, user=None)).level == "info"
    assert sold(switched) == {31, 32, 33}
    (invoice,) = switched.sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (56.85, 0.0)


# -- products that are made -------------------------------------------------------------------------------

REFUSED = {"do": "fault", "code": 4, "text": "[InvalidParameter]No such product"}
WRITE = {"xmlrpc": "DataService.add", "rest": "POST /v2/products"}


@pytest.fixture
def maker(switched: Shop) -> Shop:
    switched.connection.create_products = True
    switched.connection.save()
    return switched


def products(shop: Shop) -> list[tuple[str, str, float]]:
    rows = shop.sandbox.rows("Product")[3:]
    return sorted((row["ProductName"], row["Sku"], float(row["ProductPrice"])) for row in rows)


MADE = [("BOWL", "BOWL", 2.0), ("LEASH", "LEASH", 17.95)]


def assert_whole(shop: Shop, orders: int = 1) -> None:
    assert len(sold(shop)) == 3
    due = [(float(row["InvoiceTotal"]), float(row["TotalDue"])) for row in shop.sandbox.rows("Invoice")]
    assert due == [(56.85, 0.0)] * orders
    assert len(shop.sandbox.rows("Payment")) == orders


def test_what_is_missing_is_made_before_the_order_and_found_from_then_on(maker):
    ended = maker.drive(maker.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason
    assert products(maker) == MADE
    assert_whole(maker)
    assert len(maker.sandbox.rows("ContactGroupAssign")) == 2
    assert maker.drive(maker.replication(shop_order_id="B", number="B")).level == "info"
    assert products(maker) == MADE


def test_with_the_sku_as_a_rung_a_made_product_is_called_like_the_line(maker):
    maker.connection.products_by_sku = True
    maker.connection.save()
    assert maker.drive(maker.replication()).level == "info"
    assert products(maker) == [("Bowl", "BOWL", 2.0)]
    assert_whole(maker)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_reply_makes_no_second_product(maker, fault):
    maker.sandbox.faults({"method": WRITE[maker.connection.protocol], "call": 1, "do": fault})
    assert maker.drive(maker.replication()).state == State.SUCCEEDED
    assert products(maker) == MADE
    assert_whole(maker)


@pytest.mark.django_db(transaction=True)
def test_two_orders_at_once_make_one_product(maker):
    """The second comes by while the first one's request is on its way, and waits for its end."""
    first = maker.replication()
    second = maker.replication(shop_order_id="B", number="B", email="bob@example.com")
    seen = []

    def come_by(moment: str) -> None:
        if moment == "before create_product" and not seen:
            seen.append(replication_run(second.pk).state)

    assert maker.drive(first, watch=come_by).state == State.SUCCEEDED
    assert seen and seen[0] in (State.WAITING, State.RETRYING)
    assert maker.drive(second).state == State.SUCCEEDED
    assert products(maker) == MADE
    assert_whole(maker, orders=2)


def test_what_another_order_just_made_is_not_made_again_though_look_ups_do_not_show_it(maker):
    first = maker.replication()
    second = maker.replication(shop_order_id="B", number="B", email="bob@example.com")
    seen = []

    def come_by(moment: str) -> None:
        if moment == "before create_product" and not seen:
            maker.sandbox.options(read_lag_seconds=30)
            seen.append(replication_run(second.pk).state)  # is planned, and waits for the first product
        if moment == "before create_order" and len(seen) == 1:
            Replication.objects.filter(pk=second.pk).update(not_before=None)
            seen.append(replication_run(second.pk).state)
            maker.sandbox.options(read_lag_seconds=0)

    ended = maker.drive(first, watch=come_by)
    assert ended.state == State.SUCCEEDED, ended.reason
    assert len(seen) == 2
    assert maker.drive(second).state == State.SUCCEEDED
    assert products(maker) == MADE
    assert_whole(maker, orders=2)


def test_a_product_the_crm_refuses_leaves_the_line_out_and_the_contact_gets_its_tags(maker):
    method = WRITE[maker.connection.protocol]
    body = '{"code": 400, "message": "No such product", "status": "INVALID_ARGUMENT"}'
    refusal = {"do": "http", "status": 400, "body": body} if method.startswith("POST") else REFUSED
    maker.sandbox.faults({"method": method, "times": 0, **refusal})
    ended = maker.drive(maker.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "error")
    assert sold(maker) == {31}
    assert len(maker.sandbox.rows("ContactGroupAssign")) == 2
    maker.sandbox.clear_faults()
    assert maker.drive(replication_resend(ended, user=None)).level == "info"
    assert products(maker) == MADE
