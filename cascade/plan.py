"""What will be done for an order, and why: a pure function of the order, the rules and the CRM's names.

The same plan is what the preview prints, what the engine runs, and where the decision trace comes from.
The order of the steps is meaning: tags come after the order, because they start campaigns that look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from carts.order_data import MoneyState, OrderData, Stage
from cascade.contact_data import clean_text, contact_args
from cascade.marker import order_marker, payment_note
from cascade.order_lines import OrderLines, order_lines
from cascade.rules import Names, Rules, SourceFacts
from mappings.models import OrderSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One sentence of the decision trace. `about_charges`: it tells how this plan explains the total."""

    text: str
    level: str = "info"
    about_charges: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How the replication ends for a reason found while planning; `setting` names what cures it."""

    state: str
    reason: str
    error_class: str = ""
    setting: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """`name` is unique in the plan and ends the effect key; `needs`, not position, says what blocks it."""

    name: str
    kind: str
    args: dict[str, Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    steps: tuple[PlannedStep, ...] = ()
    decisions: tuple[Decision, ...] = ()
    verdict: Verdict | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        return cls(
            steps=tuple(PlannedStep(**{**step, "needs": tuple(step["needs"])}) for step in data["steps"]),
            decisions=tuple(Decision(**item) for item in data["decisions"]),
            verdict=Verdict(**data["verdict"]) if data["verdict"] else None,
        )


@dataclass(slots=True)
class _Draft:
    steps: list[PlannedStep] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    verdict: Verdict | None = None

    def say(self, text: str, level: str = "info", *, about_charges: bool = False) -> None:
        self.decisions.append(Decision(text=text, level=level, about_charges=about_charges))

    def plan(self) -> Plan:
        return Plan(steps=tuple(self.steps), decisions=tuple(self.decisions), verdict=self.verdict)


def build_plan(order: OrderData, source: SourceFacts, rules: Rules, names: Names) -> Plan:
    """Decide everything that is to happen for one version of an order. Pure; raises nothing."""
    draft = _Draft()
    draft.verdict = _not_sent(order, source, rules) or _incomplete(order, rules)
    if draft.verdict:
        draft.say(draft.verdict.reason, "error" if draft.verdict.error_class else "info")
        return draft.plan()
    draft.say(f"Sent: the order is past payment ({order.shop_stage or 'paid'}).")
    args, remarks = contact_args(order, rules)
    for remark in remarks:
        draft.say(remark, "warning")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
    if rules.creates_orders:
        _plan_order(draft, order, source, rules, names)
    else:
        draft.say("No order is created: Skip order creation is set.")
    draft.steps.extend(_tag_steps(draft, order, rules, names))
    return draft.plan()


# -- whether --------------------------------------------------------------------------------------------


def _not_sent(order: OrderData, source: SourceFacts, rules: Rules) -> Verdict | None:
    if order.stage == Stage.REJECTED:
        return _skip("Not sent: the shop rejected this order.")
    if order.stage == Stage.UNPAID:
        stage = order.shop_stage or "an unpaid stage"
        return _skip(
            f"Not sent: the order is still in {stage}. It is sent as soon as the shop moves it past payment."
        )
    if not rules.enabled:
        return _skip("Not sent: the integration is off. Enable it on the settings page, then resend.")
    if source.start_date and order.placed_at < source.start_date:
        return _skip(
            "Not sent: the order was placed before this shop's start date. Move the start date on the "
            "shop's page to send older orders."
        )
    if order.is_test and rules.test_orders == OrderSettings.TestOrders.SKIP:
        return _skip("Not sent: this is a test order, and test orders are skipped by setting.")
    if order.money == MoneyState.ON_ACCOUNT and rules.unpaid_orders == OrderSettings.UnpaidOrders.SKIP:
        return _skip("Not sent: the money has not come in, and orders on account are skipped by setting.")
    return None


def _incomplete(order: OrderData, rules: Rules) -> Verdict | None:
    if not order.email.strip():
        return _park(
            "The order has no e-mail address, so no contact can be found or created. Add the buyer's e-mail "
            "to the order in the shop, then send it again."
        )
    if "@" not in order.email or len(order.email.strip()) > 254:
        return _park(
            "The order's e-mail is not a usable address. Correct it in the shop, then send the order again."
        )
    if not rules.creates_orders:
        return None
    if order.lines is None:
        return _park(
            "The shop sent the order without its items. Let its webhook include the items (in UltraCart: "
            "expansion item), then send the order again."
        )
    if not order.lines:
        return _park("The order has no items. Add them to the order in the shop, then send it again.")
    if order.total is None:
        return _park(
            "The shop sent the order without its total. Let its webhook include the summary (in UltraCart: "
            "expansion summary), then send the order again."
        )
    return None


def _skip(reason: str) -> Verdict:
    return Verdict(state="skipped", reason=reason)


def _park(reason: str) -> Verdict:
    return Verdict(state="parked", reason=reason, error_class="permanent")


# -- the order ------------------------------------------------------------------------------------------


def _plan_order(draft: _Draft, order: OrderData, source: SourceFacts, rules: Rules, names: Names) -> None:
    money = order_lines(order, rules, names)
    for text, level in money.remarks:
        draft.say(text, level)
    for text, level in money.charge_remarks:
        draft.say(text, level, about_charges=True)
    if money.problem:
        if money.setting:
            draft.verdict = Verdict(
                state="failed", reason=money.problem, error_class="configuration", setting=money.setting
            )
        else:
            draft.verdict = _park(money.problem)
        draft.say(money.problem, "error")
        return
    marker = order_marker(source.slug, order.shop_order_id)
    draft.steps.extend(_order_steps(draft, order, rules, marker, money))


def _order_steps(
    draft: _Draft, order: OrderData, rules: Rules, marker: str, money: OrderLines
) -> Iterator[PlannedStep]:
    yield PlannedStep(
        name="order",
        kind="create_order",
        args={"title": marker, "placed_at": order.placed_at.isoformat(), "left_out": list(money.left_out)},
        needs=("contact",),
    )
    for line in money.lines:
        yield PlannedStep(
            name=f"line:{line.key}", kind="add_line", args=line.to_args(money.currency), needs=("order",)
        )
    lines = tuple(f"line:{line.key}" for line in money.lines)
    total_args = {"expected": str(money.total), "currency": money.currency}
    yield PlannedStep(name="total", kind="check_total", args=total_args, needs=("order", *lines))
    yield from _payment_step(draft, order, rules, marker, money)
    notes = clean_text(_notes(order), remove_four_byte=rules.removes_four_byte)
    if notes:
        yield PlannedStep(
            name="order_fields",
            kind="set_order_fields",
            args={"notes": notes, "fields": {}},
            needs=("total",),
        )


def _payment_step(
    draft: _Draft, order: OrderData, rules: Rules, marker: str, money: OrderLines
) -> Iterator[PlannedStep]:
    if money.total == 0:
        draft.say("No payment is recorded: the total is zero.")
        return
    if order.money == MoneyState.ON_ACCOUNT:
        draft.say("No payment is recorded: the money has not come in yet (order on account).", "warning")
        return
    crm_type = rules.payment_types.get(order.payment_method.strip().casefold(), rules.default_payment_type)
    args = {
        "amount": str(money.total),
        "currency": money.currency,
        "paid_at": (order.paid_at or order.placed_at).isoformat(),
        "type": crm_type,
        "note": payment_note(marker, 1),
    }
    yield PlannedStep(name="payment", kind="record_payment", args=args, needs=("total",))


def _notes(order: OrderData) -> str:
    notes = []
    if order.is_test:
        notes.append("TEST ORDER")
    if order.coupons:
        notes.append("Coupons: " + ", ".join(coupon.typed or coupon.code for coupon in order.coupons))
    if order.paid_currency and order.paid_total is not None:
        notes.append(f"Paid by the buyer: {_plain(order.paid_total)} {order.paid_currency}")
    return "\n".join(notes)


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"


# -- tags -----------------------------------------------------------------------------------------------


def tag_names(order: OrderData, rules: Rules) -> tuple[str, ...]:
    """The tags the buyer is to get, each once: the general ones, then those of the items (kits and parts)."""
    found = dict.fromkeys(rules.contact_tags)
    for line in order.lines or ():
        found.update(dict.fromkeys(rules.product_tags.get(line.item_id, ())))
    return tuple(found)


def _tag_steps(draft: _Draft, order: OrderData, rules: Rules, names: Names) -> Iterator[PlannedStep]:
    seen: set[int] = set()
    for name in tag_names(order, rules):
        found = names.tags.get(name)
        if found is None or found.crm_id is None:
            draft.say(
                f"Tag “{name}” is not in the CRM, so it was not applied. Create it there or correct the name "
                "on the settings page, then resend.",
                "error",
            )
            continue
        if found.matches > 1:
            draft.say(f"The CRM has {found.matches} tags named “{name}”: the oldest is used.", "warning")
        if found.crm_id in seen:
            continue
        seen.add(found.crm_id)
        args = {"tag_id": found.crm_id, "name": name}
        yield PlannedStep(name=f"tag:{found.crm_id}", kind="apply_tag", args=args, needs=("contact",))
