"""The shop's orders beside what the CRM got: what is missing, whose money differs, what was cancelled since.

Units: amounts are in the order's currency. `sent` is the total the CRM's order was made over, `paid` the
payments recorded; both from the journal. `difference` is the shop's total less refunds, less `sent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Abs, Cast, Coalesce, Concat, Greatest, Least

from carts.models import Order, Refund
from carts.order_data import Stage
from carts.selectors import SMALLEST, cents, counted_once, received_amount
from cascade.models import JournalEntry, Replication
from cascade.shop.names import ShopKind
from cascade.steps import head_kinds, kinds_that
from intake.models import Source
from logs_ui.log.subjects import with_subjects
from mappings.models import Connection

State = Replication.State
MONEY = DecimalField(max_digits=19, decimal_places=4)
NONE = Value(Decimal(0), output_field=MONEY)
FINDINGS: dict[str, tuple[str, str]] = {
    "missing": ("Not in the CRM", "Orders past payment that should be in the CRM and are not."),
    "money": (
        "Money differs",
        "Orders whose total, refunds or payments are not what was sent. Money that was sent is never "
        "rewritten: correct it in the CRM where it should follow.",
    ),
    "cancelled": ("Cancelled after sending", "Orders the shop rejected after they were sent."),
    "skipped": ("Left out on purpose", "Orders past payment that a rule or setting leaves out."),
    "parked": ("Carts and shipments", "Carts, affiliates and shipments that need a person."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which orders are compared: those of a connection (and one of its shops) placed in a period."""

    connection: Connection
    placed_from: datetime
    placed_before: datetime
    source_id: int | None = None

    @property
    def orders(self) -> QuerySet[Order]:
        sources = Source.objects.filter(connection=self.connection)
        if self.source_id is not None:
            sources = sources.filter(pk=self.source_id)
        orders = Order.objects.filter(
            source__in=sources.values("pk"),
            placed_at__gte=self.placed_from,
            placed_at__lt=self.placed_before,
            is_history=False,
        )
        return counted_once(orders)


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """The period in one currency. `shop` are orders past payment, `received` what came in of them; refunds
    are taken off neither.
    """

    currency: str
    orders: int
    in_crm: int
    shop: Decimal
    sent: Decimal
    paid: Decimal
    refunded: Decimal
    received: Decimal

    @property
    def outstanding(self) -> Decimal:
        return self.shop - self.received

    @property
    def difference(self) -> Decimal:
        return self.shop - self.sent


def totals_of(scope: Scope) -> list[Totals]:
    """One row per currency, that of most orders first; one query."""
    rows = _compared(scope).filter(stage=Stage.PAID.value).order_by().values("currency")
    grouped = rows.annotate(
        orders=Count("pk"),
        number=Count("pk", filter=Q(is_sent=True)),
        shop_sum=Sum("total"),
        sent_sum=Sum("sent"),
        paid_sum=Sum("paid"),
        refunded_sum=Sum("refunded"),
        received_sum=Sum("received"),
    ).order_by("-orders", "currency")
    return [
        Totals(
            currency=row["currency"],
            orders=row["orders"],
            in_crm=row["number"],
            shop=cents(row["shop_sum"]),
            sent=cents(row["sent_sum"]),
            paid=cents(row["paid_sum"]),
            refunded=cents(row["refunded_sum"]),
            received=cents(row["received_sum"]),
        )
        for row in grouped[:20]
    ]


def found_orders(scope: Scope, finding: str) -> QuerySet[Order]:
    """The orders of one finding, with what was sent of each; for `parked` see `found_others`."""
    compared = _compared(scope).select_related("source").defer("data", "payload", "payload_times")
    latest = Replication.objects.filter(order=OuterRef("pk"), kind=ShopKind.ORDER).order_by("-pk")
    rows: QuerySet[Any] = compared.annotate(
        row_id=Subquery(latest.values("pk")[:1], output_field=IntegerField()),
        row_state=Coalesce(Subquery(latest.values("state")[:1]), Value("")),
        row_reason=Coalesce(Subquery(latest.values("reason")[:1]), Value("")),
        row_error=Coalesce(Subquery(latest.values("error_class")[:1]), Value("")),
    )
    match finding:
        case "missing":
            return rows.filter(stage=Stage.PAID.value, is_sent=False).exclude(
                row_state__in=(State.SUCCEEDED, State.SKIPPED)
            )
        case "skipped":
            return rows.filter(stage=Stage.PAID.value, is_sent=False, row_state=State.SKIPPED)
        case "cancelled":
            return rows.filter(stage=Stage.REJECTED.value, is_sent=True)
        case _:
            unpaid = Q(pay_gap__gt=SMALLEST)
            if scope.connection.part_payments == Connection.PartPayments.WAIT:
                # A part waits by setting; that more is recorded than came in is none.
                unpaid &= Q(received__gte=F("total")) | Q(paid__gt=F("received"))
            differs = Q(gap__gt=SMALLEST) | unpaid
            return rows.filter(differs, is_sent=True, sent__isnull=False, total__isnull=False).exclude(
                stage=Stage.REJECTED.value
            )


