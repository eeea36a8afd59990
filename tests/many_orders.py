"""`python -m tests.many_orders [count] [--mode NAME] [--largest LINES] [--workers N]`: generated orders
through the CRM's stand-in, over real HTTP.

Every order is sent in every mode, and the table says what became of it: expressed (invoice and payment are
the plan's, to the cent), refused before anything of the order was written, or stopped at the total check
before the payment. Anything else is a mismatch, each is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cascade.models import Replication
    from tests.generated_orders import ShopOrder
    from tests.sandbox_client import Row, Sandbox

CURRENCIES = ("USD", "USD", "EUR", "JPY", "KWD")
ORDERS_PER_ACCOUNT = 100
DEFAULT_COUNT = 10_000
PLACE_ORDER = "place_order"
TOTAL_DIFFERS = "The CRM's order is "
OUR_OWN = re.compile(r"“[^”]*”|-?\d[\d.,]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mode:
    """How an account is spoken to, and how its orders are made."""

    name: str
    protocol: str
    creation_method: str = "blank_order"


MODES = {
    mode.name: mode
    for mode in (
        Mode(name="xmlrpc-blank", protocol="xmlrpc"),
        Mode(name="xmlrpc-place", protocol="xmlrpc", creation_method=PLACE_ORDER),
        Mode(name="rest-blank", protocol="rest"),
        Mode(name="rest-place", protocol="rest", creation_method=PLACE_ORDER),
        Mode(name="automatic-blank", protocol="automatic"),
        Mode(name="automatic-place", protocol="automatic", creation_method=PLACE_ORDER),
    )
}


@dataclass(kw_only=True, slots=True)
class Tally:
    """What became of the orders of one mode. `stopped` and `refused` count their reasons."""

    expressed: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    mismatches: list[str] = field(default_factory=list)

    @property
    def orders(self) -> int:
        return self.expressed + self.stopped.total() + self.refused.total() + len(self.mismatches)

    def add(self, other: Tally) -> None:
        self.expressed += other.expressed
        self.stopped += other.stopped
        self.refused += other.refused
        self.mismatches += other.mismatches


class Account:
    """A fresh account in the sandbox, and a shop of ours that sends to it. Price differences are allowed."""

    def __init__(self, sandbox: Sandbox, mode: Mode, currency: str) -> None:
        from mappings.models import ProductMapping
        from tests.factories import ConnectionFactory, SourceFactory
        from tests.generated_orders import CATALOGUE, MAPPED

        self.sandbox, self.mode = sandbox, mode
        sandbox.reset()
        sandbox.options(currency=currency)
        rows = [
            {"ProductName": item, "ProductPrice": price, "Status": 1} for item, price in CATALOGUE.items()
        ]
        seeded = sandbox.seed(Product=rows, User=[{"FirstName": "Uma", "LastName": "Orr"}])
        ids = dict(zip(CATALOGUE, seeded["Product"], strict=True))
        connection = ConnectionFactory(
            api_key=sandbox.key,
            protocol=mode.protocol,
            creation_method=mode.creation_method,
            price_differences=True,
            crm_currency=currency,
        )
        ProductMapping.objects.bulk_create(
            ProductMapping(connection=connection, item_id=item, crm_product_id=ids[item]) for item in MAPPED
        )
        self.source = SourceFactory(connection=connection)

    def send_all(self, shop_orders: Iterable[ShopOrder]) -> Tally:
        """Replicate each order once, then hold what the CRM has against what was planned."""
        ended = [self.send(shop_order) for shop_order in shop_orders]
        held = Held(self.sandbox)
        tally = Tally()
        for replication in ended:
            judge(replication, held, tally)
        return tally

    def send(self, shop_order: ShopOrder) -> Replication:
        from cascade.services import replication_open, replication_work
        from tests.factories import OrderFactory

        data = shop_order.data
        if self.mode.creation_method == PLACE_ORDER and data.coupons:
            off = -sum((charge.amount for charge in data.charges if charge.amount < 0), Decimal(0))
            self.sandbox.seed(PromoCode=[{"Code": data.coupons[0].code, "Name": "Coupon", "Amount": off}])
        replication = replication_open(OrderFactory(source=self.source, order=data))
        worked = replication_work(replication.pk)
        assert worked is not None
        return worked


class Held:
    """What the account holds, by our marker: invoices, and what was paid on each."""

    def __init__(self, sandbox: Sandbox) -> None:
        titles = {row["Id"]: row["JobTitle"] for row in sandbox.rows("Job")}
        self.invoices: dict[str, list[Row]] = {}
        for row in sandbox.rows("Invoice"):
            self.invoices.setdefault(titles[row["JobId"]], []).append(row)
        self.payments: dict[Any, list[Decimal]] = {}
        for row in sandbox.rows("Payment"):
            self.payments.setdefault(row["InvoiceId"], []).append(Decimal(str(row["PayAmt"])))


def judge(replication: Replication, held: Held, tally: Tally) -> None:
    """Count what became of one order."""
    from cascade.marker import order_marker
    from cascade.plan import Plan

    order, State = replication.order, replication.State
    assert order is not None and replication.plan is not None
    plan = Plan.from_json(replication.plan)
    invoices = held.invoices.get(order_marker(order.source.slug, order.shop_order_id, order.number), [])
    steps = {step.kind: step.args for step in plan.steps}
    if plan.verdict is not None and not invoices:
        tally.refused[shortened(plan.verdict.reason)] += 1
        return
    what = f"{order.shop_order_id}: {replication.state}, {len(invoices)} invoices. {replication.reason}"
    if plan.verdict is not None or len(invoices) != 1:
        tally.mismatches.append(what)
        return
    (invoice,) = invoices
    total, expected = Decimal(str(invoice["InvoiceTotal"])), Decimal(steps["check_total"]["expected"])
    paid = held.payments.get(invoice["Id"], [])
    to_pay = [Decimal(steps["record_payment"]["amount"])] if "record_payment" in steps else []
    if replication.state == State.SUCCEEDED and (total, paid) == (expected, to_pay):
        tally.expressed += 1
    elif replication.reason.startswith(TOTAL_DIFFERS) and total != expected and not paid:
        tally.stopped[shortened(replication.reason)] += 1
    else:
        tally.mismatches.append(f"{what} Expected {expected}, invoice {total}, paid {paid}.")


def shortened(reason: str) -> str:
    """The reason's first sentence without this order's own words and figures."""
    return OUR_OWN.sub("…", reason.partition(". ")[0].partition(": ")[0])[:110]


# -- the command ----------------------------------------------------------------------------------------


def worker_sandbox() -> Sandbox:
    """This process's own database and sandbox, made at the first use; both end with the process."""
    global _sandbox
    if _sandbox is None:
        folder = tempfile.TemporaryDirectory()
        _kept.append(folder)
        os.environ["CASCADER_DATA_DIR"] = folder.name
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.conftest import NO_LIMITS
        from tests.sandbox_client import Sandbox

        call_command("migrate", verbosity=0)
        _sandbox = Sandbox.start(quota=False)
        settings.CRM_LIMITS, settings.SETTLE_SECONDS = NO_LIMITS, 0.0
        settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = _sandbox.url
    return _sandbox


