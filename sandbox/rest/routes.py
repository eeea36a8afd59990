"""The operations by verb and path template, and what one of them gets to see of its request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.rest.kinds import Kind
from sandbox.rest.problems import bad_request, not_found
from sandbox.store import Store

NO_CONTENT = 204


@dataclass(frozen=True)
class Request:
    """`path` and `query` are decoded; `body` is what was in the JSON, None without one."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any
    url: str

    def record(self, store: Store, table: str, name: str) -> int:
        """The id in the path, if there is such a row. Raises a 404 otherwise."""
        text = self.path[name]
        key = int(text) if text.isascii() and text.isdigit() else 0
        if store.get(table, key) is None:
            raise not_found(table, text)
        return key

    def read(self, kind: Kind, mask: list[str] | None = None) -> dict[str, Any]:
        """The body, or what a mask names of it, checked. Raises a 400 that names what does not fit."""
        if self.body is None:
            raise bad_request("A JSON body is needed")
        content: dict[str, Any] = kind(self.body, "body")
        return {name: value for name, value in content.items() if mask is None or name in mask}

    def listed(self, name: str) -> list[str] | None:
        """A query parameter with commas, or None where it is not given."""
        text = self.query.get(name)
        return [part.strip() for part in text.split(",") if part.strip()] if text else None


@dataclass(frozen=True)
class Answer:
    """A result with another status than the route's usual one."""

    status: int
    content: Any


Run = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """`template` begins with the version: /v2/contacts/{contact_id}."""

    verb: str
    template: str
    status: int
    run: Run
    pattern: re.Pattern[str]

    @property
    def name(self) -> str:
        """How the call log and the fault rules name it."""
        return f"{self.verb} {self.template}"


ROUTES: dict[str, Route] = {}


def route(verb: str, template: str, status: int = 200) -> Callable[[Run], Run]:
    """Register a function under its verb and path; it gets the Work and the Request."""
    pattern = "".join(
        f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part).replace(":", "(?::|%3[aA])")
        for place, part in enumerate(re.split(r"\{(\w+)\}", template))
    )

    def register(run: Run) -> Run:
        found = Route(verb, template, status, run, re.compile(pattern))
        if found.name in ROUTES:
            raise RuntimeError(f"{found.name} is registered twice")
        ROUTES[found.name] = found
        return run

    return register


def matching(path: str) -> list[tuple[Route, dict[str, str]]]:
    """The routes of a path, all of the template with the fewest placeholders that fits."""
    found = []
    for known in ROUTES.values():
        match = known.pattern.fullmatch(path)
        if match:
            values = {name: unquote(value) for name, value in match.groupdict().items()}
            found.append((known, values))
    fewest = min((len(values) for _, values in found), default=0)
    return [(known, values) for known, values in found if len(values) == fewest]
