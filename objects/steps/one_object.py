"""One object of the CRM brought up to date: by what we know of it, else by its key, else made.

Only the making is not safe to repeat, and it is sent only when nothing is called so. What several are called
waits for a person; what somebody else sent is never taken, as its last line names whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cascade.errors import OrderNotReplicable
from cascade.steps.base import Args, Context, StepResult
from crm.errors import MissingInCrm
from objects.keys import object_key

MARKER_BEGINS = "ref: "
TIMES = ("closes_at", "due_at", "completed_at", "created_at")
AMOUNTS = ("revenue_low", "revenue_high")
MOST_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class CrmType:
    """How one kind of object is read and written.

    `id_name` is what its id is called in the journal. `text` is the value whose last line is the marker, if
    it has one. `fixed` are written when it is made, and never changed. `remakes`: one that was deleted in the
    CRM is made again.
    """

    word: str
    id_name: str
    text: str = ""
    fixed: tuple[str, ...] = ()
    remakes: bool = False
    candidates: Callable[[Context, Args], list[Any]]
    create: Callable[[Context, Mapping[str, Any]], int]
    update: Callable[[Context, int, Mapping[str, Any]], None]
    read: Callable[[Context, int, tuple[str, ...]], Any]


def bring_up(context: Context, args: Args, of: CrmType) -> StepResult:
    known = context.known.get(of.id_name)
    if known:
        try:
            return _updated(context, args, of, int(known))
        except MissingInCrm:
            known = None
            is_gone = True
    else:
        is_gone = False
    found = _matching(context, args, of)
    if len(found) > 1:
        raise OrderNotReplicable(_several(args, of, found))
    if found:
        return _updated(context, args, of, found[0].id)
    if is_gone and not of.remakes:
        raise OrderNotReplicable(
            f"The {of.word} was deleted or merged in the CRM, and none is called “{args['key'][0]}” now. "
            "Rename the one it was merged into, or send it under another id."
        )
    created = of.create(context, {**given(args), "fields": dict(args["fields"])})
    return StepResult(result="created", external={of.id_name: created})


def look_again(context: Context, args: Args, of: CrmType) -> StepResult | None:
    """Find what the lost call wrote: one that we know already is written once more, which is harmless."""
    known = context.known.get(of.id_name)
    if known:
        try:
            return _updated(context, args, of, int(known))
        except MissingInCrm:
            pass
    found = _matching(context, args, of)
    if len(found) > 1:
        raise OrderNotReplicable(_several(args, of, found))
    if not found:
        return None
    result = _updated(context, args, of, found[0].id)
    return StepResult(result="created", external=result.external, note="Found after a lost reply.")


def given(args: Args) -> dict[str, Any]:
    """The values as the contract takes them."""
    return {
        name: datetime.fromisoformat(value) if name in TIMES else Decimal(value) if name in AMOUNTS else value
        for name, value in args["values"].items()
    }


def _updated(context: Context, args: Args, of: CrmType, crm_id: int) -> StepResult:
    """Write what differs from what the CRM shows."""
    fields = args["fields"]
    there = of.read(context, crm_id, tuple(fields))
    changes = {
        name: value
        for name, value in given(args).items()
        if name not in of.fixed and _shown(name, value) != _shown(name, getattr(there, name))
    }
    differing = {name: text for name, text in fields.items() if there.fields.get(name) != text}
    if differing:
        changes["fields"] = differing
    if changes:
        of.update(context, crm_id, changes)
    return StepResult(result="updated" if changes else "unchanged", external={of.id_name: crm_id})


def _shown(name: str, value: object) -> object:
    """What is compared: the CRM writes phones in its own way, and ends no text in blanks."""
    if name == "phone":
        return "".join(sign for sign in str(value) if sign.isdigit())
    return value.rstrip() if isinstance(value, str) else value


def _matching(context: Context, args: Args, of: CrmType) -> list[Any]:
    """The one that bears our marker; else those of the same key that are nobody else's."""
    found = of.candidates(context, args)
    ours = [each for each in found if of.text and _last_line(each, of) == args["marker"]]
    if ours:
        return ours[:1]
    zone, key = ZoneInfo(args["zone"]), tuple(args["key"])
    return [each for each in found if _key(args, each, zone) == key and not _is_anothers(context, each, of)]


def _key(args: Args, record: Any, zone: ZoneInfo) -> tuple[str, ...]:
    names = ("name", "title", "closes_at", "due_at", "created_at")
    return object_key(args["type"], {name: getattr(record, name, None) for name in names}, zone)


def _is_anothers(context: Context, record: Any, of: CrmType) -> bool:
    return bool(of.text) and (
        _last_line(record, of).startswith(MARKER_BEGINS) or context.is_anothers(of.id_name, record.id)
    )


def _last_line(record: Any, of: CrmType) -> str:
    return str(getattr(record, of.text)).rstrip().rpartition("\n")[2].strip()


def _several(args: Args, of: CrmType, found: list[Any]) -> str:
    shown = ", ".join(str(each.id) for each in found[:MOST_SHOWN])
    return (
        f"The CRM has {len(found)} of the same name “{args['key'][0]}” ({of.word} {shown}), so none is "
        "touched. Merge or rename them in the CRM, then resend."
    )
