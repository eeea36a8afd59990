"""Orders the CRM prices itself, against the sandbox: over each protocol, and with replies lost."""

from __future__ import annotations

import xmlrpc.client
from decimal import Decimal

import pytest

from carts.order_data import Charge, ChargeKind
from cascade.engine.replicate import replication_run
from cascade.models import JournalEntry, Replication
from cascade.services import ResendRefused, replication_resend
from mappings.access.connect import connection_resume
from tests.cascade.cart_shop import CATALOGUE, by_hand, set_up
from tests.cascade.conftest import Shop
from tests.factories import order_data

State = Replication.State
PLACE = {"xmlrpc": "OrderService.placeOrder", "rest": "POST /v2/orders", "automatic": "POST /v2/orders"}
DISCOUNT = Charge(key="discount", kind=ChargeKind.DISCOUNT, title="Spring sale", amount=Decimal(-5))
DISCOUNTED = {"charges": (*order_data().charges, DISCOUNT), "total": Decimal("51.85")}


@pytest.fixture(params=list(PLACE))
def protocol(request: pytest.FixtureRequest, shop: Shop) -> str:
    set_up(shop, request.param, creation_method="place_order")
    return request.param


def titles(shop: Shop) -> list[str]:
    return [row["JobTitle"] for row in shop.sandbox.rows("Job")]


def payments(shop: Shop) -> list[str]:
    return [row["PayAmt"] for row in shop.sandbox.rows("Payment")]


def totals(shop: Shop) -> list[tuple[str, str]]:
    return [(row["InvoiceTotal"], row["TotalDue"]) for row in shop.sandbox.rows("Invoice")]


def test_the_catalogues_products_our_lines_one_title_one_payment(shop, protocol):
    shop.sandbox.seed(MerchantAccount=[{"Name": "Shop", "Type": "Authorize", "IsTest": 1, "IsDefault": 1}])
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason
    assert titles(shop) == ["tea order DEMO-1001"]
    assert (totals(shop), payments(shop)) == ([("56.85", "0.00")], ["56.85"])
    assert len(shop.sandbox.rows("OrderItem")) == 3 + 2
    assert shop.sandbox.effects("card.charged") == []


def test_a_live_merchant_account_stops_the_order_before_the_first_write_of_it(shop, protocol):
    shop.sandbox.seed(MerchantAccount=[{"Name": "Shop", "Type": "Authorize", "IsTest": 0, "IsDefault": 1}])
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.error_class, ended.setting) == (State.FAILED, "configuration", "orders")
    assert "test mode" in ended.reason and "addBlankOrder" in ended.reason
    assert shop.sandbox.rows("Job") == [] and shop.sandbox.effects("card.charged") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2  # the contact and its tags came through


def test_a_promo_code_of_the_crm_makes_the_discount_and_we_add_none(shop, protocol):
    shop.sandbox.seed(PromoCode=[{"Code": "SPRING", "Name": "Spring sale", "Amount": 5}])
    assert shop.drive(shop.replication(**DISCOUNTED)).state == State.SUCCEEDED
    assert (totals(shop), payments(shop)) == ([("51.85", "0.00")], ["51.85"])
    assert [row["PPU"] for row in shop.sandbox.rows("OrderItem") if row["PPU"].startswith("-")] == ["-5.00"]
    assert [row["JobNotes"] for row in shop.sandbox.rows("Job")] == ["Coupons: SPRING"]


def test_a_promo_code_the_crm_does_not_know_stops_before_the_payment(shop, protocol):
    ended = shop.drive(shop.replication(**DISCOUNTED))
    assert (ended.state, ended.error_class) == (State.PARKED, "permanent")
    assert "The CRM's order is 56.85 USD, the shop's 51.85" in ended.reason
    assert (payments(shop), titles(shop)) == ([], ["tea order DEMO-1001"])
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2


def test_automatic_discounts_that_change_the_total_stop_before_the_payment(shop, protocol):
    shop.connection.place_order_specials = True
    shop.connection.save()
    shop.sandbox.seed(PromoCode=[{"Name": "Two off", "Amount": 2, "Automatic": 1}])
    ended = shop.drive(shop.replication(coupons=()))
    assert payments(shop) == []
    if protocol == "rest":
        assert (ended.state, ended.setting, titles(shop)) == (State.FAILED, "credentials", [])
        assert "automatic discounts" in ended.reason
    else:
        assert ended.state == State.PARKED
        assert "54.85 USD, the shop's 56.85" in ended.reason
        assert "Two off" in ended.reason


@pytest.mark.parametrize("by_setting", [False, True])
def test_a_price_that_is_not_the_catalogues(shop, protocol, by_setting):
    shop.connection.price_differences = by_setting
    shop.connection.save()
    line = order_data().lines[0]
    dearer = type(line)(
        key="1", item_id="BONE", title="Dog bone", quantity=Decimal(2), unit_price=Decimal("10.45")
    )
    ended = shop.drive(
        shop.replication(lines=(dearer, *order_data().lines[1:]), subtotal=None, total=Decimal("57.85"))
    )
    if by_setting:
        assert (ended.state, totals(shop), payments(shop)) == (
            State.SUCCEEDED, [("57.85", "0.00")], ["57.85"],
        )  # fmt: skip
    else:
        assert (ended.state, ended.setting) == (State.FAILED, "orders")
        assert shop.sandbox.rows("Job") == shop.sandbox.rows("Invoice") == []


