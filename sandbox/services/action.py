"""ContactService: action sets and the legacy follow-up sequences."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.problems import Fault
from sandbox.records import existing
from sandbox.services.contact import add_to_group
from sandbox.services.registry import method
from sandbox.store import Store
from sandbox.values import Row, Wire

LOADING = 6


@method("ContactService.runActionSequence", "int int")
def run_action_sequence(work: Work, contact_id: int, action_set_id: int) -> list[dict[str, Any]]:
    """Perform the set's ActionStep rows, one struct each; a set without any answers with its own name."""
    store = work.store
    existing(store, "Contact", contact_id)
    if work.options.unknown_action_set == "empty" and store.get("ActionSequence", action_set_id) is None:
        return []
    action_set = existing(store, "ActionSequence", action_set_id)
    work.note("action_set.run", {"contact": contact_id, "action_set": action_set_id})
    keys = store.find("ActionStep", "ActionSequenceId", action_set_id)
    steps = [store.row("ActionStep", key) for key in keys]
    for step in steps:
        if isinstance(step["TagId"], int) and not step["IsError"]:
            add_to_group(work, contact_id, step["TagId"])
    return [
        {"Action": step["Action"] or "", "Message": step["Message"] or "", "IsError": bool(step["IsError"])}
        for step in steps or [{"Action": action_set["TemplateName"], "Message": "", "IsError": 0}]
    ]


@method("ContactService.addToCampaign", "int int")
def add_to_campaign(work: Work, contact_id: int, sequence_id: int) -> bool:
    """Start a legacy sequence, whose unknown id, or an unknown contact, is fault 6 as reported."""
    sequence = _sequence(work.store, contact_id, sequence_id)
    if _campaignee(work.store, contact_id, sequence_id) is not None:
        return False
    row: Row = {"CampaignId": sequence_id, "ContactId": contact_id, "Status": "Active"}
    work.store.insert("Campaignee", {**row, "Campaign": sequence["Name"]})
    work.note("sequence.started", {"contact": contact_id, "sequence": sequence_id})
    return True


@method("ContactService.removeFromCampaign", "int int")
def remove_from_campaign(work: Work, contact_id: int, sequence_id: int) -> bool:
    _sequence(work.store, contact_id, sequence_id)
    key = _campaignee(work.store, contact_id, sequence_id)
    if key is None:
        return False
    work.store.remove("Campaignee", key)
    work.note("sequence.ended", {"contact": contact_id, "sequence": sequence_id})
    return True


@method("ContactService.pauseCampaign", "int int")
def pause_campaign(work: Work, contact_id: int, sequence_id: int) -> bool:
    return _set_status(work, contact_id, sequence_id, "Paused", "sequence.paused")


@method("ContactService.resumeCampaignForContact", "int int")
def resume_campaign(work: Work, contact_id: int, sequence_id: int) -> bool:
    return _set_status(work, contact_id, sequence_id, "Active", "sequence.resumed")


def _set_status(work: Work, contact_id: int, sequence_id: int, status: str, effect: str) -> bool:
    _sequence(work.store, contact_id, sequence_id)
    key = _campaignee(work.store, contact_id, sequence_id)
    if key is None or work.store.row("Campaignee", key)["Status"] == status:
        return False
    work.store.change("Campaignee", key, {"Status": status})
    work.note(effect, {"contact": contact_id, "sequence": sequence_id})
    return True


@method("ContactService.rescheduleCampaignStep", "array int")
def reschedule_campaign_step(work: Work, contact_ids: list[Wire], step_id: int) -> int:
    """Count the contacts that are in the step's sequence: each of them would get the step again."""
    step = work.store.get("CampaignStep", step_id)
    if step is None or not isinstance(step["CampaignId"], int):
        raise _no_sequence()
    wanted = {int(str(contact_id)) for contact_id in contact_ids}
    inside = [c for c in sorted(wanted) if _campaignee(work.store, c, step["CampaignId"]) is not None]
    for contact_id in inside:
        work.note("sequence.rescheduled", {"contact": contact_id, "sequence_step": step_id})
    return len(inside)


def _sequence(store: Store, contact_id: int, sequence_id: int) -> Row:
    sequence = store.get("Campaign", sequence_id)
    if sequence is None or store.get("Contact", contact_id) is None:
        raise _no_sequence()
    return sequence


def _no_sequence() -> Fault:
    return Fault(LOADING, "[Loading]Error loading follow-up sequence")


def _campaignee(store: Store, contact_id: int, sequence_id: int) -> int | None:
    for key in store.find("Campaignee", "ContactId", contact_id):
        if store.row("Campaignee", key)["CampaignId"] == sequence_id:
            return key
    return None
