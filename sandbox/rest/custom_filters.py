"""Filters on custom fields, by their field_name."""

from __future__ import annotations

from sandbox.columns import custom_columns
from sandbox.rest.listing import Test, by_number, by_text, by_time
from sandbox.world import Work


def custom_tests(work: Work, form: int) -> dict[str, Test]:
    """With and without the underscore."""
    tests: dict[str, Test] = {}
    for column, kind in custom_columns(work.store.rows("DataFormField"), form).items():
        tests[column] = tests[column[1:]] = _test(column, kind)
    return tests


def _test(column: str, kind: str) -> Test:
    if kind in ("Integer", "Double", "Id"):
        return by_number(column)
    return by_time(column) if kind in ("Date", "DateTime") else by_text(column)
