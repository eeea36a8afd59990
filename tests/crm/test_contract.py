"""The contract of the CRM on the account, tags and products, judged by what is in the CRM afterwards."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from crm.contract import Crm
from crm.errors import CredentialsRejected, MissingInCrm, NotSupported
from crm.list_records import DirectoryKind
from crm.records import CartOrder, ContactData, MerchantMode, Money, OrderRef
from tests.crm.contract_helpers import ADAPTERS, MARKER, PLACED, Door, add_contact, connect, doors
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox

LACKED: dict[str, Callable[[Crm], object]] = {
    "read_merchant_mode": lambda crm: crm.read_merchant_mode(),
    "read_currency": lambda crm: crm.read_currency(),
    "read_time_zone": lambda crm: crm.read_time_zone(),
    "list_payment_types": lambda crm: crm.list_payment_types(),
    "delete_tag": lambda crm: crm.delete_tag(1),
    "list_directory(appointment_type)": lambda crm: crm.list_directory(DirectoryKind.APPOINTMENT_TYPE),
    "complete_appointment": lambda crm: crm.complete_appointment(1, PLACED),
    "run_action_set": lambda crm: crm.run_action_set(1, 2),
    "place_order(specials)": lambda crm: crm.place_order(
        CartOrder(contact_id=1, title=MARKER, placed_at=PLACED, product_ids=(1,), specials=True)
    ),
    "list_directory(action_set)": lambda crm: crm.list_directory(DirectoryKind.ACTION_SET),
}


def test_a_valid_key_shows_the_app(crm: Crm, recorder: Recorder) -> None:
    assert crm.probe_credentials().name == "demo"
    assert {outcome.app_name for outcome in recorder.outcomes} == {"demo"}


def test_a_wrong_key_is_rejected(door: Door, sandbox: Sandbox) -> None:
    with connect(door, sandbox, key="wrong-key") as crm:
        for call in (crm.probe_credentials, lambda: crm.create_tag("a")):
            with pytest.raises(CredentialsRejected) as caught:
                call()
            assert caught.value.setting == "credentials"
    assert sandbox.effects() == []


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_a_protocol_lacks_is_said_and_nothing_is_sent(name: str, sandbox: Sandbox) -> None:
    recorder = Recorder()
    door = next(door for door in doors() if door.adapter == name)
    with connect(door, sandbox, observer=recorder) as crm:
        for operation, call in LACKED.items():
            if operation in ADAPTERS[name].lacks:
                with pytest.raises(NotSupported) as caught:
                    call(crm)
                assert caught.value.setting and caught.value.message.count(".") >= 2
    assert ADAPTERS[name].lacks <= set(LACKED) and recorder.calls == []


@pytest.mark.needs("list_payment_types")
def test_payment_types_are_listed(crm: Crm) -> None:
    assert {"Credit Card (Manual)", "Cash", "Check"} <= set(crm.list_payment_types())


ACCOUNTS = [
    ([], MerchantMode.TEST),
    ([{"IsTest": 1, "IsDefault": 1}, {"IsTest": 0, "IsDefault": 0}], MerchantMode.TEST),
    ([{"IsTest": 1, "IsDefault": 0}, {"IsTest": 0, "IsDefault": 1}], MerchantMode.LIVE),
]


@pytest.mark.needs("read_merchant_mode")
@pytest.mark.parametrize(("accounts", "mode"), ACCOUNTS, ids=["none", "test", "live"])
def test_the_default_merchant_account_decides(
    crm: Crm, sandbox: Sandbox, accounts: list[dict[str, int]], mode: MerchantMode
) -> None:
    sandbox.seed(MerchantAccount=[{"Name": "Shop", "Type": "Authorize", **account} for account in accounts])
    assert crm.read_merchant_mode() is mode


@pytest.mark.needs("read_currency")
def test_the_account_s_currency_is_read(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.options(currency="JPY")
    assert crm.read_currency() == "JPY"


@pytest.mark.needs("read_time_zone")
def test_the_account_s_time_zone_is_read(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.clock(zone="Europe/Berlin")
    assert crm.read_time_zone() == "Europe/Berlin"


@pytest.mark.parametrize("given", ["token", "address"])
def test_all_pages_are_read_however_the_next_one_is_named(crm: Crm, sandbox: Sandbox, given: str) -> None:
    sandbox.options(rest_next_page=given)
    ids = sandbox.seed(ContactGroup=[{"GroupName": f"Tag {number}"} for number in range(1001)])[
        "ContactGroup"
    ]
    assert [tag.id for tag in crm.load_tags(ids)] == ids


def test_what_changes_nothing_sends_nothing(crm: Crm, recorder: Recorder) -> None:
    crm.update_contact(1, ContactData())
    crm.set_order_fields(OrderRef(invoice_id=1), {})
    assert crm.apply_tags(1, []) == {}
    assert recorder.calls == []


def test_what_nobody_is_called_is_not_asked_for(crm: Crm, recorder: Recorder) -> None:
    assert not any((crm.load_tags([]), crm.load_products([]), crm.find_tags(""), crm.find_orders(" ")))
    assert not any((crm.find_lead_sources(""), crm.find_affiliates(" "), crm.find_contacts_by_email("")))
    assert recorder.calls == []


# -- tags --------------------------------------------------------------------------------------------------


def tagged(sandbox: Sandbox) -> set[tuple[int, int]]:
    return {(row["ContactId"], row["GroupId"]) for row in sandbox.rows("ContactGroupAssign")}


def test_a_tag_is_applied_and_removed(crm: Crm, sandbox: Sandbox) -> None:
    contact_id, tag_id = add_contact(sandbox), crm.create_tag("Gold")
    assert crm.apply_tags(contact_id, [tag_id]) == {tag_id: True}
    assert set(crm.apply_tags(contact_id, [tag_id])) == {tag_id}
    assert tagged(sandbox) == {(contact_id, tag_id)}
    assert crm.remove_tag(contact_id, tag_id)
    crm.remove_tag(contact_id, tag_id)
    assert tagged(sandbox) == set()
    assert [effect["kind"] for effect in sandbox.effects()] == [
        "tag.created",
        "contact.tagged",
        "contact.untagged",
    ]


def test_several_tags_are_applied_once_each(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    tag_ids = sandbox.seed(ContactGroup=[{"GroupName": f"tag {n}"} for n in range(3)])["ContactGroup"]
    left, rounds = list(tag_ids), 0
    while left and rounds < 3:
        applied = crm.apply_tags(contact_id, left)
        assert left[0] in applied and set(applied.values()) == {True}
        left, rounds = [tag_id for tag_id in left if tag_id not in applied], rounds + 1
    assert left == [] and tagged(sandbox) == {(contact_id, tag_id) for tag_id in tag_ids}
    assert len(sandbox.effects("contact.tagged")) == 3


def test_either_reply_for_a_tag_already_there_is_taken(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.options(add_to_group_again=True)
    contact_id, tag_id = add_contact(sandbox), crm.create_tag("Gold")
    for _ in range(2):
        assert set(crm.apply_tags(contact_id, [tag_id])) == {tag_id}
    assert len(sandbox.effects("contact.tagged")) == 1


def test_a_tag_or_contact_that_is_gone_is_missing(crm: Crm, sandbox: Sandbox) -> None:
    with pytest.raises(MissingInCrm):
        crm.apply_tags(add_contact(sandbox), [987654])
    with pytest.raises(MissingInCrm):
        crm.apply_tags(987654, [crm.create_tag("Gold")])
    assert tagged(sandbox) == set()


ODD_NAMES = [
    "50%",
    "%",
    "~null~",
    "~>~ a",
    " ~x",
    "100\\% \\_",
    "a_c",
    "Gold",
    "<&>\"'",
    "Zoë 😀 שלום",
    " pad ",
    "a;b==c*",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_found_exactly(crm: Crm, sandbox: Sandbox, name: str) -> None:
    others = [name.upper() + "x", "x" + name, name.swapcase() + "%", "500", "gold", "abc", ""]
    rows = [{"GroupName": other} for other in others]
    wanted = sandbox.seed(ContactGroup=[*rows, {"GroupName": name}, {"GroupName": name}])["ContactGroup"][-2:]
    assert [(tag.id, tag.name) for tag in crm.find_tags(name)] == [(number, name) for number in wanted]


def test_more_than_a_page_of_tags_is_read(crm: Crm, sandbox: Sandbox, recorder: Recorder) -> None:
    ids = sandbox.seed(ContactGroup=[{"GroupName": f"tag {n} %"} for n in range(1005)])["ContactGroup"]
    last = crm.find_tags("tag 1004 %")
    assert [tag.id for tag in last] == ids[-1:]
    assert [tag.id for tag in crm.load_tags([*ids, 987654, ids[0]])] == ids
    assert len(recorder.calls) <= 8


# -- products ----------------------------------------------------------------------------------------------


def test_products_are_found_active_first(crm: Crm, sandbox: Sandbox) -> None:
    ids = sandbox.seed(
        Product=[
            {"ProductName": "MUG", "Status": 0},
            {"ProductName": "Mug", "Status": 1},
            {"ProductName": "MUG", "Status": 1, "Sku": "m-1"},
            {"ProductName": "MUG", "Status": 1},
        ]
    )["Product"]
    found = crm.find_products("MUG")
    assert [product.id for product in found] == [ids[2], ids[3], ids[0]]
    assert (found[0].sku, found[0].active, found[-1].active) == ("m-1", True, False)
    assert [product.id for product in crm.load_products([ids[3], ids[1], 987654])] == [ids[1], ids[3]]
    assert [product.id for product in crm.find_products_by_sku("m-1")] == [ids[2]]
    assert not any(map(crm.find_products_by_sku, ("M-1", "m-", "m%", " ")))


def test_a_product_is_made_active_at_its_price(crm: Crm, sandbox: Sandbox) -> None:
    made = crm.create_product("Tea cosy", "COSY-1", Money(amount=Decimal("12.50"), currency="USD"))
    (row,) = sandbox.rows("Product")
    kept = (row["Id"], row["ProductName"], row["Sku"], Decimal(str(row["ProductPrice"])), int(row["Status"]))
    assert kept == (made, "Tea cosy", "COSY-1", Decimal("12.50"), 1)
    assert [found.id for found in crm.find_products_by_sku("COSY-1")] == [made]
