"""The main job through every real process: shop's delivery in, CRM's end state out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from celery import Celery

from config.demo.orders import demo_orders, item, money
from tests.sandbox_client import ROOT
from tests.stack import (
    Stack,
    command_line,
    descendants,
    own_database,
    running_stack,
    started,
    wait_until,
)

SAMPLES = ROOT.parent / "shared" / "sources" / "samples" / "ultracart"
PAYABLE = {"DEMO-0009103116": "22.96", "DEMO-0009104390": "32.85", "DEMO-0009105091": "18.63"}
TITLE = "tea order {}"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack(DJANGO_SETTINGS_MODULE="tests.stack_settings") as running:
        yield running


def order(number: str, email: str = "") -> dict[str, Any]:
    """A paid order of three items like the demo's first, under another number."""
    paid = demo_orders()[0]
    billing = {**paid["billing"], "email": email or f"buyer-{number}@example.com".lower()}
    return {**paid, "order_id": number, "billing": billing}


def event(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"order_create": payload}]


def arrived(stack: Stack, *numbers: str) -> bool:
    """Whether the orders are there and paid; a head without lines owes nothing either."""
    invoices = stack.invoices()
    found = [invoices.get(TITLE.format(number)) for number in numbers]
    return all(row and float(row["InvoiceTotal"]) > 0 and float(row["TotalDue"]) == 0 for row in found)


def samples() -> dict[str, Any]:
    if not SAMPLES.is_dir():
        pytest.skip("the folder with the shop's sample payloads is not there")
    return {path.stem: json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))}


def test_the_demos_own_orders_flow_and_say_why_not(stack):
    wait_until(lambda: arrived(stack, "DEMO-1001", "DEMO-1002"))
    wait_until(lambda: is_idle(stack))  # the log's sentence and the tags come after the payment
    assert "still in Accounts Receivable" in stack.log_text("DEMO-1003")
    wait_until(lambda: "no e-mail address" in stack.log_text("DEMO-1004"))
    assert "GIFT-CARD was left out" in stack.log_text("DEMO-1002")


def test_the_demos_data_sets_have_rows_for_programs(stack):
    headers = {"Authorization": f"Api-Key {stack.facts['api_key']}"}

    def names(slug: str, column: str) -> list[str]:
        page = requests.get(stack.facts["datasets"][slug], headers=headers, timeout=10).json()
        return [row["values"][column] for row in page["results"]]

    wait_until(lambda: "TEAPOT" in names("products", "ProductName"))
    wait_until(lambda: "Newsletter" in names("tags", "GroupName"))


def test_every_sample_of_the_shop_arrives_to_the_cent_or_says_why_not(stack):
    contents = samples()
    for name, content in contents.items():
        is_delivery = "events" in content
        assert stack.post(content if is_delivery else event(content)).status_code == 200, name
    wait_until(lambda: arrived(stack, *PAYABLE))
    wait_until(lambda: is_idle(stack))
    invoices = stack.invoices()
    for number, total in PAYABLE.items():
        shop_total = contents[f"order-{number}"]["summary"]["total"]["value"]
        crm_total = float(invoices[TITLE.format(number)]["InvoiceTotal"])
        assert crm_total == shop_total == float(total)
    assert_payments_come_last(stack)
    wait_until(lambda: "without its items" in stack.log_text("DEMO-0009103110"))
    assert "still in Accounts Receivable" in stack.log_text("DEMO-0009104420")
    assert "1.30 USD that none of its lines explains" in stack.log_text("DEMO-0009104390")

    before = stack.sandbox.effects()
    deliveries = [content if "events" in content else event(content) for content in contents.values()]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(stack.post, deliveries * 16))
    assert {answer.status_code for answer in answers} == {200}
    marker = order("DEMO-AFTER-THE-FLOOD")
    stack.post(event(marker))
    wait_until(lambda: arrived(stack, "DEMO-AFTER-THE-FLOOD"), seconds=60)
    wait_until(lambda: is_idle(stack), seconds=60)
    ours = {effect["call"] for effect in stack.sandbox.effects()[len(before) :]}
    titles = [row["JobTitle"] for row in stack.sandbox.rows("Job")]
    assert len(titles) == len(set(titles))
    assert len(ours) == calls_of_one_order(stack)


