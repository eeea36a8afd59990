"""Control calls for the gate: the clock, credentials, OAuth, quotas and brownouts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.clock import CLOCK
from sandbox.gate import caller_of
from sandbox.shapes import Reader, read_members, read_text, read_whole
from sandbox.world import World

Content = dict[str, Any]
MOST_SPENT = 1_000_000


def _clock(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"clock": CLOCK.as_dict()}


def _set_clock(world: World, rest: str, query: str, body: bytes) -> Content:
    CLOCK.change(json.loads(body))
    return _clock(world, rest, query, body)


def _credentials(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"credentials": world.look(lambda work: world.credentials.as_list())}


def _set_credentials(world: World, rest: str, query: str, body: bytes) -> Content:
    wanted = json.loads(body)
    return {"changed": world.look(lambda work: world.credentials.change(wanted))}


def _oauth(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"oauth": world.look(lambda work: world.oauth.as_dict())}


def _set_oauth(world: World, rest: str, query: str, body: bytes) -> Content:
    """`POST oauth` sets, `POST oauth/code` gives a code as if somebody had pressed Allow."""
    wanted = json.loads(body)
    if rest == "code":
        return {"code": world.look(lambda work: world.oauth.grant_code(wanted))}
    world.look(lambda work: world.oauth.change(wanted))
    return _oauth(world, rest, query, body)


def _quota(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"quota": world.meter.as_dict()}


def _set_quota(world: World, rest: str, query: str, body: bytes) -> Content:
    """`POST quota` sets, `POST quota/spend` uses up calls as another program with that credential would."""
    wanted = json.loads(body)
    if rest == "spend":
        readers: dict[str, Reader] = {"credential": read_text, "calls": read_whole}
        found = read_members("spending", wanted, readers, ("credential", "calls"))
        held = world.credentials.find(found["credential"])
        if held is None or found["calls"] > MOST_SPENT:
            raise ValueError(f"a known credential and at most {MOST_SPENT} calls are needed")
        world.meter.spend(caller_of(world, held), found["calls"])
    else:
        world.meter.change(wanted)
    return _quota(world, rest, query, body)


def _brownouts(world: World, rest: str, query: str, body: bytes) -> Content:
    return {"brownouts": world.brownouts.as_list()}


def _set_brownouts(world: World, rest: str, query: str, body: bytes) -> Content:
    world.brownouts.change(json.loads(body))
    return _brownouts(world, rest, query, body)


def _no_brownouts(world: World, rest: str, query: str, body: bytes) -> Content:
    world.brownouts.change([])
    return _brownouts(world, rest, query, body)


GATE_ROUTES: dict[tuple[str, str], Callable[[World, str, str, bytes], Content]] = {
    ("GET", "clock"): _clock,
    ("POST", "clock"): _set_clock,
    ("GET", "credentials"): _credentials,
    ("POST", "credentials"): _set_credentials,
    ("GET", "oauth"): _oauth,
    ("POST", "oauth"): _set_oauth,
    ("GET", "quota"): _quota,
    ("POST", "quota"): _set_quota,
    ("GET", "brownouts"): _brownouts,
    ("POST", "brownouts"): _set_brownouts,
    ("DELETE", "brownouts"): _no_brownouts,
}
