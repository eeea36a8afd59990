"""`python -m tests.cases [part of a name …]`: payloads after public bug reports, each to its right end.

Starts the whole product with a sandbox CRM, makes a CRM product of every item, and delivers each case of the
shared folder to a source of its own with a buyer of its own, as its shop would: signed, or served by a SOAP
server and asked for. A case of several deliveries gets each of them after the one before has come to rest.
Then the CRM is held against `tests.shop_cases`. Prints a table; ends with 1 if one case ended otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from tests.carts.shops.magento.server import KEY, USER, MagentoShopServer, magento_server
from tests.sample_payloads import SIGNATURES, is_idle, items_of, signature_of, use_database_of
from tests.shop_cases import CASES, End
from tests.stack import ROOT, Stack, running_stack, wait_until

FOLDER = ROOT.parent / "shared" / "cases" / "shops"
TOPICS = {"shopify": "X-Shopify-Topic", "woocommerce": "X-WC-Webhook-Topic"}
WITHOUT_PRODUCT = {"FREE-PEN"}
# Cases that want a CRM product which would change the end of the others: sent last, over a connection of
# their own, because the CRM's answer "there is none" is remembered for a while.
LATE_PRODUCTS = {"sh-tip-with-crm-product": "Tip"}


@dataclass
class Case:
    name: str
    platform: str
    deliveries: list[tuple[str, bytes]]  # topic and body
    ends: tuple[End, ...]
    source: Any = None
    shop: MagentoShopServer | None = None
    got: str = ""
    problems: list[str] = field(default_factory=list)


def main(names: list[str]) -> int:
    cases = [case for case in cases_read() if not names or any(name in case.name for name in names)]
    with ExitStack() as stacked:
        stack = stacked.enter_context(running_stack(DJANGO_SETTINGS_MODULE="tests.stack_settings"))
        use_database_of(stack)
        stack.sandbox.seed(Product=[product(name) for name in items_sold(cases)])
        early = [case for case in cases if case.name not in LATE_PRODUCTS]
        run(early, stack, stacked, connection_of(stack))
        if late := [case for case in cases if case.name in LATE_PRODUCTS]:
            stack.sandbox.seed(Product=[product(LATE_PRODUCTS[case.name]) for case in late])
            run(late, stack, stacked, connection_of(stack, another=True))
        held = held_in_crm(stack)
        for case in cases:
            judge(case, held)
    print_table(cases)
    right = sum(not case.problems for case in cases)
    print(f"\n{len(cases)} cases, {right} ended right")
    return 0 if cases and right == len(cases) else 1


def cases_read() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.meta.json")):
        name, meta = path.name.removesuffix(".meta.json"), json.loads(path.read_text())
        steps = FOLDER / f"{name}.sequence.json"
        if steps.exists():
            told = [(step["topic"], step["body"]) for step in json.loads(steps.read_text())]
        else:
            topic = meta["headers"].get(TOPICS.get(meta["platform"], ""), "")
            told = [(topic, json.loads((FOLDER / f"{name}.json").read_text()))]
        deliveries = [(topic, own_buyer(body, name)) for topic, body in told]
        yield Case(name, meta["platform"], deliveries, CASES[name])


def own_buyer(body: Any, name: str) -> bytes:
    """The cases share buyers; tags and new or repeat are a buyer's."""
    return json.dumps(body).replace("@", f".{name}@").encode()


def items_sold(cases: list[Case]) -> set[str]:
    paths = (path for case in cases for path in FOLDER.glob(f"{case.name}.json"))
    return {name for path in paths for name in items_of(path)} - WITHOUT_PRODUCT


def product(name: str) -> dict[str, Any]:
    return {"ProductName": name, "ProductPrice": 1, "Status": 1}


def connection_of(stack: Stack, *, another: bool = False) -> Any:
    from mappings.models import Connection

    connection = Connection.objects.order_by("id")[0]
    if another:
        connection.pk, connection.name = None, "Another"
        connection._state.adding = True
        connection.save()
    return connection


# -- the deliveries -----------------------------------------------------------------------------------------


def run(cases: list[Case], stack: Stack, stacked: ExitStack, connection: Any) -> None:
    from intake.sources import source_create

    for case in cases:
        secrets: dict[str, str] = {}
        if case.platform in SIGNATURES:
            secrets = {"signing_secret": "a secret"}
        elif case.platform == "ultracart":
            secrets = {"basic_user": "shop", "basic_password": "a password"}
        elif case.platform == "magento":
            case.shop = stacked.enter_context(
                magento_server(Path(stacked.enter_context(TemporaryDirectory())))
            )
            secrets = {"shop_url": case.shop.url, "api_user": USER, "api_secret": KEY}
        slug = case.name[-30:].strip("-")
        case.source = source_create(connection, slug=slug, name=slug, platform=case.platform, **secrets)
    for step in range(max((len(case.deliveries) for case in cases), default=0)):
        for case in cases:
            if step < len(case.deliveries):
                deliver(case, *case.deliveries[step], stack)
        wait_until(is_idle, seconds=180)


