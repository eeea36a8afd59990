"""What is wrong with a recorded history: the CRM's effects, beside what shops had told by then.

`python -m tests.recorded_history <effects> <told>` reads two files of JSON, one object a line: the effects as
`python -m sandbox --effects` writes them, and what was delivered (`Told`). It prints what is wrong, and fails
if anything is. It knows nothing of our database, so it can judge any run, whatever was killed in it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

Effect = Mapping[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One delivered version of an order: what it permits in the CRM. `tags` are ids, `goals` call names."""

    title: str
    email: str
    total: str
    received: str
    tags: tuple[int, ...] = ()
    goals: tuple[str, ...] = ()
    at: str = ""  # when it was delivered, by the clock of the effects


@dataclass
class _Order:
    title: str
    lines: Decimal = Decimal(0)
    payments: list[Decimal] = field(default_factory=list)


class _History:
    """What the effects made so far, and what was wrong with them. A method for each kind of effect."""

    def __init__(self, told: Sequence[Told]) -> None:
        self.wrong: list[str] = []
        self.by_title: dict[str, list[Told]] = defaultdict(list)
        self.by_email: dict[str, list[Told]] = defaultdict(list)
        self.emails: dict[int, str] = {}
        self.orders: dict[int, _Order] = {}
        self.goals: Counter[tuple[int, str]] = Counter()
        for one in told:
            self.by_title[one.title].append(one)
            self.by_email[one.email.casefold()].append(one)

    def take(self, effect: Effect) -> None:
        judge = getattr(self, str(effect["kind"]).replace(".", "_"), None)
        if judge is not None:
            for sentence in judge(effect, effect["ids"], effect["values"]) or ():
                self.wrong.append(f"effect {effect.get('number')}: {sentence}")

    def contact_created(self, effect: Effect, ids: Values, values: Values) -> Iterator[str]:
        email = str(values.get("Email") or "").casefold()
        if email in self.emails.values():
            yield f"a second contact of {email}"
        if not _before(self.by_email.get(email, ()), effect):
            yield f"nobody had told of {email}"
        self.emails[ids["contact"]] = email

    def order_created(self, effect: Effect, ids: Values, values: Values) -> None:
        self.orders[ids["order"]] = _Order(str(values["title"]))

    def order_updated(self, effect: Effect, ids: Values, values: Values) -> None:
        if values.get("JobTitle"):
            self.orders[ids["order"]].title = str(values["JobTitle"])

    def line_added(self, effect: Effect, ids: Values, values: Values) -> None:
        self.orders[ids["order"]].lines += Decimal(values["amount"])

    def payment_recorded(self, effect: Effect, ids: Values, values: Values) -> Iterator[str]:
        order = self.orders[ids["order"]]
        order.payments.append(Decimal(values["amount"]))
        before = _before(self.by_title.get(order.title, ()), effect)
        if order.lines not in {Decimal(one.total) for one in before}:
            yield f"{order.title} was paid at {order.lines}, told otherwise"
        if sum(order.payments) > max((Decimal(one.received) for one in before), default=Decimal(0)):
            yield f"{order.title} has {sum(order.payments)}, more than told"

    def contact_tagged(self, effect: Effect, ids: Values, values: Values) -> Iterator[str]:
        before = _before(self.by_email.get(self.emails.get(ids["contact"], ""), ()), effect)
        if not any(ids["tag"] in one.tags for one in before):
            yield f"tag {ids['tag']} without an order that has it"

    def goal_achieved(self, effect: Effect, ids: Values, values: Values) -> None:
        self.goals[ids["contact"], str(values["call_name"])] += 1

    def doubled(self) -> Iterator[str]:
        titles = Counter(order.title for order in self.orders.values())
        yield from (f"{count} orders are titled {title!r}" for title, count in titles.items() if count > 1)
        for (contact, name), count in self.goals.items():
            told = self.by_email[self.emails.get(contact, "")]
            orders = {one.title for one in told if name in one.goals}
            if count > len(orders):
                yield f"goal {name} was achieved {count} times for {len(orders)} orders"

    def missing(self) -> Iterator[str]:
        orders = {order.title: order for order in self.orders.values()}
        yield from (f"nobody told of an order {title!r}" for title in orders.keys() - self.by_title.keys())
        for title, versions in self.by_title.items():
            if title not in orders:
                yield f"{title} is missing"
            elif sum(orders[title].payments) not in {Decimal(one.received) for one in versions}:
                yield f"{title} has {sum(orders[title].payments)} paid, told otherwise"


def wrong_in(effects: Iterable[Effect], told: Sequence[Told], *, ended: bool = True) -> list[str]:
    """Sentences, none if all is well. Until it has `ended`, what is still missing is not wrong.

    Held to: nothing in the CRM without a delivery before it; no contact and no order twice; no payment before
    the order is whole, nor above what was told; no tag, and no goal more often, than orders call for.
    """
    history = _History(told)
    for effect in effects:
        history.take(effect)
    return [*history.wrong, *history.doubled(), *(history.missing() if ended else ())]


def _before(told: Iterable[Told], effect: Effect) -> list[Told]:
    return [one for one in told if one.at <= str(effect["at"])]


def main(effects: str, told: str) -> int:
    rows = [json.loads(line) for line in Path(effects).read_text().splitlines()]
    since = max((n for n, row in enumerate(rows, 1) if row["kind"] == "sandbox.reset"), default=0)
    versions = [Told(**json.loads(line)) for line in Path(told).read_text().splitlines()]
    wrong = wrong_in(rows[since:], versions)
    print("\n".join(wrong) or f"{len(rows) - since} effects of {len(versions)} deliveries: nothing is wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
