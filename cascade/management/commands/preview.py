"""Print what would be done for an order, without a single write."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carts.models import Order
from cascade.engine.dry_run import PlannedCall
from cascade.plan import Plan
from cascade.services import replication_calls, replication_preview
from crm.errors import CrmError


class Command(BaseCommand):
    help = (
        "Print the plan of an order: decisions, steps and the calls of a run. Asks the CRM for names and "
        "changes nothing there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order", help="the shop's order id, or our own id of the order")
        parser.add_argument("--source", default="", help="the shop's slug, if several have such an order")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted, orders = options["order"], Order.objects.select_related("source__connection")
        if options["source"]:
            orders = orders.filter(source__slug=options["source"])
        found = list(orders.filter(shop_order_id=wanted)[:2])
        if not found and wanted.isdigit():
            found = list(orders.filter(pk=int(wanted))[:2])
        if not found:
            raise CommandError(f"No order {wanted} is stored.")
        if len(found) > 1:
            raise CommandError(f"Several shops have an order {wanted}: name one with --source.")
        order = found[0]
        try:
            plan = replication_preview(order)
            calls = replication_calls(order, plan)
        except CrmError as error:
            raise CommandError(f"The CRM could not be asked: {error.message}") from error
        self.stdout.write(f"Order {order.shop_order_id} of {order.source.name}")
        for line in (*plan_lines(plan), *call_lines(calls)):
            self.stdout.write(line)


def plan_lines(plan: Plan) -> list[str]:
    """The plan as text: the verdict, the decisions with their level, and each step with its arguments."""
    lines = [f"  ends as {plan.verdict.state}"] if plan.verdict else []
    lines += ["Decisions:"]
    lines += [f"  {decision.level:8}{decision.text}" for decision in plan.decisions]
    lines += ["Steps:"] if plan.steps else ["Steps: none"]
    for step in plan.steps:
        args = ", ".join(
            f"{name}={value!r}" for name, value in step.args.items() if value not in ("", {}, [])
        )
        lines.append(f"  {step.name:18}{step.kind}({args})")
    return lines


def call_lines(calls: Sequence[PlannedCall]) -> list[str]:
    """The calls of a run in which all goes well, each with its arguments."""
    lines = ["Calls:"] if calls else ["Calls: none"]
    for call in calls:
        args = ", ".join(f"{name}={value!r}" for name, value in call.args.items())
        lines.append(f"  {call.operation}({args})")
    return lines
