"""Reads that show for a while what was before our last write: nothing is doubled, parked or called gone."""

from __future__ import annotations

from typing import Any

import pytest

from carts.ingest.records import shipment_ingest
from carts.record_data import ShipmentData, Tracking
from cascade.engine.replicate import Watch, replication_run
from cascade.models import JournalEntry, Replication
from cascade.services import replication_resend
from tests.cascade.conftest import Shop
from tests.cascade.test_crash_modes import Sweep, account, vanish
from tests.cascade.test_crash_sweep import Killed, kill_at
from tests.factories import PLACED_AT
from tests.reference import MODES
from tests.sandbox_client import Sandbox

__all__ = ["account"]
pytestmark = pytest.mark.embedded
State = Replication.State
SETTLE_SECONDS = 2.0
ORDER_MADE_BY = {
    "InvoiceService.createBlankOrder": ("XML-RPC blank order",),
    "OrderService.placeOrder": ("XML-RPC placeOrder",),
    "POST /v2/orders": ("REST", "automatic"),
}


class LaggingSweep(Sweep):
    lag: dict[str, Any] = {"read_lag_reads": 1}

    def start_over(self, protocol: str = "") -> Replication:
        replication = super().start_over(protocol)
        self.sandbox.options(**self.lag)
        return replication

    def moments(self) -> list[str]:
        found: list[str] = []
        self.run(self.start_over(), found.append)
        return found

    def run(self, replication: Replication, watch: Watch) -> None:
        while replication.state in Replication.OPEN:
            Replication.objects.filter(pk=replication.pk).update(not_before=None)
            replication_run(replication.pk, watch=watch)
            replication.refresh_from_db()


@pytest.fixture(params=["XML-RPC blank order", "XML-RPC placeOrder", "REST", "automatic"])
def sweep(request: pytest.FixtureRequest, account: Sandbox, settings: Any) -> LaggingSweep:
    settings.SETTLE_SECONDS = SETTLE_SECONDS
    return LaggingSweep(account, MODES[request.param])


@pytest.mark.parametrize("fault", ["", "drop_after"])
def test_an_order_is_whole_although_each_read_shows_what_was_before(sweep: LaggingSweep, fault: str) -> None:
    replication = sweep.start_over()
    if fault:
        making = next(method for method in ORDER_MADE_BY if sweep.mode.name in ORDER_MADE_BY[method])
        sweep.sandbox.faults({"method": making, "call": 1, "do": fault})
    sweep.recovers(replication, fault or "nothing lost")


@pytest.mark.long
def test_a_worker_that_vanishes_loses_and_doubles_nothing(sweep: LaggingSweep) -> None:
    for number, moment in enumerate(sweep.moments(), start=1):
        replication = sweep.start_over()
        with pytest.raises(Killed):
            sweep.run(replication, kill_at(number, vanish))
        sweep.recovers(replication, f"vanishing {moment} ({number})")


@pytest.mark.long
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_reply_loses_and_doubles_nothing(sweep: LaggingSweep, fault: str) -> None:
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        sweep.sandbox.faults({"method": "*", "call": number, "do": fault})
        sweep.recovers(replication, f"{fault} at {method} ({number})")


def test_a_resend_makes_no_second_order_because_the_first_does_not_show_yet(shop: Shop) -> None:
    type(shop.connection).objects.filter(pk=shop.connection.pk).update(protocol="rest")
    shop.sandbox.options(read_lag_reads=1)
    ended = shop.drive(shop.replication())
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert len(shop.sandbox.rows("Job")) == 1
    (head,) = JournalEntry.objects.filter(kind="create_order")
    assert head.clean_probes == 0


def test_a_shipment_right_behind_its_order_waits_until_that_shows(shop: Shop) -> None:
    type(shop.connection).objects.filter(pk=shop.connection.pk).update(protocol="rest")
    shop.connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    field = {"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15}
    shop.sandbox.seed(DataFormField=[field])
    order = shop.replication()
    shop.sandbox.options(read_lag_reads=1)
    shop.drive(order)
    shipment_ingest(
        shop.source,
        ShipmentData(
            shop_order_id=order.order.shop_order_id,
            shipment_id="1",
            version_at=PLACED_AT,
            tracking=(Tracking(number="1Z1"),),
        ),
    )
    row = shop.drive(Replication.objects.get(kind="shipment"))
    assert row.state == State.SUCCEEDED, row.reason
    assert shop.sandbox.rows("Job")[0]["_Tracking"] == "1Z1"