def test_an_item_mapped_after_it_was_left_out_gets_its_line_and_its_payment(shop, protocol):
    set_up(shop, protocol, without="LEASH")
    first = shop.drive(shop.replication())
    assert (first.state, first.level, payments(shop)) == (State.SUCCEEDED, "error", ["38.90"])
    assert "Item LEASH was left out" in first.reason
    shop.sandbox.seed(Product=[{"ProductName": "LEASH", "ProductPrice": "17.95", "Status": 1}])
    again = shop.drive(replication_resend(first, user=None))
    assert (again.state, again.level) == (State.SUCCEEDED, "info"), again.reason
    assert (totals(shop), payments(shop)) == ([("56.85", "0.00")], ["38.90", "17.95"])
    assert titles(shop) == ["tea order DEMO-1001"]
    assert [row["JobNotes"] for row in shop.sandbox.rows("Job")] == ["Coupons: SPRING"]


@pytest.mark.parametrize("method", ["place_order", "blank_order"])
@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_product_that_is_gone_is_not_believed_in_again(shop, protocol, method):
    ids = set_up(shop, protocol, creation_method=method)
    shop.drive(shop.replication(shop_order_id="A", email="first@example.com"))
    shop.sandbox.reset()
    left = [{"Id": row_id, "ProductName": name, "ProductPrice": CATALOGUE[name], "Status": 1}
            for name, row_id in ids.items() if name != "LEASH"]  # fmt: skip
    shop.sandbox.seed(Product=left)
    shop.connection.contact_tags = ""
    shop.connection.save()
    gone = shop.drive(shop.replication(shop_order_id="B"))
    assert (gone.state, gone.error_class, payments(shop)) == (State.FAILED, "configuration", [])
    next_one = shop.drive(shop.replication(shop_order_id="C"))
    assert (next_one.state, next_one.level, payments(shop)) == (State.SUCCEEDED, "error", ["38.90"])
    assert "Item LEASH was left out" in next_one.reason


# -- a lost reply ---------------------------------------------------------------------------------------


def test_an_order_of_ours_of_the_same_products_is_not_taken_for_the_lost_one(shop, protocol):
    shop.drive(shop.replication(shop_order_id="A"))
    shop.sandbox.faults({"method": PLACE[protocol], "call": 1, "do": "drop_before"})
    assert shop.drive(shop.replication(shop_order_id="B")).state == State.SUCCEEDED
    assert (titles(shop), payments(shop)) == (
        ["tea order DEMO-1001 (A)", "tea order DEMO-1001 (B)"], ["56.85", "56.85"],
    )  # fmt: skip


@pytest.mark.parametrize("title", ["fixed", "product", "none"])
@pytest.mark.parametrize("ids", ["quantity", "lines"])
def test_a_lost_order_is_found_by_its_products_whatever_the_crm_titles_it(shop, title, ids):
    set_up(shop, "xmlrpc", creation_method="place_order")
    shop.sandbox.options(placed_order_title=title, repeated_ids=ids)
    shop.sandbox.faults({"method": PLACE["xmlrpc"], "call": 1, "do": "drop_after"})
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    assert (titles(shop), payments(shop)) == (["tea order DEMO-1001"], ["56.85"])


def test_two_orders_that_might_be_the_lost_one_are_a_persons_to_tell_apart(shop):
    ids = set_up(shop, "xmlrpc", creation_method="place_order")
    shop.sandbox.faults({"method": PLACE["xmlrpc"], "call": 1, "do": "drop_after"})
    replication = shop.replication()
    assert replication_run(replication.pk).state == State.RETRYING
    (contact,) = shop.sandbox.rows("Contact")
    pieces = [ids["BONE"]] * 2 + [ids["LEASH"]] + [ids["BOWL"]] * 4
    by_hand(shop, PLACE["xmlrpc"], contact["Id"], 0, 0, pieces, [], False, [])
    ended = shop.drive(replication)
    assert ended.state == State.PARKED
    assert "2 new orders of these products" in ended.reason
    assert JournalEntry.objects.get(step="order").state == "uncertain"
    by_hand(
        shop, "DataService.update", "Job", shop.sandbox.rows("Job")[0]["Id"],
        {"JobTitle": "tea order DEMO-1001"},
    )  # fmt: skip
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert sorted(totals(shop)) == [("45.85", "45.85"), ("56.85", "0.00")]


# -- money that moved -----------------------------------------------------------------------------------


def test_a_reply_that_shows_a_charge_pauses_the_connection_and_nothing_is_ordered_twice(shop):
    ids = set_up(shop, "xmlrpc", creation_method="place_order")
    charged = {"Successful": "true", "Message": "Approved", "RefNum": "9911", "Code": "APPROVED",
               "OrderId": str(ids["BONE"]), "InvoiceId": "1"}  # fmt: skip
    body = xmlrpc.client.dumps((charged,), methodresponse=True)
    shop.sandbox.faults(
        {"method": PLACE["xmlrpc"], "call": 1, "do": "http", "status": 200, "body": body,
         "headers": {"Content-Type": "text/xml"}, "after_effect": True}
    )  # fmt: skip
    replication = shop.replication()
    ended = replication_run(replication.pk)
    assert (ended.state, ended.setting) == (State.PARKED, "credentials")
    assert "charged a card" in ended.reason
    shop.connection.refresh_from_db()
    assert shop.connection.paused_at is not None
    assert replication_run(shop.replication(shop_order_id="B").pk) is None
    with pytest.raises(ResendRefused):
        replication_resend(ended, user=None)
    connection_resume(shop.connection)
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert titles(shop) == ["tea order DEMO-1001"]
    assert len(shop.sandbox.effects("order.created")) == 1
