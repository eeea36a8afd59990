"""Quiet backfill starts nothing in the CRM; history and orders from before the start go by a range alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carts.ingest.history import orders_import_history
from carts.ingest.orders import order_ingest
from carts.models import Order
from cascade.models import RangeRun, Replication
from cascade.services import replication_resend
from tests.cascade.conftest import Shop
from tests.cascade.range_helpers import begin, finish, known
from tests.factories import PLACED_AT, UserFactory, order_data

State = Replication.State
Which = RangeRun.Which
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["xmlrpc", "rest"])
def loud(shop: Shop, request: Any, transactional_db: None) -> Shop:
    """A shop whose orders start all there is: tags, a goal, an opt-in, and over XML-RPC action sets."""
    connection, sandbox = shop.connection, shop.sandbox
    ids = sandbox.seed(
        ActionSequence=[{"TemplateName": "Welcome"}],
        ContactGroup=[{"GroupName": "Refunded"}],
        User=[{"FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}],
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "bought"}],
    )
    connection.protocol, connection.mailing_list_opt_in = request.param, True
    connection.refund_tags = "Refunded"
    connection.product_goals.create(value="BONE", integration="teashop", call_name="bought")
    if request.param == "xmlrpc":
        connection.contact_action_set_id = ids["ActionSequence"][0]
        connection.product_action_sets.create(item_id="BONE", action_set_id=ids["ActionSequence"][0])
    connection.save()
    return shop


def started(shop: Shop) -> tuple[int, int, int, int]:
    """How many tags the contact has, goals and action sets were started, and opt-ins made."""
    kinds = ("goal.achieved", "action_set.run", "email.opted_in")
    tags = len(shop.sandbox.rows("ContactGroupAssign"))
    return (tags, *(len(shop.sandbox.effects(kind)) for kind in kinds))  # type: ignore[return-value]


def run_range(shop: Shop, **wanted: Any) -> Replication:
    finish(begin(shop.connection, **wanted))
    return shop.drive(Replication.objects.latest("id"))


def test_a_quiet_backfill_makes_the_order_and_starts_nothing(loud):
    known(loud.source, "DEMO-1001", mailing_list=True)
    row = run_range(loud, without_automation=True)
    assert (row.state, started(loud)) == (State.SUCCEEDED, (0, 0, 0, 0)), row.reason
    assert [job["JobTitle"] for job in loud.sandbox.rows("Job")] == ["tea order NoDEMO-1001 (DEMO-1001)"]
    assert [row["PayAmt"] for row in loud.sandbox.rows("Payment")] == ["56.85"]


def test_it_stays_quiet_through_later_versions_refunds_and_resends(loud):
    order_ingest(loud.source, order_data(mailing_list=True), history=True)
    row = run_range(loud, without_automation=True)
    Order.objects.update(is_history=False)
    later = order_data(
        mailing_list=True, version_at=PLACED_AT + timedelta(days=1), refunded_at=PLACED_AT,
        refunded_total=order_data().total,
    )  # fmt: skip
    order_ingest(loud.source, later)
    changed = loud.drive(Replication.objects.latest("id"))
    assert changed.pk != row.pk and changed.without_automation
    again = loud.drive(replication_resend(changed, user=UserFactory()))
    assert again.without_automation and started(loud) == (0, 0, 0, 0)
    assert len(loud.sandbox.rows("ContactAction")) == 1  # the refund's note starts nothing


def test_a_range_that_is_not_quiet_ends_the_quiet(loud):
    known(loud.source, "DEMO-1001", mailing_list=True)
    run_range(loud, without_automation=True)
    row = run_range(loud, which=Which.ALL, numbers=("DEMO-1001",))
    assert row.state == State.SUCCEEDED and not row.without_automation, row.reason
    action_sets = 2 if loud.connection.protocol == "xmlrpc" else 0
    assert started(loud) == (2, 1, action_sets, 1)
    assert len(loud.sandbox.rows("Job")) == len(loud.sandbox.rows("Payment")) == 1


def test_history_and_the_time_before_the_start_date_are_sent_by_a_range_alone(loud):
    loud.source.start_date = PLACED_AT + timedelta(days=1)
    loud.source.save()
    order_ingest(loud.source, order_data(shop_order_id="OLD", number="OLD"))
    order_ingest(loud.source, order_data(shop_order_id="HIST", number="HIST"), history=True)
    old = loud.drive(Replication.objects.get())
    assert old.state == State.SKIPPED and "start date" in old.reason
    finish(begin(loud.connection, without_automation=True))
    rows = [loud.drive(row) for row in Replication.objects.order_by("id")]
    assert [row.state for row in rows] == [State.SUCCEEDED, State.SUCCEEDED], [row.reason for row in rows]
    assert {job["JobTitle"] for job in loud.sandbox.rows("Job")} == {"tea order OLD", "tea order HIST"}


def test_imported_history_without_items_is_parked_and_says_what_to_do(shop):
    lines = ["order_id,email,placed_at,total", "H-1,ada@example.com,2024-05-31,20.00"]
    assert orders_import_history(shop.source, lines).imported == 1
    row = run_range(shop, without_automation=True)
    assert (row.state, row.error_class) == (State.PARKED, "permanent")
    assert "without its items" in row.reason


def test_a_range_sends_nothing_that_the_settings_keep_out(shop):
    shop.connection.test_orders = "skip"
    shop.connection.save()
    known(shop.source, "T-1", is_test=True)
    row = run_range(shop)
    assert row.state == State.SKIPPED and "test orders are skipped" in row.reason
