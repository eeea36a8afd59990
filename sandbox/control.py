"""The control surface below /_sandbox/: seed, reset, faults, options, what happened, and the gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from sandbox.access import COMPUTED, all_columns, read_column, stored_name
from sandbox.account import Account, Work
from sandbox.clock import CLOCK
from sandbox.columns import convert
from sandbox.gate import caller_of
from sandbox.problems import Fault
from sandbox.records import insert_stamped
from sandbox.reply import Reply, json_reply
from sandbox.shapes import Reader, read_members, read_text, read_whole
from sandbox.tables.tables import TABLES
from sandbox.values import Row

PREFIX = "/_sandbox/"
SEEDED_FIRST = ("DataFormField",)  # custom columns must be declared before rows that fill them
MOST_SPENT = 1_000_000
Content = dict[str, Any]


class NotThere(Exception):
    """The control surface has no such thing: a 404 with this sentence."""


def answer(account: Account, verb: str, path: str, query: str, body: bytes) -> Reply:
    """Carry out a request. An action without an answer of its own is answered as the GET of that name."""
    name, _, rest = path.removeprefix(PREFIX).partition("/")
    try:
        action = ROUTES.get((verb, name))
        if action is None:
            raise NotThere(f"no {verb} {PREFIX}{name}")
        content = action(account, rest, query, body)
        return json_reply(
            200, ROUTES["GET", name](account, rest, query, body) if content is None else content
        )
    except NotThere as missing:
        return json_reply(404, {"error": str(missing)})
    except (ValueError, Fault) as error:
        return json_reply(400, {"error": str(error)})


def _reset(account: Account, rest: str, query: str, body: bytes) -> Content:
    account.reset()
    return {"reset": True}


def _disarm(account: Account, rest: str, query: str, body: bytes) -> Content:
    account.faults.clear()
    return {"armed": 0}


def _after(query: str) -> int:
    """`?after=n` leaves out the first n entries, for callers that poll."""
    return max(int(parse_qs(query).get("after", ["0"])[0]), 0)


def _table(account: Account, rest: str, query: str, body: bytes) -> Content:
    if rest not in TABLES:
        raise NotThere(f"no table {rest}")
    computed = [column for table, column in COMPUTED if table == rest]

    def rows(work: Work) -> list[Row]:
        found = [work.store.row(rest, key) for key in work.store.keys(rest)]
        return [row | {name: read_column(work.store, rest, row, name) for name in computed} for row in found]

    return {"rows": account.look(rows)}


def _seed(account: Account, rest: str, query: str, body: bytes) -> Content:
    content = json.loads(body, parse_float=Decimal)
    tables = content.get("tables") if isinstance(content, dict) else None
    if not isinstance(tables, dict):
        raise ValueError('seed takes {"tables": {"Product": [{...}]}}')
    order = sorted(tables, key=lambda name: name not in SEEDED_FIRST)
    ids = account.look(
        lambda work: {name: [_plant(work, name, row) for row in tables[name]] for name in order}
    )
    return {"ids": ids}


def _plant(work: Work, table_name: str, given: Any) -> int:
    """Insert one row past the access rights; types and column names still count."""
    if table_name not in TABLES:
        raise ValueError(f"no table {table_name}")
    if not isinstance(given, dict):
        raise ValueError(f"a row of {table_name} is an object")
    columns = all_columns(work.store, TABLES[table_name])
    unknown = given.keys() - columns.keys()
    if unknown:
        raise ValueError(f"{table_name} has no {', '.join(sorted(unknown))}")
    row: Row = {
        stored_name(name): convert(name, columns[name].type, value, work.options)
        for name, value in given.items()
    }
    if isinstance(row.get("Id"), int) and work.store.get(table_name, int(str(row["Id"]))) is not None:
        raise ValueError(f"{table_name} has a row {row['Id']} already")
    return insert_stamped(work.store, table_name, row)


def _change_oauth(account: Account, rest: str, query: str, body: bytes) -> Content | None:
    """`POST oauth` sets, `POST oauth/code` gives a code as if somebody had pressed Allow."""
    wanted = json.loads(body)
    if rest == "code":
        return {"code": account.look(lambda work: account.oauth.grant_code(wanted))}
    account.look(lambda work: account.oauth.change(wanted))
    return None


def _change_quota(account: Account, rest: str, query: str, body: bytes) -> None:
    """`POST quota` sets, `POST quota/spend` uses up calls as another program with that credential would."""
    wanted = json.loads(body)
    if rest != "spend":
        account.meter.change(wanted)
        return
    readers: dict[str, Reader] = {"credential": read_text, "calls": read_whole}
    found = read_members("spending", wanted, readers, ("credential", "calls"))
    held = account.credentials.find(found["credential"])
    if held is None or found["calls"] > MOST_SPENT:
        raise ValueError(f"a known credential and at most {MOST_SPENT} calls are needed")
    account.meter.spend(caller_of(account, held), found["calls"])


ROUTES: dict[tuple[str, str], Callable[[Account, str, str, bytes], Content | None]] = {
    ("GET", "health"): lambda account, *_: {"status": "ok", "app": account.app},
    ("POST", "reset"): _reset,
    ("POST", "seed"): _seed,
    ("GET", "tables"): _table,
    ("GET", "effects"): lambda account, rest, query, body: {
        "effects": [asdict(effect) for effect in account.effects.since(_after(query))]
    },
    ("GET", "calls"): lambda account, rest, query, body: {
        "calls": [asdict(call) for call in account.calls.since(_after(query))]
    },
    ("GET", "faults"): lambda account, *_: {"faults": account.faults.as_list()},
    ("POST", "faults"): lambda account, rest, query, body: {"armed": account.faults.arm(json.loads(body))},
    ("DELETE", "faults"): _disarm,
    ("GET", "options"): lambda account, *_: {"options": account.options.as_dict()},
    ("POST", "options"): lambda account, rest, query, body: account.look(
        lambda work: work.options.change(json.loads(body))
    ),
    ("GET", "clock"): lambda *_: {"clock": CLOCK.as_dict()},
    ("POST", "clock"): lambda account, rest, query, body: CLOCK.change(json.loads(body)),
    ("GET", "credentials"): lambda account, *_: {
        "credentials": account.look(lambda work: account.credentials.as_list())
    },
    ("POST", "credentials"): lambda account, rest, query, body: {
        "changed": account.look(lambda work: account.credentials.change(json.loads(body)))
    },
    ("GET", "oauth"): lambda account, *_: {"oauth": account.look(lambda work: account.oauth.as_dict())},
    ("POST", "oauth"): _change_oauth,
    ("GET", "quota"): lambda account, *_: {"quota": account.meter.as_dict()},
    ("POST", "quota"): _change_quota,
    ("GET", "platforms"): lambda account, *_: {"asked": [asdict(one) for one in account.platforms.asked()]},
    ("POST", "platforms"): lambda account, rest, query, body: {
        "replies": account.platforms.load(json.loads(body))
    },
    ("DELETE", "platforms"): lambda account, *_: account.platforms.clear(),
    ("GET", "brownouts"): lambda account, *_: {"brownouts": account.brownouts.as_list()},
    ("POST", "brownouts"): lambda account, rest, query, body: account.brownouts.change(json.loads(body)),
    ("DELETE", "brownouts"): lambda account, *_: account.brownouts.change([]),
}
