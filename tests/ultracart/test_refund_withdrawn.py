"""A refund that the shop takes back: its tag and its note, exactly once, and all again if it comes again."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.models import JournalEntry, Replication
from cascade.shop.orders.refund_journal import refund_records
from tests.factories import ApiKeyFactory
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State
MINUTES = itertools.count()


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.make_tags("Refunded", "Cancelled", "Customer")
    merchant.sandbox.seed(User=[{"FirstName": "Olga", "Email": "olga@example.com"}])  # who writes notes
    merchant.set(refund_tags="Refunded", cancelled_tags="Cancelled", contact_tags="Customer")
    return merchant


def refunded(total: float, **changes: Any) -> dict[str, Any]:
    """The order as the shop tells it after having given back so much in all, each time a minute later.

    It tells no `refund_dts`, which would stay when the refund is gone.
    """
    moment = f"2026-03-09T11:{next(MINUTES) % 60:02}:00-05:00"
    facts = {
        "summary": {"total_refunded": deliveries.money(total)},
        "current_stage_histories": [{"transition_dts": moment}],
    }
    return deliveries.order(**deliveries.merged(facts, changes))


def withdrawn(**changes: Any) -> dict[str, Any]:
    return refunded(0, **changes)


def another(**changes: Any) -> dict[str, Any]:
    return {**changes, "order_id": "SHOP-0000000102"}


def notes(shop: Merchant) -> list[str]:
    told = [row["ActionDescription"] for row in shop.sandbox.rows("ContactAction")]
    return [note.partition("SHOP-")[2].partition(" ")[2] for note in told]


def test_a_withdrawn_refund_takes_its_tag_back_and_says_so(shop):
    shop.sends(deliveries.order())
    shop.sends(refunded(9.95))
    for _ in range(2):
        row = shop.sends(withdrawn())
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "withdrew the refund of 9.95" in row.reason
    assert shop.tags() == {"Customer"}
    assert notes(shop) == ["refunded 9.95", "refund of 9.95 withdrawn"]
    assert len(shop.sandbox.effects("contact.untagged")) == 1
    changed = shop.sends(withdrawn(billing={"city": "Savannah"}))  # a later version takes nothing twice
    assert changed.state == State.SUCCEEDED
    assert (len(notes(shop)), len(shop.sandbox.effects("contact.untagged"))) == (2, 1)


def test_a_refund_that_comes_again_is_told_again_however_often(shop):
    shop.sends(deliveries.order())
    told = []
    for _ in range(3):
        shop.sends(refunded(9.95))
        assert shop.tags() == {"Customer", "Refunded"}
        shop.sends(withdrawn())
        assert shop.tags() == {"Customer"}
        told += ["refunded 9.95", "refund of 9.95 withdrawn"]
    assert [note.partition(" (")[0] for note in notes(shop)] == told
    assert len(set(notes(shop))) == 6  # each can be found again after a lost reply


def test_several_refunds_say_that_they_are_all_there_is(shop):
    shop.sends(deliveries.order())
    for total in (9.95, 20.0):
        row = shop.sends(refunded(total))
    assert "refunded 20.00 USD in all" in row.reason
    assert notes(shop) == ["refunded 9.95", "refunded 20.00 in all"]


def test_a_part_that_is_withdrawn_leaves_the_tag_and_says_what_is_left(shop):
    shop.sends(deliveries.order())
    for total in (9.95, 20.0, 9.95):
        row = shop.sends(refunded(total))
    assert "20.00 USD in all before, 9.95 USD in all now" in row.reason
    assert shop.tags() == {"Customer", "Refunded"}
    assert notes(shop) == ["refunded 9.95", "refunded 20.00 in all", "refunded 9.95 in all"]


def test_a_tag_that_another_order_gives_stays_until_that_one_is_withdrawn_too(shop):
    orders = (deliveries.order(), deliveries.order(**another()))
    for order in orders:
        shop.sends(order)
    shop.sends(refunded(9.95))
    shop.sends(refunded(5.0, **another()))
    row = shop.sends(withdrawn())
    assert "“Refunded” stays" in _decisions(row)
    assert shop.tags() == {"Customer", "Refunded"}
    shop.sends(withdrawn(**another()))
    assert shop.tags() == {"Customer"}


def test_a_tag_that_the_contact_had_before_stays(shop):
    shop.sends(deliveries.order())
    (refund_tag,) = [row["Id"] for row in shop.sandbox.rows("ContactGroup") if row["GroupName"] == "Refunded"]
    shop.sandbox.seed(ContactGroupAssign=[{"ContactId": shop.contact()["Id"], "GroupId": refund_tag}])
    shop.sends(refunded(9.95))
    shop.sends(withdrawn())
    assert shop.tags() == {"Customer", "Refunded"}


def test_a_tag_of_the_order_itself_stays(shop):
    shop.set(contact_tags="Customer, Refunded")
    shop.sends(deliveries.order())
    shop.sends(refunded(9.95))
    shop.sends(withdrawn())
    assert shop.tags() == {"Customer", "Refunded"}


def test_the_tag_that_was_given_is_taken_back_whatever_the_setting_says_by_then(shop):
    shop.sends(deliveries.order())
    shop.sends(refunded(9.95))
    shop.set(refund_tags="Cancelled", change_notes=False)
    shop.sends(withdrawn())
    assert shop.tags() == {"Customer"}
    assert notes(shop) == ["refunded 9.95"]


def test_a_refund_told_over_the_api_is_withdrawn_there(shop):
    ApiKeyFactory(plain="shop-key", source=shop.source)
    shop.sends(deliveries.order())
    for amount, moment in (("9.95", "2026-03-09T09:00:00Z"), ("0.00", "2026-03-10T09:00:00Z")):
        body = {
            "shop_order_id": "SHOP-0000000101", "refund_id": "r-1", "amount": amount, "currency": "USD",
            "refunded_at": "2026-03-09T09:00:00Z", "version_at": moment,
        }  # fmt: skip
        shop.client.post(
            "/api/v1/refunds/", data=body, content_type="application/json",
            headers={"Authorization": "Api-Key shop-key"},
        )  # fmt: skip
        shop.work()
        assert ("Refunded" in shop.tags()) == (amount != "0.00")
    assert notes(shop) == ["refunded 9.95", "refund of 9.95 withdrawn"]


def test_a_refund_that_was_never_told_is_not_withdrawn(shop):
    shop.sends(deliveries.order())
    row = shop.sends(deliveries.order(billing={"city": "Savannah"}))
    assert (row.level, notes(shop), shop.tags()) == ("info", [], {"Customer"})


def test_what_other_orders_hold_is_asked_once_however_many_there_are(shop):
    counts = []
    for number in range(103, 107):
        shop.sends(refunded(9.95, order_id=f"SHOP-0000000{number}"))
        order = shop.latest().order
        entries = list(JournalEntry.objects.filter(replication__order=order))
        with CaptureQueriesContext(connection) as queries:
            assert refund_records(order, ("Refunded",), entries).tags
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1


def _decisions(row: Replication) -> str:
    return "\n".join(decision["text"] for decision in (row.plan or {})["decisions"])
