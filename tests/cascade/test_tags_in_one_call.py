"""Several tags in one call where the protocol can, and one deleted tag that keeps no other away."""

from __future__ import annotations

import pytest

from cascade.models import JournalEntry, Replication
from cascade.services import replication_resend
from mappings.models import DirectoryEntry
from tests.cascade.cart_shop import by_hand, set_up
from tests.cascade.conftest import Shop

State = Replication.State
FOUR = ("Customer", "Spring", "Dog owner", "Newsletter")
IN_ONE_CALL = "POST /v1/contacts/{contact_id}/tags"


def four_tags(shop: Shop, protocol: str) -> dict[str, int]:
    set_up(shop, protocol, contact_tags=", ".join(FOUR), skip_order_creation=True)
    shop.sandbox.seed(ContactGroup=[{"GroupName": name} for name in ("Spring", "Newsletter")])
    return {row["GroupName"]: row["Id"] for row in shop.sandbox.rows("ContactGroup")}


def tagged(shop: Shop, email: str = "ada@example.com") -> set[int]:
    (contact,) = [row["Id"] for row in shop.sandbox.rows("Contact") if row["Email"] == email]
    return {row["GroupId"] for row in shop.sandbox.rows("ContactGroupAssign") if row["ContactId"] == contact}


@pytest.mark.parametrize("answer", ["words", "success", "empty"])
def test_all_tags_go_in_one_call_whatever_it_answers(shop, answer):
    ids = four_tags(shop, "rest")
    shop.sandbox.options(v1_tags_reply=answer)
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason
    assert tagged(shop) == set(ids.values())
    assert len(shop.sandbox.calls(IN_ONE_CALL)) == 1
    assert set(JournalEntry.objects.filter(kind="apply_tag").values_list("state", flat=True)) == {"done"}


def test_each_order_asks_for_its_tags_again(shop):
    four_tags(shop, "rest")
    shop.drive(shop.replication(shop_order_id="A"))
    contact = shop.sandbox.rows("Contact")[0]["Id"]
    for row in shop.sandbox.rows("ContactGroupAssign"):
        by_hand(shop, "ContactService.removeFromGroup", contact, row["GroupId"])  # as campaigns do
    shop.drive(shop.replication(shop_order_id="B"))
    assert (len(tagged(shop)), len(shop.sandbox.calls(IN_ONE_CALL))) == (4, 2)


@pytest.mark.parametrize("deleted", [FOUR[0], FOUR[1], FOUR[3]])
@pytest.mark.parametrize("protocol", ["rest", "xmlrpc", "automatic"])
def test_a_deleted_tag_is_a_failure_that_names_it_and_keeps_no_other_away(shop, protocol, deleted):
    ids = four_tags(shop, protocol)
    shop.drive(shop.replication(shop_order_id="A"))  # now the names are known
    shop.sandbox.reset()
    left = [{"Id": ids[name], "GroupName": name} for name in FOUR if name != deleted]
    shop.sandbox.seed(ContactGroup=left)
    ended = shop.drive(shop.replication(shop_order_id="B", email="bob@example.com"))
    assert tagged(shop, "bob@example.com") == set(ids.values()) - {ids[deleted]}
    assert (ended.state, ended.error_class, ended.setting) == (State.FAILED, "configuration", "tags")
    assert f"“{deleted}”" in ended.reason
    refused = JournalEntry.objects.get(kind="apply_tag", state="rejected")
    assert refused.args == {"tag_id": ids[deleted], "name": deleted}
    assert not DirectoryEntry.objects.filter(crm_id=ids[deleted]).exists()
    again = shop.drive(replication_resend(ended, user=None))
    assert (again.state, again.level) == (State.SUCCEEDED, "error")
    assert f"Tag “{deleted}” is not in the CRM" in again.reason


def test_a_lost_reply_to_the_one_call_is_simply_repeated(shop):
    ids = four_tags(shop, "rest")
    shop.sandbox.faults({"method": IN_ONE_CALL, "call": 1, "do": "drop_after"})
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    assert tagged(shop) == set(ids.values())
    assert len(shop.sandbox.effects("contact.tagged")) == 4