HOSTILE = {
    "DEMO-NO-EMAIL": ({"billing": {"first_name": "Nobody"}}, "no e-mail address"),
    "DEMO-NO-LINES": ({"items": []}, "has no items"),
    "DEMO-STRANGER": ({"items": [item(1, "NEVER-HEARD-OF", "?", 1, 72.9)]}, "None of the order's items"),
    "DEMO-NEGATIVE": ({"summary": {"total": money(-4.0)}}, "total is negative"),
}


def test_bad_orders_are_parked_with_their_cure_and_stop_nobody(stack):
    events = [{"order_create": {**order(number), **changes}} for number, (changes, _) in HOSTILE.items()]
    name = {"first_name": "🎉 שָׁלוֹם " * 40, "last_name": "Ł" * 300, "email": "party@example.com"}
    events.append({"order_create": {**order("DEMO-NAMES"), "billing": name}})
    events.append({"order_create": {"order_id": 7, "creation_dts": "yesterday"}})
    assert stack.post(events).status_code == 200
    wait_until(lambda: arrived(stack, "DEMO-NAMES"))
    wait_until(lambda: is_idle(stack))
    (contact,) = [row for row in stack.sandbox.rows("Contact") if row["Email"] == "party@example.com"]
    assert contact["FirstName"].startswith("🎉 שָׁלוֹם 🎉")
    for number, (_, sentence) in HOSTILE.items():
        wait_until(lambda n=number, s=sentence: s in stack.log_text(n), what=sentence)
        assert TITLE.format(number) not in stack.invoices()
    assert "shortened to the 40" in stack.log_text("DEMO-NAMES")


@pytest.mark.parametrize(
    ("body", "status"), [(b"not json", 200), (b'{"a": [', 200), (b"", 400), (b"x" * 5_000_000, 413)]
)
def test_bad_bodies_are_answered_or_stored(stack, body, status):
    assert stack.post(body).status_code == status


def test_a_wrong_token_and_a_wrong_password_are_refused(stack):
    web = stack.facts["web_url"]
    hook = stack.facts["hooks"]["ultracart"]
    assert requests.post(f"{web}/hooks/nobody-knows/", data="[]", timeout=10).status_code == 404
    wrong = requests.post(web + hook["path"], data="[]", auth=(hook["basic"][0], "wrong"), timeout=10)
    assert wrong.status_code == 401
    assert "Basic" in wrong.headers["WWW-Authenticate"]


def assert_payments_come_last(stack: Stack) -> None:
    last: dict[int, str] = {}
    for effect in stack.sandbox.effects():
        if effect["kind"] in ("order.created", "line.added", "payment.recorded"):
            last[effect["ids"]["order"]] = effect["kind"]
    assert set(last.values()) == {"payment.recorded"}


def gauges(stack: Stack, name: str) -> float:
    """The sum of one metric over its labels."""
    lines = requests.get(stack.facts["web_url"] + "/metrics", timeout=10).text.splitlines()
    values = [float(line.split()[-1]) for line in lines if line.startswith(name)]
    assert values, name
    return sum(values)


def waiting_events(stack: Stack) -> float:
    return gauges(stack, "cascader_inbound_events_stored")


def is_idle(stack: Stack) -> bool:
    return waiting_events(stack) == 0 and gauges(stack, "cascader_replications_open") == 0


def calls_of_one_order(stack: Stack) -> int:
    """Effectful calls of `order()`: contact, head, six lines, payment, notes, four tags, shipment."""
    return 1 + 1 + 6 + 1 + 1 + 4 + 1


