from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire
from tests.sandbox_client import Row, Sandbox


def test_health_names_the_app(sandbox: Sandbox) -> None:
    assert sandbox.control("GET", "health") == {"status": "ok", "app": "demo"}


def test_seeding_ignores_access_rights_but_not_names_and_types(sandbox: Sandbox) -> None:
    ids = sandbox.seed(
        Invoice=[{"Id": 4000, "InvoiceTotal": 10.5}],
        User=[{"FirstName": "Uma"}],
        DataFormField=[{"FormId": -1, "Name": "Shoe", "DataType": 12}],
        Contact=[{"_Shoe": 42}],
    )
    assert ids["Invoice"] == [4000]
    assert len({key for keys in ids.values() for key in keys}) == 4
    assert sandbox.rows("Invoice")[0]["InvoiceTotal"] == "10.5"
    assert sandbox.rows("Contact")[0]["_Shoe"] == 42
    assert sandbox.effects() == []


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"Nope": [{}]}, "no table Nope"),
        ({"Contact": [{"Surname": "x"}]}, "Contact has no Surname"),
        ({"Contact": [{"Id": 2}, {"Id": 2}]}, "has a row 2 already"),
        ({"Contact": ["Ann"]}, "is an object"),
        ({"Product": [{"ProductPrice": "dear"}]}, "not a Double"),
    ],
)
def test_a_wrong_seed_is_refused_whole(sandbox: Sandbox, tables: dict[str, list[Row]], reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        sandbox.seed(ContactGroup=[{"GroupName": "VIP"}], **tables)
    assert sandbox.rows("ContactGroup") == []


def test_a_reset_forgets_rows_effects_and_calls(crm: Wire) -> None:
    crm("ContactService.add", {"Email": "a@example.com"})
    crm.sandbox.reset()
    assert crm.sandbox.rows("Contact") == crm.sandbox.effects() == crm.sandbox.calls() == []


def test_calls_are_numbered_and_say_how_they_ended(crm: Wire) -> None:
    crm("ContactService.add", {"Email": "a@example.com"})
    crm.fault("ContactService.load", 9999, ["Id"])
    first, second = crm.sandbox.calls()
    assert (first["number"], first["method"], first["path"]) == (1, "ContactService.add", "/api/xmlrpc")
    assert (first["state"], first["applied"]) == ("answered", True)
    assert (second["number"], second["state"], second["applied"]) == (2, "answered", False)


def test_lists_can_be_read_from_a_number_on(crm: Wire) -> None:
    for number in range(3):
        crm("ContactService.add", {"Email": f"{number}@example.com"})
    assert [e["number"] for e in crm.sandbox.control("GET", "effects?after=1")["effects"]] == [2, 3]
    assert [c["number"] for c in crm.sandbox.control("GET", "calls?after=2")["calls"]] == [3]


@pytest.mark.parametrize(("verb", "path"), [("GET", "nothing"), ("POST", "effects"), ("GET", "tables/Nope")])
def test_unknown_control_requests_are_refused(sandbox: Sandbox, verb: str, path: str) -> None:
    with pytest.raises(RuntimeError, match="no "):
        sandbox.control(verb, path)


def test_waiting_for_a_call_that_does_not_come_gives_up(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        sandbox.wait_for_call("ContactService.add", timeout=0.05)


def test_concurrent_calls_are_atomic_and_lose_nothing(crm: Wire) -> None:
    [contact] = crm.sandbox.seed(Contact=[{"Email": "a@example.com"}])["Contact"]
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", datetime(2026, 1, 2), 0, 0)

    def add_line(number: int) -> bool:
        return bool(crm("InvoiceService.addOrderItem", invoice, 0, 3, 1.25, 1, f"line {number}", ""))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(add_line, range(40)))
    assert crm.sandbox.rows("Invoice")[0]["TotalDue"] == "50.00"
    assert len({effect["number"] for effect in crm.sandbox.effects("line.added")}) == 40