def deliver(case: Case, topic: str, body: bytes, stack: Stack) -> None:
    from intake.polling.readings import reading_open

    if case.shop is not None:
        order = json.loads(body)
        case.shop.knows(order)
        reading_open(case.source, order["increment_id"])
        return
    headers = {"Content-Type": "application/json"}
    if case.platform in SIGNATURES:
        headers |= {TOPICS[case.platform]: topic}
        headers |= {SIGNATURES[case.platform]: signature_of(body, case.source.signing_secret)}
    url = f"{stack.facts['web_url']}/hooks/{case.source.token}/"
    auth = (case.source.basic_user, case.source.basic_password)
    requests.post(url, data=body, headers=headers, auth=auth, timeout=30).raise_for_status()


# -- what the CRM and the log hold --------------------------------------------------------------------------


@dataclass
class Held:
    """The CRM's tables, by what they hang on."""

    invoices: dict[str, list[dict[str, Any]]]  # by the start of the order's title, which is the slug
    items: dict[int, list[dict[str, Any]]]  # by order
    contacts: dict[str, dict[str, Any]]  # by e-mail
    tags: dict[int, set[str]]  # by contact
    notes: dict[int, str]  # by contact


def held_in_crm(stack: Stack) -> Held:
    rows = stack.sandbox.rows
    jobs = {row["Id"]: row for row in rows("Job")}
    names = {row["Id"]: row["GroupName"] for row in rows("ContactGroup")}
    held = Held({}, {}, {str(row.get("Email") or "").lower(): row for row in rows("Contact")}, {}, {})
    for row in rows("Invoice"):
        title = str(jobs[row["JobId"]].get("JobTitle") or "")
        held.invoices.setdefault(title.partition(" ")[0], []).append(row)
    for row in rows("OrderItem"):
        held.items.setdefault(row["OrderId"], []).append(row)
    for contact in held.contacts.values():
        ids = str(contact.get("Groups") or "").split(",")
        held.tags[contact["Id"]] = {names[int(one)] for one in ids if one}
    for row in rows("ContactAction"):
        note = f"{row.get('ActionDescription') or ''} {row.get('CreationNotes') or ''}\n"
        held.notes[row["ContactId"]] = held.notes.get(row["ContactId"], "") + note
    return held


def judge(case: Case, held: Held) -> None:
    """Fill what the case ended as, and what is wrong with it by the nearest of its right ends."""
    from cascade.models import JournalEntry, Replication
    from intake.models import InboundEvent

    latest: dict[str, Any] = {}
    texts: list[str] = []
    replications = Replication.objects.filter(source=case.source).order_by("id")
    for replication in replications:
        latest[f"{replication.kind} {replication.subject_key}"] = replication
        texts.append(replication.reason)
        texts += [decision["text"] for decision in (replication.plan or {}).get("decisions", ())]
    for entry in JournalEntry.objects.filter(replication__in=replications):
        texts += [entry.note, json.dumps(entry.args)]
    states = [row.state for row in latest.values()]
    for event in InboundEvent.objects.filter(source=case.source, state__in=("ignored", "parked")):
        states.append(event.state)
        texts.append(event.problem)
    ours = [row for email, row in held.contacts.items() if f".{case.name}@" in email]
    texts += [held.notes.get(row["Id"], "") for row in ours]
    told = "\n".join(texts)
    invoices = held.invoices.get(case.source.slug, [])
    invoices.sort(key=lambda row: Decimal(str(row["InvoiceTotal"])))
    totals = tuple(f"{Decimal(str(row['InvoiceTotal'])):.2f}" for row in invoices)
    paid = tuple(f"{Decimal(str(row['TotalPaid'])):.2f}" for row in invoices)
    items = [item for row in invoices for item in held.items.get(row["JobId"], ())]
    tags = {tag for row in ours for tag in held.tags[row["Id"]]}
    state = next((one for one in states if one != "skipped"), states[0] if states else "nothing came")
    case.got = (
        f"{state}: {', '.join(f'{a} paid {b}' for a, b in zip(totals, paid, strict=True)) or 'no order'}"
    )
    wrong = [list(_wrong(end, state, totals, paid, items, tags, told, ours)) for end in case.ends]
    case.problems = min(wrong, key=len)


def _wrong(
    end: End,
    state: str,
    totals: tuple[str, ...],
    paid: tuple[str, ...],
    items: list[dict[str, Any]],
    tags: set[str],
    told: str,
    contacts: list[dict[str, Any]],
) -> Iterator[str]:
    if state not in end.states:
        yield f"ended {state}, not {' or '.join(end.states)}"
    if (totals, paid) != (end.totals, end.paid):
        yield f"{totals} paid {paid}, not {end.totals} paid {end.paid}"
    yield from (f"nothing says “{word}”" for word in end.told if word.lower() not in told.lower())
    yield from (f"something says “{word}”" for word in end.untold if word.lower() in told.lower())
    yield from (f"tag {tag} is missing" for tag in end.tags if tag not in tags)
    yield from (f"tag {tag} is there" for tag in end.no_tags if tag in tags)
    if end.contact and not contacts:
        yield "no contact"
    amounts = {f"{Decimal(str(item['PPU'])) * int(item['Qty']):.2f}" for item in items}
    yield from (f"no line of {line}" for line in end.lines if line not in amounts)
    names = {str(item["ItemName"] or item["ItemDescription"]) for item in items}
    if end.rounded and "Rounding" not in names:
        yield f"no line named Rounding among {sorted(names)}"


def print_table(cases: list[Case]) -> None:
    print("| case | ended | as it should |")
    print("|---|---|---|")
    for case in cases:
        print(f"| {case.name} | {case.got} | {'; '.join(case.problems) or 'yes'} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
