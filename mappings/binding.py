"""What else may keep two connections from sharing one CRM app: upper layers register what they know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mappings.models import Connection

# Told a connection and the app that answered it; why the two must not belong together, or "".
Objection = Callable[[Connection, str], str]

_objections: list[Objection] = []


def objection_register(objection: Objection) -> None:
    """Have it asked at every test of a connection. Repeat: safe."""
    if objection not in _objections:
        _objections.append(objection)


def objections_to(connection: Connection, app: str) -> Iterator[str]:
    return filter(None, (objection(connection, app) for objection in _objections))
