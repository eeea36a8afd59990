"""What the CRM was told of an order's refunds, as a plan needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedNote:
    """`amount` as the note says it; blank for one that says that all of it was withdrawn."""

    step: str
    title: str
    amount: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedTag:
    """A tag that was given or taken back. `is_ours`: the contact has it of one of this buyer's orders."""

    step: str
    args: Mapping[str, Any] = field(default_factory=dict)
    is_taken_back: bool = False
    is_ours: bool = True

    @property
    def tag_id(self) -> int:
        return int(self.args["tag_id"])

    def is_of_refund(self, tags: Sequence[str]) -> bool:
        """Steps made before tags said what for are known by the tags of today's setting."""
        return self.args.get("for") == "refund" or self.args["name"] in tags


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundRecords:
    """Each in the order of telling. `held` are the tags that other orders of the buyer give them by now."""

    notes: tuple[RecordedNote, ...] = ()
    tags: tuple[RecordedTag, ...] = ()
    held: frozenset[int] = frozenset()

    @property
    def amounts(self) -> tuple[str, ...]:
        """The sums told since the last withdrawal."""
        told: tuple[str, ...] = ()
        for note in self.notes:
            told = (*told, note.amount) if note.amount else ()
        return told

    def of_tag(self, tag_id: int) -> tuple[RecordedTag, ...]:
        return tuple(tag for tag in self.tags if tag.tag_id == tag_id)
