"""What the steps say about themselves: the tables that other code makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from cascade.context import Step
from cascade.models import JournalEntry
from cascade.steps import STEPS, kinds_that, register
from cascade.steps.add_note import STEP as ADD_NOTE
from crm.contract import Crm


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


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_every_look_up_and_usual_answer_is_a_call_of_the_contract(step: Step) -> None:
    assert all(hasattr(Crm, operation) for operation in (*step.asks, *step.usual))
    assert not (step.once and (step.probe or not step.noun))
    assert set(step.takes_along) <= set(STEPS)
    assert bool(step.claim) == bool(step.claim_held)
