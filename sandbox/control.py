"""The control surface below /_sandbox/: seed, reset, faults, options, what happened, and the gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from sandbox.access import COMPUTED, all_columns, read_column, stored_name
from sandbox.columns import convert
from sandbox.gate_control import GATE_ROUTES
from sandbox.problems import Fault
from sandbox.records import insert_stamped
from sandbox.reply import Reply, json_reply
from sandbox.tables.tables import TABLES
from sandbox.values import Row
from sandbox.world import Work, World

PREFIX = "/_sandbox/"
SEEDED_FIRST = ("DataFormField",)  # custom columns must be declared before rows that fill them
Content = dict[str, Any]


class Refused(Exception):
    """A control request that cannot be carried out, with the HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(world: World, verb: str, path: str, query: str, body: bytes) -> Reply:
    name, _, rest = path.removeprefix(PREFIX).partition("/")
    try:
        action = ROUTES.get((verb, name))
        if action is None:
            raise Refused(404, f"no {verb} {PREFIX}{name}")
        return json_reply(200, action(world, rest, query, body))
    except Refused as refused:
        return json_reply(refused.status, {"error": str(refused)})
    except (ValueError, Fault) as error:
        return json_reply(400, {"error": str(error)})


def _json(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal)


def _health(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"status": "ok", "app": world.app}


def _reset(world: World, rest: str, query: str, body: bytes) -> Content:
    world.reset()
    return {"reset": True}


def _arm(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"armed": world.faults.arm(json.loads(body))}


def _armed(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"faults": world.faults.as_list()}


def _disarm(world: World, rest: str, query: str, body: bytes) -> Content:
    world.faults.clear()
    return {"armed": 0}


def _options(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"options": world.options.as_dict()}


def _set_options(world: World, rest: str, query: str, body: bytes) -> Content:
    wanted = json.loads(body)
    if not isinstance(wanted, dict):
        raise Refused(400, "options are an object")
    world.look(lambda work: work.options.change(wanted))
    return _options(world, rest, query, body)


def _effects(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"effects": [asdict(effect) for effect in world.effects.since(_after(query))]}


def _calls(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"calls": [asdict(call) for call in world.calls.since(_after(query))]}


def _after(query: str) -> int:
    """`?after=n` leaves out the first n entries, for callers that poll."""
    return max(int(parse_qs(query).get("after", ["0"])[0]), 0)


def _table(world: World, rest: str, query: str, body: bytes) -> Content:
    if rest not in TABLES:
        raise Refused(404, f"no table {rest}")
    computed = [column for table, column in COMPUTED if table == rest]

    def rows(work: Work) -> list[Row]:
        found = [work.store.row(rest, key) for key in work.store.keys(rest)]
        return [row | {name: read_column(work.store, rest, row, name) for name in computed} for row in found]

    return {"rows": world.look(rows)}


def _seed(world: World, rest: str, query: str, body: bytes) -> Content:
    content = _json(body)
    tables = content.get("tables") if isinstance(content, dict) else None
    if not isinstance(tables, dict):
        raise Refused(400, 'seed takes {"tables": {"Product": [{...}]}}')
    order = sorted(tables, key=lambda name: name not in SEEDED_FIRST)
    ids = world.look(lambda work: {name: [_plant(work, name, row) for row in tables[name]] for name in order})
    return {"ids": ids}


def _plant(work: Work, table_name: str, given: Any) -> int:
    """Insert one row past the access rights; types and column names still count."""
    if table_name not in TABLES:
        raise Refused(400, f"no table {table_name}")
    if not isinstance(given, dict):
        raise Refused(400, f"a row of {table_name} is an object")
    columns = all_columns(work.store, TABLES[table_name])
    unknown = given.keys() - columns.keys()
    if unknown:
        raise Refused(400, f"{table_name} has no {', '.join(sorted(unknown))}")
    row: Row = {
        stored_name(name): convert(name, columns[name].type, value, work.options)
        for name, value in given.items()
    }
    if isinstance(row.get("Id"), int) and work.store.get(table_name, int(str(row["Id"]))) is not None:
        raise Refused(400, f"{table_name} has a row {row['Id']} already")
    return insert_stamped(work.store, table_name, row)


ROUTES: dict[tuple[str, str], Callable[[World, str, str, bytes], Content]] = {
    ("GET", "health"): _health,
    ("POST", "reset"): _reset,
    ("POST", "seed"): _seed,
    ("GET", "faults"): _armed,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("GET", "options"): _options,
    ("POST", "options"): _set_options,
    ("GET", "effects"): _effects,
    ("GET", "calls"): _calls,
    ("GET", "tables"): _table,
    **GATE_ROUTES,
}
