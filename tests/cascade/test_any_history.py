"""Any history of deliveries, changes, faults, deaths and resends: what the CRM holds is what was told.

Each step is checked against the sandbox's own list of effects (`tests.recorded_history`), and so is the end.
`HISTORIES=200 pytest tests/cascade/test_any_history.py` is the long run.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from carts.ingest.orders import order_ingest
from carts.models import Order
from cascade.engine.replicate import replication_run
from cascade.engine.resolve_by_hand import may_be_resolved, step_resolve_by_hand
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.services import ResendRefused, replication_resend, replication_work
from mappings.models import DirectoryEntry
from tests.cascade.conftest import TAGS, Shop, seed_catalogue
from tests.cascade.test_crash_sweep import Killed, kill_at, lease_end
from tests.factories import PLACED_AT, UserFactory, order_data
from tests.recorded_history import Told, wrong_in

State = Replication.State
FAULTS = ("drop_before", "drop_after", "empty", "truncated")
PROTOCOLS = ("xmlrpc", "rest", "automatic")
HISTORIES = int(os.environ.get("HISTORIES", "6"))
BUYERS = ("ada@example.com", "bob@example.com")


def tell(shop: Shop, number: str, email: str, minutes: int, total: str, tags: tuple[int, ...]) -> Told:
    """Deliver a version of an order, whose total its shipping makes up."""
    told = Told(
        title=f"tea order {number}", email=email, total=total, received=total, tags=tags, goals=("bought",)
    )
    data = order_data(shop_order_id=number, number=number, email=email)
    rest = Decimal(total) - Decimal("56.85")
    shipping, tax = data.charges
    charges = (replace(shipping, amount=shipping.amount + rest), tax)
    moment = PLACED_AT + timedelta(minutes=minutes)
    order_ingest(shop.source, replace(data, total=Decimal(total), charges=charges, version_at=moment))
    return told


class Histories(RuleBasedStateMachine):
    shop: Shop
    user: Any

    @initialize(protocol=st.sampled_from(PROTOCOLS))
    def begin(self, protocol: str) -> None:
        self.told: list[Told] = []
        for model in (Replication, JournalEntry, DirectoryEntry, ContactLink, Order):
            model.objects.all().delete()
        sandbox = self.shop.sandbox
        sandbox.reset()
        seed_catalogue(sandbox)
        sandbox.seed(
            FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
            FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "bought"}],
        )
        self.tags = {row["GroupName"]: row["Id"] for row in sandbox.rows("ContactGroup")}
        self.minutes = 0
        self.set(protocol=protocol, contact_tags=", ".join(TAGS))

    def set(self, **values: Any) -> None:
        type(self.shop.connection).objects.filter(pk=self.shop.connection.pk).update(**values)

    def rows(self) -> list[Replication]:
        return list(Replication.objects.order_by("pk"))

    def due(self) -> list[Replication]:
        Replication.objects.filter(state__in=Replication.OPEN).update(not_before=None)
        for row in self.rows():
            lease_end(row)
        return [row for row in self.rows() if row.state in Replication.OPEN]

    @rule(number=st.integers(1, 3), buyer=st.sampled_from(BUYERS), total=st.sampled_from(("56.85", "60.00")))
    def deliver(self, number: int, buyer: str, total: str) -> None:
        """A new order, a change of one, or the same once more; a buyer may have several."""
        self.minutes += 1
        key = f"N-{number}"
        email = next((one.email for one in self.told if one.title.endswith(key)), buyer)
        self.told.append(tell(self.shop, key, email, self.minutes, total, tuple(self.tags.values())))

    @precondition(lambda self: getattr(self, "told", None))
    @rule(pick=st.integers(0, 5), call=st.integers(1, 10), fault=st.sampled_from((*FAULTS, "")))
    def work(self, pick: int, call: int, fault: str) -> None:
        """One attempt, in which a reply may get lost."""
        rows = self.due() or self.again(pick)
        if fault:
            self.shop.sandbox.faults({"method": "*", "call": call, "do": fault})
        replication_work(rows[pick % len(rows)].pk)
        self.shop.sandbox.clear_faults()

    @precondition(lambda self: getattr(self, "told", None))
    @rule(pick=st.integers(0, 5), first=st.integers(1, 30), second=st.integers(0, 12))
    def die(self, pick: int, first: int, second: int) -> None:
        """A worker vanishes at some moment, and a second one at what the first has left behind."""

        def vanish() -> None:
            raise Killed

        for moment in filter(None, (first, second)):
            rows = self.due() or self.again(pick)
            with suppress(Killed):
                replication_run(rows[pick % len(rows)].pk, watch=kill_at(moment, vanish))

    def again(self, pick: int) -> list[Replication]:
        """Nothing is due: a person sends something again."""
        rows = self.rows()
        with suppress(ResendRefused):
            return [replication_resend(rows[pick % len(rows)], user=self.user)]
        return rows

    @rule(protocol=st.sampled_from(PROTOCOLS), tags=st.sampled_from((TAGS, TAGS[:1])))
    def change_settings(self, protocol: str, tags: tuple[str, ...]) -> None:
        self.set(protocol=protocol, contact_tags=", ".join(tags))

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "told"):
            assert wrong_in(self.shop.sandbox.effects(), self.told, ended=False) == []

    def teardown(self) -> None:
        if not hasattr(self, "told"):
            return
        self.shop.sandbox.clear_faults()
        for _ in range(200):
            for row in self.due():
                replication_work(row.pk)
            if not self.settle() and not self.due():
                break
        assert wrong_in(self.shop.sandbox.effects(), self.told) == []
        for row in {row.subject_key: row for row in self.rows()}.values():
            assert row.state == State.SUCCEEDED, f"{row}: {row.state} {row.reason}"

    def settle(self) -> bool:
        """A person looks at the CRM and answers, or sends again what was stopped."""
        latest = {row.subject_key: row for row in self.rows()}.values()
        for row in latest:
            entries = JournalEntry.objects.filter(subject_key=row.subject_key)
            if entry := next((each for each in entries if may_be_resolved(each)), None):
                step_resolve_by_hand(row, entry.pk, happened=self.happened(row), user=self.user)
                return True
        return False

    def happened(self, row: Replication) -> bool:
        """Whether the buyer achieved the goal more often than is known of their orders."""
        contacts = {each["Id"]: each["Email"] for each in self.shop.sandbox.rows("Contact")}
        achieved = [
            effect
            for effect in self.shop.sandbox.effects("goal.achieved")
            if contacts.get(effect["ids"]["contact"]) == row.contact_key
        ]
        known = JournalEntry.objects.filter(
            kind="achieve_goal", state="done", replication__contact_key=row.contact_key
        )
        return len(achieved) > known.count()


@pytest.mark.embedded
def test_whatever_happens_the_crm_holds_what_was_told_once(shop: Shop, settings: Any) -> None:
    settings.SETTLE_SECONDS = 0.05  # no effect lands late here
    shop.connection.product_goals.create(value="BONE", integration="teashop", call_name="bought")

    class OfThisShop(Histories):
        pass

    OfThisShop.shop, OfThisShop.user = shop, UserFactory()
    run_state_machine_as_test(
        OfThisShop,
        settings=hypothesis_settings(
            max_examples=HISTORIES,
            stateful_step_count=15,
            deadline=None,
            derandomize=HISTORIES <= 6,
            database=None,
            phases=[Phase.generate, *([Phase.shrink] if HISTORIES > 6 else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )


# -- the check itself notices --------------------------------------------------------------------------------

AT = "2026-11-28T12:00:00"
ONE = Told(title="tea order 1", email="a@b.c", total="5.00", received="5.00", tags=(7,), goals=("g",), at=AT)
LATER = "2026-11-28T12:00:01"


def effect(kind: str, ids: dict[str, int], at: str = LATER, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "ids": ids, "values": values, "at": at, "number": 1}


CONTACT = effect("contact.created", {"contact": 1}, Email="A@b.c")
ORDER = effect("order.created", {"order": 2, "contact": 1}, title="tea order 1")
LINE = effect("line.added", {"order": 2}, amount="5.00")
PAID = effect("payment.recorded", {"order": 2}, amount="5.00")
TAG = effect("contact.tagged", {"contact": 1, "tag": 7})
GOAL = effect("goal.achieved", {"contact": 1}, call_name="g")
WHOLE = [CONTACT, ORDER, LINE, PAID, TAG, GOAL]


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        (WHOLE, ""),
        ([CONTACT, CONTACT, *WHOLE[1:]], "a second contact of a@b.c"),
        ([{**CONTACT, "at": "2026-11-28T11:00:00"}, *WHOLE[1:]], "nobody had told of a@b.c"),
        ([*WHOLE, effect("order.created", {"order": 3, "contact": 1}, title="tea order 1")], "2 orders are"),
        ([*WHOLE, effect("order.created", {"order": 3, "contact": 1}, title="Online")], "nobody told of an"),
        ([CONTACT, ORDER, PAID, LINE, TAG], "was paid at 0"),
        ([*WHOLE, PAID], "has 10.00, more than told"),
        ([*WHOLE, effect("contact.tagged", {"contact": 1, "tag": 8})], "tag 8 without"),
        ([*WHOLE, GOAL], "achieved 2 times for 1"),
        ([CONTACT], "tea order 1 is missing"),
        ([CONTACT, ORDER, LINE], "has 0 paid"),
    ],
)
def test_the_check_names_what_is_wrong(effects: list[dict[str, Any]], said: str) -> None:
    wrong = wrong_in(effects, [ONE])
    assert any(said in sentence for sentence in wrong) if said else wrong == []
