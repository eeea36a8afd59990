"""A resend looks whether what the journal calls done is still in the CRM; a change starts nothing new."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import refund_ingest
from carts.record_data import RefundData
from cascade.models import Replication
from cascade.services import replication_resend
from tests.cascade.cart_shop import by_hand, set_up
from tests.cascade.conftest import Shop
from tests.factories import PLACED_AT, UserFactory, order_data

State = Replication.State
LATER = PLACED_AT + timedelta(days=200)


def delete_order(shop: Shop) -> None:
    (invoice,) = shop.sandbox.rows("Invoice")
    by_hand(shop, "InvoiceService.deleteInvoice", invoice["Id"])
    assert shop.sandbox.rows("Invoice") == []


MODES = [(protocol, "blank_order") for protocol in ("xmlrpc", "rest", "automatic")]
MODES.append(("xmlrpc", "place_order"))


@pytest.mark.parametrize(("protocol", "method"), MODES)
def test_an_order_deleted_in_the_crm_is_made_anew_once(shop: Shop, protocol: str, method: str) -> None:
    set_up(shop, protocol, creation_method=method)
    done = shop.drive(shop.replication())
    delete_order(shop)
    again = shop.drive(replication_resend(done, user=None))
    assert again.state == State.SUCCEEDED, again.reason
    assert [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")] == ["56.85"]
    assert [row["TotalDue"] for row in shop.sandbox.rows("Invoice")] == ["0.00"]
    effects = shop.sandbox.effects()
    assert shop.drive(replication_resend(again, user=None)).state == State.SUCCEEDED
    assert shop.sandbox.effects() == effects


def test_an_order_deleted_before_its_payment_is_made_anew(shop: Shop) -> None:
    refused = {"code": 12, "text": "[InvalidParameter]This payment type is not known"}
    shop.sandbox.faults({"method": "InvoiceService.addManualPayment", "do": "fault", **refused})
    failed = shop.drive(shop.replication())
    assert failed.state == State.FAILED and shop.sandbox.rows("Payment") == []
    delete_order(shop)
    assert shop.drive(replication_resend(failed, user=None)).state == State.SUCCEEDED
    assert [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")] == ["56.85"]
    assert [row["PayAmt"] for row in shop.sandbox.rows("Payment")] == ["56.85"]


def test_a_failed_look_is_no_deletion(shop: Shop) -> None:
    done = shop.drive(shop.replication())
    shop.sandbox.faults({"method": "DataService.query", "do": "http", "status": 503, "times": 1})
    assert shop.drive(replication_resend(done, user=None)).state == State.SUCCEEDED
    assert len(shop.sandbox.rows("Invoice")) == 1


# -- what was set up since ------------------------------------------------------------------------------


def campaign(shop: Shop, protocol: str) -> list[int]:
    """Two action sets and a goal in the CRM, mapped to nothing yet."""
    set_up(shop, protocol)
    return shop.sandbox.seed(
        ActionSequence=[{"TemplateName": "Welcome"}, {"TemplateName": "Bought"}],
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "bought"}],
    )["ActionSequence"]


def started(shop: Shop) -> tuple[list[int], int]:
    runs = [effect["ids"]["action_set"] for effect in shop.sandbox.effects("action_set.run")]
    return runs, len(shop.sandbox.effects("goal.achieved"))


def map_all(shop: Shop, ids: list[int]) -> None:
    shop.connection.contact_action_set_id = ids[0]
    shop.connection.save()
    shop.connection.product_goals.create(value="BONE", integration="teashop", call_name="bought")
    shop.connection.product_action_sets.create(item_id="BONE", action_set_id=ids[1])


def refunded(shop: Shop) -> Replication:
    refund_ingest(
        shop.source,
        RefundData(
            shop_order_id="DEMO-1001", refund_id="r1", amount=Decimal(5), currency="USD", refunded_at=LATER
        ),
    )
    return shop.drive(Replication.objects.latest("id"))


def edited(shop: Shop) -> Replication:
    billing = replace(order_data().billing, company="New Ltd")
    order_ingest(shop.source, order_data(billing=billing, version_at=LATER))
    return shop.drive(Replication.objects.latest("id"))


@pytest.mark.parametrize("change", [refunded, edited])
@pytest.mark.parametrize("skips_orders", [False, True])
def test_a_change_starts_no_campaign_that_was_set_up_since(shop: Shop, change, skips_orders: bool) -> None:  # type: ignore[no-untyped-def]
    ids = campaign(shop, "xmlrpc")
    shop.connection.skip_order_creation = skips_orders
    shop.connection.save()
    order_ingest(shop.source, order_data())
    shop.drive(Replication.objects.get())
    map_all(shop, ids)
    changed = change(shop)
    assert (changed.state, started(shop)) == (State.SUCCEEDED, ([], 0))
    assert any("Not started" in decision["text"] for decision in changed.plan["decisions"])
    shop.drive(replication_resend(changed, user=UserFactory()))
    assert started(shop) == ([ids[0], ids[1]], 1)


def test_a_change_runs_no_action_set_again_because_another_is_set_now(shop: Shop) -> None:
    ids = campaign(shop, "xmlrpc")
    shop.connection.contact_action_set_id = ids[0]
    shop.connection.save()
    order_ingest(shop.source, order_data())
    shop.drive(Replication.objects.get())
    shop.connection.contact_action_set_id = ids[1]
    shop.connection.save()
    changed = refunded(shop)
    assert (changed.state, started(shop)) == (State.SUCCEEDED, ([ids[0]], 0))


def test_what_the_first_sending_did_not_reach_is_still_started_by_a_change(shop: Shop) -> None:
    ids = campaign(shop, "xmlrpc")
    map_all(shop, ids)
    refuse = {"code": 12, "text": "[InvalidParameter]Quantity is not allowed"}
    shop.sandbox.faults({"method": "InvoiceService.addOrderItem", "call": 3, "do": "fault", **refuse})
    order_ingest(shop.source, order_data())
    assert shop.drive(Replication.objects.get()).state == State.FAILED
    assert started(shop) == ([ids[0]], 0)
    assert edited(shop).state == State.SUCCEEDED
    assert started(shop) == ([ids[0], ids[1]], 1)
