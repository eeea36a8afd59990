"""Checks of our own for the run of `test_schemathesis.py`; its process has no Django in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection

# What the schema cannot tell: what is refused although it has the right shape.
RULES = (
    "Use `next` or `previous` of a page as it is.",
    "The amount of a ",
    "is used more than once.",
    "Null characters are not allowed.",  # in a filter; in a body they are replaced
)


@schemathesis.check
def what_the_schema_allows_is_taken(ctx: CheckContext, response: Response, case: Case) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    others = [text for text in sentences(response.json()) if not any(rule in text for rule in RULES)]
    assert not others, f"The schema allows it, and it was refused: {others}"


@schemathesis.check
def a_bad_row_is_refused_in_its_place(ctx: CheckContext, response: Response, case: Case) -> None:
    """The usual check of wrong requests, which knows a refusal by its status alone."""
    if case.operation.path != "/api/v1/batch/":
        return
    try:
        negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData:
        if 400 not in [result["status"] for result in response.json()["results"]]:
            raise


def sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from sentences(item)
    elif isinstance(value, list):
        for item in value:
            yield from sentences(item)
