"""What a step is, and all that it sees: the CRM, its own arguments, and what earlier steps brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from cascade.errors import ReadsLag
from crm.contract import Crm
from crm.records import OrderRef

Args = Mapping[str, Any]
LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """`result` is created, updated, unchanged or skipped; `external` holds the CRM's ids.

    A step that is skipped tells why in `note`: the replication then succeeds with a warning. So does one
    that `warns` of what it did.
    """

    result: str
    external: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    warns: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Frozen. `external` are the CRM's ids so far; `done` the arguments of finished steps, by kind.

    `step` is this step's name, `known` what the CRM gave for this very step before (an update of something
    already there). `pending` are the steps still to be done, by kind and name: one call may take several
    along. `settles_at` is when an effect of this step's last send can no longer land, by the clock of `now`.
    `is_anothers` says of an id of the CRM, by its name in `external`, whether another effect of ours made
    that record, so that no probe may take it. `unchanged_contact` is the contact that holds these very
    values already, as far as we know. `order_made` is the subject's CRM order, if the journal knows one.
    `look_again` raises ReadsLag while what the CRM shows of the subject may be from before our last write;
    `known_by_name` gives the id of a record that we made or met under that name.
    `address_held` keeps the address that is left to this subject while it takes another, and gives whether
    others of ours have it too.
    """

    crm: Crm
    step: str = ""
    external: Mapping[str, Any] = field(default_factory=dict)
    done: Mapping[str, tuple[Args, ...]] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    pending: Mapping[str, Mapping[str, Args]] = field(default_factory=dict)
    now: datetime | None = None
    settles_at: datetime | None = None
    is_anothers: Callable[[str, int], bool] = lambda _name, _crm_id: False
    send_began_at: datetime | None = None
    unchanged_contact: int | None = None
    order_made: OrderRef | None = None
    look_again: Callable[[], None] = lambda: None
    known_by_name: Callable[[str, str], int | None] = lambda _list_kind, _name: None
    address_held: Callable[[str, str], AbstractContextManager[bool]] = lambda _left, _taken: nullcontext(True)

    def look_once_more(self) -> None:
        """Raise ReadsLag the first time: what was read may be from before this step's write."""
        if self.now and self.send_began_at is None:
            raise ReadsLag(self.now + timedelta(seconds=LOOK_AGAIN_SECONDS))

    @property
    def contact_id(self) -> int:
        return int(self.external["contact_id"])

    @property
    def order(self) -> OrderRef:
        order_id = self.external.get("order_id")
        return OrderRef(
            invoice_id=int(self.external["invoice_id"]), order_id=int(order_id) if order_id else None
        )

    @property
    def order_contact_id(self) -> int | None:
        """The contact that the order was last sent for: since then its buyer may have got another."""
        return self.known.get("order_contact_id") or self.external.get("order_contact_id")

    def with_done(self, kind: str, args: Args, external: Mapping[str, Any]) -> Context:
        """A copy that knows one more finished step."""
        done = {**self.done, kind: (*self.done.get(kind, ()), args)}
        return replace(self, done=done, external={**self.external, **external})


class AtHead(Enum):
    """Where a step stands to the head of an order, which is the call that makes the order in the CRM.

    Once the head was sent, it and what is frozen with it keep their arguments; the rest follows a newer plan.
    """

    APART = auto()
    BEFORE = auto()  # alone it leaves nothing of the order in the CRM
    HEAD = auto()
    FROZEN = auto()
    BEHIND = auto()  # waits for the head, so that before its sending the newest plan alone decides


@dataclass(frozen=True, kw_only=True, slots=True)
class DryCall:
    """A call that the preview's stand-in of the CRM answers as usual, with ids that stand for those to come.

    `args` are the step's, `values` the call's. `takes_along`: whether the protocol makes an order with its
    lines and takes all tags at once.
    """

    args: Args
    values: Mapping[str, Any]
    takes_along: bool
    contact_id: int
    order: OrderRef


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Everything that is said of a kind of step, wherever it is said.

    Three sorts: a step without a probe is safe to repeat; a step with a `probe` tells what the CRM shows of
    an earlier send whose reply was lost, or None for a clean "not there", and what it found is the step's
    result; a step that is `once` is neither, so after a lost reply a person decides.
    """

    name: str
    run: Callable[[Context, Args], StepResult]
    probe: Callable[[Context, Args], StepResult | None] | None = None
    once: bool = False
    claim: Callable[[Args], str] | None = None  # names what several subjects may want to make,
    claim_held: str = ""  # and this is said to whoever waits for another to make it

    # in the journal, where a newer plan meets what was done
    at_head: AtHead = AtHead.APART
    kept: bool = False  # done once and never brought up to date, as is what is frozen with the head
    exclusive: bool = False  # what it makes belongs to one effect alone, so no other's probe may take it
    again_after: tuple[str, ...] = ()  # the results after which a person's resend does it once more
    follows_contact: bool = False  # done again once the subject has come to another contact,
    follows_address: bool = False  # or only if it has another address too
    takes_along: tuple[str, ...] = ()  # the kinds of steps that its call brings along, where the protocol can

    # in the memory of what the CRM has, by list
    names_used: Callable[[Args], Iterable[tuple[str, int]]] = (
        lambda _args: ()
    )  # asked for anew once one is gone
    names_made: Callable[[Args, Mapping[str, Any]], Iterable[tuple[str, str, int]]] | None = (
        None  # and of which id, by what it brought
    )

    # where the CRM refuses it
    about: str = ""  # what the refusal is about, to stand in front of the CRM's words
    setting: str = ""  # the section of the settings that cures it
    named: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # the same two, by a name in the plan
    only_on: str = ""  # "contact" or "order", where that is all the CRM can miss

    # in the preview, which runs it against a stand-in of the CRM
    asks: tuple[str, ...] = ()  # what it looks up, there too, in the CRM itself
    usual: Mapping[str, Callable[[DryCall], Any]] = field(default_factory=dict)  # answers, by operation

    # on the log's pages
    title: tuple[str, ...] = ()  # the richest first: the first whose every word is an argument is shown
    results: Mapping[str, str] = field(default_factory=dict)  # where a result has words of its own
    noun: str = ""  # what it is called within a sentence
    pays: bool = False  # its `amount` is paid in the CRM once it is done
    is_whole: bool = False  # once it is done, the CRM has a whole order of its `expected` total
    look_for: str = ""  # what a person looks for in the CRM, where it is `once`

    # worked out from the above
    is_head: bool = field(init=False)
    is_frozen: bool = field(init=False)
    is_kept: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_head", self.at_head is AtHead.HEAD)
        object.__setattr__(self, "is_frozen", self.at_head in (AtHead.HEAD, AtHead.FROZEN))
        object.__setattr__(self, "is_kept", self.kept or self.is_frozen)
