"""The steps of a plan, one file each, found by walking this package; other apps register theirs when ready.

`run` makes at most one write that is not safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from django.core.exceptions import ImproperlyConfigured

from cascade.steps.base import Args, Context, Step, StepResult


class _Steps(dict[str, Step]):
    def __missing__(self, kind: str) -> Step:
        """What is said of a kind that is gone since it was journalled: nothing."""
        return Step(name=kind, run=_gone)


STEPS = _Steps()
step_of = STEPS.__getitem__


def register(step: Step) -> None:
    """Raises: ImproperlyConfigured if another step has its name."""
    if STEPS.setdefault(step.name, step) is not step:
        raise ImproperlyConfigured(f"Two steps are called {step.name!r}.")


def kinds_that(are: Callable[[Step], bool]) -> list[str]:
    return [step.name for step in STEPS.values() if are(step)]


def head_kinds() -> list[str]:
    return kinds_that(lambda step: step.is_head)


def _gone(_context: Context, _args: Args) -> StepResult:
    raise LookupError("There is no such step any more.")


for _module in iter_modules(__path__):
    _step = getattr(import_module(f"{__name__}.{_module.name}"), "STEP", None)
    if isinstance(_step, Step):
        register(_step)
