"""Tags over REST: many in one call where v1 is alive, whatever it answers."""

from __future__ import annotations

import pytest

from crm.errors import MissingInCrm
from tests.crm.contract_helpers import add_contact
from tests.crm.rest.rest_helpers import answer, methods, rest_at, rest_on
from tests.crm.wire_server import sends, wire_server
from tests.sandbox_client import Sandbox

ALL_IN_ONE = "POST /v1/contacts/{contact_id}/tags"
ONE = "POST /v2/tags/{tag_id}/contacts:applyTags"


def tags(sandbox: Sandbox, count: int = 3) -> list[int]:
    return sandbox.seed(ContactGroup=[{"GroupName": f"tag {n}"} for n in range(count)])["ContactGroup"]


@pytest.mark.parametrize("reply", ["words", "success", "empty", "entries"])
def test_all_tags_go_in_one_call(sandbox: Sandbox, reply: str) -> None:
    sandbox.options(v1_tags_reply=reply)
    contact_id, wanted = add_contact(sandbox), tags(sandbox)
    with rest_on(sandbox) as crm:
        assert crm.apply_tags(contact_id, [*wanted, wanted[0]]) == dict.fromkeys(wanted, True)
        again = crm.apply_tags(contact_id, wanted)
    is_told = reply in ("words", "entries")
    assert set(again) == set(wanted) and set(again.values()) == {not is_told}
    assert methods(sandbox) == [ALL_IN_ONE] * 2
    assert len(sandbox.effects("contact.tagged")) == 3


def test_without_v1_the_first_is_applied(sandbox: Sandbox) -> None:
    contact_id, wanted = add_contact(sandbox), tags(sandbox)
    with rest_on(sandbox, alive=lambda protocol: protocol != "rest_v1") as crm:
        assert crm.apply_tags(contact_id, wanted) == {wanted[0]: True}
        with pytest.raises(MissingInCrm):
            crm.apply_tags(contact_id, [987654])
    assert methods(sandbox) == [ONE, ONE]


def test_a_tag_that_is_gone_stops_only_itself(sandbox: Sandbox) -> None:
    contact_id, (first, second) = add_contact(sandbox), tags(sandbox, 2)
    with rest_on(sandbox) as crm:
        applied = crm.apply_tags(contact_id, [first, 987654])
        assert 987654 not in applied and first in applied
        with pytest.raises(MissingInCrm):
            crm.apply_tags(contact_id, [987654, second])
        assert second in crm.apply_tags(contact_id, [second])


REFUSED = answer({"message": "Tag 7 not found"}, "404 Not Found")


def test_a_refusal_of_all_is_tried_with_the_first_alone() -> None:
    taken = answer({"5": "SUCCESS"})
    with wire_server(sends(REFUSED, taken)) as server, rest_at(server.url) as crm:
        assert crm.apply_tags(1, [5, 7]) == {5: True}
        assert [request.rpartition(b"\r\n\r\n")[2] for request in server.requests] == [
            b'{"tagIds": [5, 7]}',
            b'{"tagIds": [5]}',
        ]


@pytest.mark.parametrize(
    ("reply", "applied"),
    [
        ({"5": "SUCCESS", "7": "DUPLICATE"}, {5: True, 7: False}),
        ({"5": "DUPLICATE", "7": "FAILURE"}, {5: False}),
        ({"results": {"5": "SUCCESS"}}, {5: True}),
        ({}, {5: True, 7: True}),
        ([], {5: True, 7: True}),
        (b"", {5: True, 7: True}),
    ],
    ids=str,
)
def test_every_form_of_the_reply_is_understood(reply: object, applied: dict[int, bool]) -> None:
    with wire_server(sends(answer(reply))) as server, rest_at(server.url) as crm:
        assert crm.apply_tags(1, [5, 7]) == applied


def test_no_tags_are_no_call(sandbox: Sandbox) -> None:
    with rest_on(sandbox) as crm:
        assert crm.apply_tags(1, []) == {}
    assert sandbox.calls() == []