def found_others(scope: Scope) -> QuerySet[Replication]:
    """Carts, affiliates and shipments that came in in the period and need a person."""
    rows = Replication.objects.filter(
        connection=scope.connection,
        state__in=(State.PARKED, State.FAILED),
        created_at__gte=scope.placed_from,
        created_at__lt=scope.placed_before,
    ).exclude(kind=ShopKind.ORDER)
    if scope.source_id is not None:
        rows = rows.filter(source=scope.source_id)
    return with_subjects(rows, "source__name")


def in_chunks(rows: QuerySet[Any], size: int = 500) -> Iterator[Any]:
    """Every row, newest first, a bounded query at a time."""
    last: int | None = None
    while True:
        chunk = list((rows if last is None else rows.filter(pk__lt=last)).order_by("-pk")[:size])
        yield from chunk
        if len(chunk) < size:
            return
        last = chunk[-1].pk


def left_out_of(orders: Iterable[Order], connection: Connection) -> dict[int, list[str]]:
    """The items each order was sent without, as its head says; one query."""
    keys = {f"{order.source.slug}/{order.shop_order_id}": order.pk for order in orders}
    heads = JournalEntry.objects.filter(
        connection=connection, subject_key__in=keys, kind__in=head_kinds(), replication__kind=ShopKind.ORDER
    )
    return {
        keys[key]: [str(item) for item in args.get("left_out") or ()]
        for key, args in heads.values_list("subject_key", "args")
    }


# -- SQL ------------------------------------------------------------------------------------------------


def _compared(scope: Scope) -> QuerySet[Any]:
    """The orders with `is_sent`, `sent`, `paid`, `refunded`, `received`, `difference`, `gap`, `pay_gap`."""
    key = Concat(F("source__slug"), Value("/"), F("shop_order_id"), output_field=CharField())
    entries = JournalEntry.objects.filter(
        connection=scope.connection, subject_key=OuterRef("key"), replication__kind=ShopKind.ORDER
    ).order_by()
    head = entries.filter(kind__in=head_kinds(), state=JournalEntry.State.DONE)
    checks = entries.filter(kind__in=kinds_that(lambda step: step.is_whole), state=JournalEntry.State.DONE)
    payments = entries.filter(kind__in=kinds_that(lambda step: step.pays), state=JournalEntry.State.DONE)
    refunds = Refund.objects.filter(source=OuterRef("source"), shop_order_id=OuterRef("shop_order_id"))
    summed = refunds.order_by().values("shop_order_id").annotate(sum=Sum("amount"))
    net = F("total") - F("refunded") - F("sent")
    return scope.orders.annotate(
        key=key,
        is_sent=Exists(head),
        sent=_sum_of(checks, "expected"),
        paid=Coalesce(_sum_of(payments, "amount"), NONE),
        # As the order tells it, or the sum of its refunds: shops tell either or both.
        refunded=Greatest(
            Coalesce(Subquery(summed.values("sum")[:1], output_field=MONEY), NONE),
            Coalesce(Cast(KeyTextTransform("refunded_total", "data"), MONEY), NONE),
            output_field=MONEY,
        ),
        received=received_amount(),
    ).annotate(
        difference=ExpressionWrapper(net, output_field=MONEY),
        gap=Abs(ExpressionWrapper(net, output_field=MONEY)),
        pay_gap=Abs(ExpressionWrapper(Least(F("sent"), F("received")) - F("paid"), output_field=MONEY)),
    )


def _sum_of(entries: QuerySet[JournalEntry], name: str) -> Subquery:
    """The sum of an argument over an order's entries; null without any."""
    amount = Cast(KeyTextTransform(name, "args"), MONEY)
    summed = entries.values("subject_key").annotate(amount=Sum(amount, output_field=MONEY))
    return Subquery(summed.values("amount")[:1], output_field=MONEY)
