"""What the steps say about themselves: the tables that other code makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from cascade.engine.dry_run import calls_of
from cascade.engine.run import refusal_named
from cascade.models import JournalEntry
from cascade.plan import Plan, PlannedStep
from cascade.steps import STEPS, kinds_that, register
from cascade.steps.add_note import STEP as ADD_NOTE
from cascade.steps.base import Step, StepResult
from crm.contract import Crm
from crm.errors import CrmRejected
from logs_ui.log import display


def test_two_steps_of_one_name_are_refused() -> None:
    register(ADD_NOTE)
    with pytest.raises(ImproperlyConfigured, match="'add_note'"):
        register(replace(ADD_NOTE, title=()))
    assert STEPS["add_note"] is ADD_NOTE


def test_the_index_of_what_belongs_to_one_effect_holds_every_such_kind() -> None:
    index = next(index for index in JournalEntry._meta.indexes if index.name == "journal_exclusive")
    assert index.condition is not None
    ((_, kinds),) = index.condition.children
    assert set(kinds) == set(kinds_that(lambda step: step.exclusive))


@pytest.fixture
def send_card() -> Iterator[Step]:
    """A step of another app, which writes a note about a card."""
    step = Step(
        name="send_card",
        run=lambda context, args: StepResult(
            result="created", external={"note_id": context.crm.add_note(7, args["card"], "sent")}
        ),
        about="Card “{card}”",
        setting="cards",
        title=("Send the card “{card}”", "Send a card"),
        results={"created": "Sent"},
    )
    register(step)
    yield step
    del STEPS[step.name]


def test_what_a_step_of_another_app_says_of_itself_is_used(send_card: Step) -> None:
    planned = PlannedStep(name="card", kind="send_card", args={"card": "Spring"})
    calls = calls_of(Plan(steps=(planned,)), takes_along=True)
    assert [(call.step, call.operation, call.args["title"]) for call in calls] == [
        ("card", "add_note", "Spring")
    ]
    refused = refusal_named(CrmRejected("Too long."), planned)
    assert (refused.message, refused.setting) == ("Card “Spring”: Too long.", "cards")
    assert display.step_title("send_card", planned.args) == "Send the card “Spring”"
    assert display.step_outcome("done", "created", "send_card") == "Sent"


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_every_look_up_and_usual_answer_is_a_call_of_the_contract(step: Step) -> None:
    assert all(hasattr(Crm, operation) for operation in (*step.asks, *step.usual))
    assert not (step.once and (step.probe or not step.noun))
    assert set(step.takes_along) <= set(STEPS)
    assert bool(step.claim) == bool(step.claim_held)
