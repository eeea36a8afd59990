from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire


@pytest.fixture
def contact(crm: Wire) -> int:
    return crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"][0]


@pytest.fixture
def action_set(crm: Wire) -> int:
    return crm.sandbox.seed(ActionSequence=[{"TemplateName": "Welcome"}])["ActionSequence"][0]


def test_an_action_set_answers_one_struct_per_action(crm: Wire, contact: int, action_set: int) -> None:
    [tag] = crm.sandbox.seed(ContactGroup=[{"GroupName": "VIP"}])["ContactGroup"]
    step = {"ActionSequenceId": action_set}
    crm.sandbox.seed(
        ActionStep=[
            {**step, "Action": "Apply tag", "Message": "VIP", "TagId": tag},
            {**step, "Action": "Send email", "Message": "no template", "IsError": 1},
        ]
    )
    assert crm("ContactService.runActionSequence", contact, action_set) == [
        {"Action": "Apply tag", "Message": "VIP", "IsError": False},
        {"Action": "Send email", "Message": "no template", "IsError": True},
    ]
    kinds = [effect["kind"] for effect in crm.sandbox.effects()]
    assert kinds == ["action_set.run", "contact.tagged"]


def test_every_run_is_an_effect(crm: Wire, contact: int, action_set: int) -> None:
    for _ in range(2):
        [answer] = crm("ContactService.runActionSequence", contact, action_set)
        assert answer == {"Action": "Welcome", "Message": "", "IsError": False}
    ids = [effect["ids"] for effect in crm.sandbox.effects("action_set.run")]
    assert ids == [{"contact": contact, "action_set": action_set}] * 2


def test_an_unknown_action_set_is_a_fault_or_nothing(crm: Wire, contact: int, action_set: int) -> None:
    assert crm.fault("ContactService.runActionSequence", contact, 9999)[0] == 5
    assert crm.fault("ContactService.runActionSequence", 9999, action_set)[0] == 5
    crm.sandbox.options(unknown_action_set="empty")
    assert crm("ContactService.runActionSequence", contact, 9999) == []
    assert crm.sandbox.effects() == []


def test_a_contact_goes_through_a_legacy_sequence(crm: Wire, contact: int) -> None:
    [sequence] = crm.sandbox.seed(Campaign=[{"Name": "Old mails", "Status": "Active"}])["Campaign"]
    [step] = crm.sandbox.seed(CampaignStep=[{"CampaignId": sequence, "StepTitle": "1"}])["CampaignStep"]
    for answer in (True, False):
        assert crm("ContactService.addToCampaign", contact, sequence) is answer
    rows = crm("DataService.query", "Campaignee", 10, 0, {"ContactId": contact}, ["Status", "Campaign"])
    assert rows == [{"Status": "Active", "Campaign": "Old mails"}]
    for method in ("pauseCampaign", "resumeCampaignForContact"):
        for answer in (True, False):
            assert crm(f"ContactService.{method}", contact, sequence) is answer
    assert crm("ContactService.rescheduleCampaignStep", [contact, contact, 9999], step) == 1
    for answer in (True, False):
        assert crm("ContactService.removeFromCampaign", contact, sequence) is answer
    assert crm("ContactService.rescheduleCampaignStep", [contact], step) == 0
    assert [effect["kind"] for effect in crm.sandbox.effects()] == [
        "sequence.started",
        "sequence.paused",
        "sequence.resumed",
        "sequence.rescheduled",
        "sequence.ended",
    ]


def test_an_unknown_sequence_is_fault_6(crm: Wire, contact: int) -> None:
    fault = (6, "[Loading]Error loading follow-up sequence")
    assert crm.fault("ContactService.addToCampaign", contact, 9999) == fault
    assert crm.fault("ContactService.rescheduleCampaignStep", [contact], 9999) == fault
