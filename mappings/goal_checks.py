"""Whether what triggers a goal is there: products and categories of the CRM, folders with items in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone

from crm.list_records import DirectoryKind
from mappings.directory import names_ask, names_known
from mappings.findings import Finding, Level
from mappings.list_search import list_search
from mappings.models import DirectoryEntry, ItemFolder, ProductGoal
from mappings.names import near_misses
from mappings.trial import Trial, chunks, hint, is_id, not_all

PRODUCT = DirectoryEntry.Kind.PRODUCT
Trigger = ProductGoal.Trigger
FIELD = "product_goals"
NAMES_AT_ONCE = 10
CALL_NAMES = (
    "What triggers the goals was probed. Whether a campaign has a goal of each integration and call name no "
    "call can tell beforehand: the log of the first order that achieves one says what the CRM answered."
)


def goal_findings(trial: Trial) -> Iterator[Finding]:
    """Look the triggers up by name or id; what a goal is called only the CRM's answer to an order shows."""
    goals = trial.mapped.of(ProductGoal)
    if not goals:
        return
    yield from _folders(trial, goals)
    yield from _products(trial, goals)
    yield from _categories(trial, goals)
    yield Finding(Level.OK, FIELD, CALL_NAMES)


def _values(goals: Sequence[ProductGoal], trigger: str) -> list[str]:
    return list(dict.fromkeys(goal.value for goal in goals if goal.trigger == trigger))


def _folders(trial: Trial, goals: Sequence[ProductGoal]) -> Iterator[Finding]:
    wanted = _values(goals, Trigger.FOLDER)
    filled = {row.folder_id for row in trial.mapped.of(ItemFolder)} if wanted else set()
    for folder in wanted:
        if folder not in filled:
            yield Finding(
                Level.WARNING,
                FIELD,
                f"No item is listed in the folder {folder}, so its goal is never achieved. List the folder's "
                "items under Items in folders.",
                folder,
            )


def _products(trial: Trial, goals: Sequence[ProductGoal]) -> Iterator[Finding]:
    """By name only: the ids are looked up together with the mapped ones."""
    names = [value for value in _values(goals, Trigger.PRODUCT) if not is_id(value)]
    for chunk in chunks(names, NAMES_AT_ONCE):
        if trial.clock.is_over:
            yield not_all(FIELD, "products that trigger goals")
            return
        answers = names_ask(trial.connection, trial.crm, PRODUCT, chunk, now=timezone.now())
        gone = [name for name, answer in answers.items() if answer.crm_id is None]
        resembling = near_misses(gone, names_known(trial.connection, PRODUCT)) if gone else {}
        for name in gone:
            sentence = f"The CRM has no product “{name}”, which is to trigger a goal."
            yield Finding(Level.ERROR, FIELD, sentence + hint(resembling.get(name)), name)


def _categories(trial: Trial, goals: Sequence[ProductGoal]) -> Iterator[Finding]:
    values = _values(goals, Trigger.CATEGORY)
    if not values:
        return
    ids = {int(value) for value in values if is_id(value)}
    names = {value for value in values if not is_id(value)}
    found = list_search(trial, DirectoryKind.PRODUCT_CATEGORY, ids=ids, names=names)
    if not found.complete:
        yield not_all(FIELD, "product categories that trigger goals")
        return
    for value in values:
        if is_id(value) and int(value) not in found.by_id:
            sentence = f"The CRM has no product category with the id {value}, which is to trigger a goal."
            yield Finding(Level.ERROR, FIELD, sentence, value)
        elif not is_id(value) and value not in found.by_name:
            sentence = f"The CRM has no product category “{value}”, which is to trigger a goal."
            yield Finding(Level.ERROR, FIELD, sentence + hint(found.near.get(value)), value)
