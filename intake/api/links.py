"""OpenAPI links: from what an operation answers to the operations that take it.

`links_add` is called for each package's table when the schema is made (`POSTPROCESSING_HOOKS`); a link to an
operation that this installation does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Schema = dict[str, Any]


class Link(NamedTuple):
    """From the operation `source` to `target`; `values` says where in the answer its parameters stand."""

    source: str
    statuses: tuple[str, ...]
    name: str
    target: str
    values: dict[str, str]
    description: str


PUT, READ = ("200", "201"), ("200",)


def links_add(schema: Schema, links: Iterable[Link]) -> Schema:
    operations = {
        operation["operationId"]: operation
        for path in schema["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    }
    for link in links:
        if link.source not in operations or link.target not in operations:
            continue
        for status in link.statuses:
            operations[link.source]["responses"][status].setdefault("links", {})[link.name] = {
                "operationId": link.target,
                "parameters": {name: f"$response.body#{place}" for name, place in link.values.items()},
                "description": link.description,
            }
    return schema
