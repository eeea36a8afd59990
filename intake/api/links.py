"""OpenAPI links: from what an operation answers to the operations that take it.

`links_add` is called for each package's table when the schema is made (`POSTPROCESSING_HOOKS`); a link to an
operation that this installation does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """`parameters` maps the target's parameter to where in the answer its value stands."""

    name: str
    source: str
    statuses: tuple[str, ...]
    target: str
    parameters: dict[str, str] = field(default_factory=dict)
    description: str


PUT = ("200", "201")


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
                "parameters": {name: f"$response.body#{place}" for name, place in link.parameters.items()},
                "description": link.description,
            }
    return schema
