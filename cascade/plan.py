"""The shapes of a plan: its steps, the decisions behind them, and how it ends for a reason found early."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST_NAME = 120
INTEGRATION_OFF = "Not sent: the integration is off. Enable it on the settings page, then resend."


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One sentence of the decision trace. `about_charges`: it tells how this plan explains the total."""

    text: str
    level: str = "info"
    about_charges: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanVerdict:
    """How the replication ends for a reason found while planning; `setting` names what cures it.

    `by_another`: another order decided it, so a change of that one asks again.
    """

    state: str
    reason: str
    error_class: str = ""
    setting: str = ""
    by_another: bool = False


def step_name(kind: str, *parts: str) -> str:
    """A step's name made of words from outside: no two share one, however long or alike they are."""
    name = ":".join((kind, *parts))
    if len(name) <= LONGEST_NAME and not any(":" in part for part in parts):
        return name
    mark = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}~{mark}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """`name` is unique in the plan and ends the effect key; `needs`, not position, says what blocks it."""

    name: str
    kind: str
    args: dict[str, Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyIn:
    """What the shop has of an order's money, in all, and how a payment of it looks; as plain JSON values.

    `waits`: by setting it is not recorded before the rest came in. `paid_at` is blank where the shop tells no
    time of payment; `told_at` is when it told the amount.
    """

    amount: str
    waits: bool
    currency: str
    type: str
    paid_at: str
    placed_at: str
    told_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """`leaves_order`: nothing more is done to the CRM's order, not even what was begun. `again`: once these
    steps are done, the rest is planned."""

    steps: tuple[PlannedStep, ...] = ()
    decisions: tuple[Decision, ...] = ()
    verdict: PlanVerdict | None = None
    leaves_order: bool = False
    money_in: MoneyIn | None = None
    again: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        return cls(
            steps=tuple(PlannedStep(**{**step, "needs": tuple(step["needs"])}) for step in data["steps"]),
            decisions=tuple(Decision(**item) for item in data["decisions"]),
            verdict=PlanVerdict(**data["verdict"]) if data["verdict"] else None,
            leaves_order=data.get("leaves_order", False),
            money_in=MoneyIn(**data["money_in"]) if data.get("money_in") else None,
            again=data.get("again", False),
        )


@dataclass(slots=True)
class Draft:
    steps: list[PlannedStep] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    verdict: PlanVerdict | None = None
    leaves_order: bool = False
    money_in: MoneyIn | None = None
    again: bool = False

    def say(self, text: str, level: str = "info", *, about_charges: bool = False) -> None:
        self.decisions.append(Decision(text=text, level=level, about_charges=about_charges))

    def plan(self) -> Plan:
        return Plan(
            steps=tuple(self.steps),
            decisions=tuple(self.decisions),
            verdict=self.verdict,
            leaves_order=self.leaves_order,
            money_in=self.money_in,
            again=self.again,
        )


def skip(reason: str) -> PlanVerdict:
    return PlanVerdict(state="skipped", reason=reason)


def skipped(reason: str) -> Plan:
    draft = Draft(verdict=skip(reason))
    draft.say(reason)
    return draft.plan()