_sandbox: Sandbox | None = None
_kept: list[tempfile.TemporaryDirectory[str]] = []


def run_part(mode: str, numbers: range, largest: int) -> tuple[str, Tally]:
    """Send the orders of these numbers to one account."""
    sandbox = worker_sandbox()
    from tests.generated_orders import random_order

    currency = CURRENCIES[numbers.start // ORDERS_PER_ACCOUNT % len(CURRENCIES)]
    made = [random_order(number, largest=largest, currency=currency) for number in numbers]
    return mode, Account(sandbox, MODES[mode], currency).send_all(made)


def table(tallies: dict[str, Tally]) -> str:
    lines = ["| mode | orders | expressed | stopped | refused | mismatches |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {tally.orders} | {tally.expressed} | {tally.stopped.total()} | {tally.refused.total()} "
        f"| {len(tally.mismatches)} |"
        for name, tally in tallies.items()
    ]
    for name, tally in tallies.items():
        for word, counts in (("stopped", tally.stopped), ("refused", tally.refused)):
            lines += [f"{name} {word} {count} × {reason}" for reason, count in counts.most_common()]
        lines += [f"{name} MISMATCH {text}" for text in tally.mismatches]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.many_orders", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=DEFAULT_COUNT)
    parser.add_argument("--mode", choices=tuple(MODES), action="append")
    parser.add_argument("--largest", type=int, default=500, help="lines of an order, at most")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    began = time.monotonic()
    tallies = {name: Tally() for name in given.mode or MODES}
    parts = [
        (name, range(start, min(start + ORDERS_PER_ACCOUNT, given.count)), given.largest)
        for start in range(0, given.count, ORDERS_PER_ACCOUNT)
        for name in tallies
    ]
    with ProcessPoolExecutor(given.workers) as pool:
        for name, tally in pool.map(run_part, *zip(*parts, strict=True)):
            tallies[name].add(tally)
    sys.stdout.write(table(tallies))
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    return int(any(tally.mismatches for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