@pytest.mark.crash
def test_a_worker_killed_in_the_middle_of_a_call_loses_and_doubles_nothing(stack):
    stack.sandbox.faults({"method": "InvoiceService.addOrderItem", "call": 2, "do": "hold", "seconds": 20})
    before = len(stack.sandbox.calls("InvoiceService.addOrderItem"))
    stack.post(event(order("DEMO-KILLED")))
    stack.sandbox.wait_for_call("InvoiceService.addOrderItem", "applied", timeout=15, count=before + 2)
    stack.signal("celery", signal.SIGKILL)
    wait_until(lambda: arrived(stack, "DEMO-KILLED"))
    (job,) = [row for row in stack.sandbox.rows("Job") if row["JobTitle"] == TITLE.format("DEMO-KILLED")]
    lines = [row for row in stack.sandbox.rows("OrderItem") if row["OrderId"] == job["Id"]]
    assert len(lines) == 6
    assert len([row for row in stack.sandbox.rows("Contact") if "killed" in row["Email"]]) == 1
    wait_until(lambda: stack.pids("celery"))


def test_ten_orders_survive_an_emptied_broker(stack):
    numbers = [f"DEMO-EMPTIED-{n}" for n in range(10)]
    wait_until(lambda: is_idle(stack))  # a process stopped inside a transaction would lock SQLite for all
    for words in ("celery", "scheduler"):
        stack.signal(words, signal.SIGSTOP)
    try:
        for number in numbers:
            assert stack.post(event(order(number))).status_code == 200
        empty_broker(stack)
    finally:
        for words in ("celery", "scheduler"):
            stack.signal(words, signal.SIGCONT)
    wait_until(lambda: arrived(stack, *numbers), seconds=60)


def empty_broker(stack: Stack) -> None:
    lines = Path(f"/proc/{stack.process.pid}/environ").read_text().split("\0")
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    url = environment.get("CELERY_BROKER_URL", "")
    if not url:
        for message in (stack.folder / "queue").glob("*.msg"):
            message.unlink()
        return
    app = Celery(broker=url, set_as_current=False)
    with app.connection_for_write() as connection:
        queue = app.amqp.queues.new_missing(environment["CELERY_QUEUE"])
        queue(connection.default_channel).purge()


def test_ten_orders_arrive_without_any_broker():
    with running_stack(CELERY_BROKER_URL="redis://127.0.0.1:1/0") as stack:
        numbers = [f"DEMO-ALONE-{n}" for n in range(10)]
        for number in numbers:
            assert stack.post(event(order(number))).status_code == 200
        wait_until(lambda: arrived(stack, *numbers), seconds=60)


@pytest.mark.embedded
def test_stopping_leaves_no_process_and_starting_again_goes_on(tmp_path):
    with own_database() as database:
        with started(tmp_path, database) as stack:
            wait_until(lambda: arrived(stack, "DEMO-1001"))
            children = descendants(stack.process.pid)
            assert len(children) >= 4
        assert [pid for pid in children if command_line(pid)] == []
        with started(tmp_path, database) as stack:
            assert arrived(stack, "DEMO-1001")
            stack.post(event(order("DEMO-AGAIN")))
            wait_until(lambda: arrived(stack, "DEMO-AGAIN"))
            children = descendants(stack.process.pid)
            stack.process.kill()
            wait_until(lambda: not [pid for pid in children if command_line(pid)])


def test_a_taken_port_is_named(stack, tmp_path):
    web = stack.facts["web_url"].rpartition(":")[2]
    environment = {**os.environ, "CASCADER_DATA_DIR": str(tmp_path), "CASCADER_WEB_PORT": web}
    command = [sys.executable, "manage.py", "demo"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert f"Port {web} is taken" in ended.stderr
    assert "CASCADER_WEB_PORT" in ended.stderr


def test_demo_info_prints_json_alone(stack):
    environment = {**os.environ, "CASCADER_DATA_DIR": str(stack.folder)}
    command = [sys.executable, "manage.py", "demo_info"]
    printed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout
    facts = json.loads(printed)
    assert set(facts) >= {"web_url", "sandbox_url", "username", "password", "merchant", "api_key", "crm_key"}
    assert set(facts["hooks"]["ultracart"]) == {"path", "basic"}
    answer = requests.get(
        f"{facts['web_url']}/api/v1/orders/",
        headers={"Authorization": f"Api-Key {facts['api_key']}"},
        timeout=10,
    )
    assert answer.status_code == 200
