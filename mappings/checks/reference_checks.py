"""Whether the CRM has every name and id that is set or mapped, kind by kind in one form of sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeAlias, TypeVar

from django.utils import timezone

from crm.errors import NotSupported, OutcomeUnknown
from crm.list_records import DirectoryKind
from mappings.checks.context import CheckContext
from mappings.checks.findings import Finding, FindingLevel
from mappings.checks.list_search import list_search
from mappings.checks.references import (
    Key,
    Reference,
    References,
    action_sets_set,
    categories_set,
    owners_set,
    partners_set,
    payment_types_set,
    products_set,
    tags_set,
    uses_of,
)
from mappings.directory.names import directory_forget, ids_known, names_ask, names_known
from mappings.directory.schedule import list_stale
from mappings.models import Connection, DirectoryEntry
from mappings.names import near_misses

TAG, PRODUCT = DirectoryEntry.Kind.TAG, DirectoryEntry.Kind.PRODUCT
NAMES_AT_ONCE = 10
IDS_AT_ONCE = 200
T = TypeVar("T")
NO_PAYMENT_TYPES = (
    "Not probed: REST has no list of them. Write each exactly as the CRM's order settings show it."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the CRM has for a name or id; `is_there` is false where it has nothing, `near` a similar name."""

    is_there: bool = True
    id: int | None = None
    name: str = ""
    active: bool = True
    matches: int = 1
    near: str = ""


# Gives what it saw of the keys, some at a time; keys that it did not come to in time are left out.
LookUp: TypeAlias = Callable[[CheckContext, Sequence[Key]], Iterator[Mapping[Key, Seen]]]


def tags_seen(context: CheckContext, keys: Sequence[Key]) -> Iterator[Mapping[Key, Seen]]:
    """By the ids last known for the names, many in one call; what is not found so is asked for by name."""
    names = [str(key) for key in keys]
    remembered = ids_known(context.connection, TAG, names)
    there: dict[Key, Seen] = {}
    for ids in _chunks(sorted(remembered), IDS_AT_ONCE):
        for tag in context.crm.load_tags(ids):
            if remembered.get(tag.id) == tag.name:
                there[tag.name] = Seen()
    yield there
    missed = False
    for seen in _names_seen(context, TAG, [name for name in names if name not in there]):
        missed = missed or not all(each.is_there for each in seen.values())
        yield seen
    if missed and context.connection.pk is not None:
        list_stale(context.connection, TAG)  # what is created next should be in the pick list


def products_seen(context: CheckContext, keys: Sequence[Key]) -> Iterator[Mapping[Key, Seen]]:
    for ids in _chunks(sorted(key for key in keys if isinstance(key, int)), IDS_AT_ONCE):
        if context.deadline.is_over:
            return
        found = {record.id: record for record in context.crm.load_products(ids)}
        for product_id in set(ids) - set(found):
            directory_forget(context.connection, PRODUCT, crm_id=product_id)
        yield {
            key: Seen(name=found[key].name, active=found[key].active)
            if key in found
            else Seen(is_there=False)
            for key in ids
        }
    yield from _names_seen(context, PRODUCT, [key for key in keys if isinstance(key, str)])


def payment_types_seen(context: CheckContext, keys: Sequence[Key]) -> Iterator[Mapping[Key, Seen]]:
    offered = context.crm.list_payment_types()
    near = near_misses([str(key) for key in keys if key not in offered], offered)
    yield {key: Seen(is_there=key in offered, near=near.get(str(key), "")) for key in keys}


def listed_seen(
    context: CheckContext, keys: Sequence[Key], *, kind: DirectoryKind
) -> Iterator[Mapping[Key, Seen]]:
    """In our copy of the list, or page by page; only a list read to its end shows that something is gone."""
    ids = {key for key in keys if isinstance(key, int)}
    names = {key for key in keys if isinstance(key, str)}
    found = list_search(context, kind, ids=ids, names=names)
    met: Mapping[Key, Seen] = {
        **{key: Seen(name=record.name, active=record.active) for key, record in found.by_id.items()},
        **{key: Seen() for key in found.by_name},
    }
    gone = [key for key in keys if key not in met] if found.complete else []
    yield {**met, **{key: Seen(is_there=False, near=found.near.get(str(key), "")) for key in gone}}


def _names_seen(
    context: CheckContext, kind: DirectoryEntry.Kind, names: Sequence[str]
) -> Iterator[Mapping[Key, Seen]]:
    for chunk in _chunks(names, NAMES_AT_ONCE):
        if context.deadline.is_over:
            return
        answers = names_ask(context.connection, context.crm, kind, chunk, now=timezone.now())
        gone = [name for name, answer in answers.items() if answer.crm_id is None]
        near = near_misses(gone, names_known(context.connection, kind)) if gone else {}
        yield {
            name: Seen(
                is_there=answer.crm_id is not None,
                id=answer.crm_id,
                matches=answer.matches,
                near=near.get(name, ""),
            )
            for name, answer in answers.items()
        }


def _chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def tag_special(context: CheckContext, first: Reference, seen: Seen) -> Finding | None:
    """Several tags of one name, and a missing one where the merchant chose to have it created."""
    if seen.matches > 1:
        sentence = (
            f"{seen.matches} tags of the CRM are called “{first.key}”; the one with the id {seen.id} is used."
        )
        return first.finding(FindingLevel.WARNING, sentence)
    if (
        seen.is_there
        or context.connection.unknown_tags != Connection.UnknownTags.CREATE
        or not context.creates
    ):
        return None
    name = str(first.key)
    try:
        context.crm.create_tag(name)
    except OutcomeUnknown as err:
        sentence = f"Whether the tag “{name}” was created is not known: {err.message} Save again to look."
        return first.finding(FindingLevel.ERROR, sentence)
    if names_ask(context.connection, context.crm, TAG, [name], now=timezone.now())[name].crm_id is None:
        sentence = f"The tag “{name}” was created, but the CRM does not find it yet. Save again to look."
        return first.finding(FindingLevel.WARNING, sentence)
    return first.finding(FindingLevel.OK, f"The tag “{name}” was created in the CRM.")


def nothing_special(context: CheckContext, first: Reference, seen: Seen) -> None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceKind:
    """One kind of record that settings name; `cure` is what to do about one that is missing.

    `special` may tell of a key as a whole what is said of this kind alone. `unlisted` is said where the
    protocol has no list to look into.
    """

    word: str
    plural: str
    set_in: References
    look_up: LookUp
    cure: str = ""
    special: Callable[[CheckContext, Reference, Seen], Finding | None] = nothing_special
    unlisted: str = ""

    def is_set(self, context: CheckContext) -> bool:
        return any(True for _ in self.set_in(context))

    def findings(self, context: CheckContext) -> Iterator[Finding]:
        """Look everything up; then a quiet word for each field whose names and ids were all found."""
        uses = uses_of(self.set_in(context))
        unasked, spoilt = dict(uses), set()
        try:
            for seen in self.look_up(context, list(uses)):
                for key, one in seen.items():
                    for finding in self._of(context, unasked.pop(key), one):
                        spoilt.add(finding.field)
                        yield finding
        except NotSupported as err:
            field = next(iter(uses.values()))[0].field
            if self.unlisted:
                yield Finding(FindingLevel.OK, field, self.unlisted)
            else:
                yield Finding(FindingLevel.WARNING, field, f"Not probed: {err.message}", unsure=True)
            return
        late = {reference.field for places in unasked.values() for reference in places}
        fields = Counter(name for places in uses.values() for name in dict.fromkeys(r.field for r in places))
        for name, count in fields.items():
            if name in late:
                sentence = (
                    f"Not all {self.plural} could be checked in time; the rest is checked when first used."
                )
                yield Finding(FindingLevel.WARNING, name, sentence, unsure=True)
            elif name not in spoilt:
                sentence = f"Probed: the CRM has the {self.plural} named here ({count})."
                yield Finding(FindingLevel.OK, name, sentence)

    def _of(self, context: CheckContext, places: Sequence[Reference], seen: Seen) -> Iterator[Finding]:
        if (special := self.special(context, places[0], seen)) is not None:
            yield special
            return
        for reference in places:
            key, by = reference.key, reference.by
            if not seen.is_there:
                named = f"with the id {key}" if isinstance(key, int) else f"“{key}”"
                near = f" It has “{seen.near}”: letter case and blanks count." if seen.near else self.cure
                yield reference.finding(FindingLevel.ERROR, f"The CRM has no {self.word} {named}{by}.{near}")
            elif not seen.active:
                name = f" ({seen.name})" if seen.name else ""
                sentence = f"The {self.word} {key}{name}{by} is inactive in the CRM.{self.cure}"
                yield reference.finding(FindingLevel.WARNING, sentence)


TAGS = ReferenceKind(
    word="tag",
    plural="tags",
    set_in=tags_set,
    look_up=tags_seen,
    cure=" Create it there, or correct the name here.",
    special=tag_special,
)
PRODUCTS = ReferenceKind(word="product", plural="products", set_in=products_set, look_up=products_seen)
PAYMENT_TYPES = ReferenceKind(
    word="payment type",
    plural="payment types",
    set_in=payment_types_set,
    look_up=payment_types_seen,
    unlisted=NO_PAYMENT_TYPES,
)
OWNERS = ReferenceKind(
    word="user",
    plural="users",
    set_in=owners_set,
    look_up=partial(listed_seen, kind=DirectoryKind.USER),
    cure=" Give the id of an active user: Admin, Users in the CRM.",
)
PARTNERS = ReferenceKind(
    word="referral partner",
    plural="referral partners",
    set_in=partners_set,
    look_up=partial(listed_seen, kind=DirectoryKind.AFFILIATE),
    cure=" Give the partner's id from the CRM, not its code.",
)
ACTION_SETS = ReferenceKind(
    word="action set",
    plural="action sets",
    set_in=action_sets_set,
    look_up=partial(listed_seen, kind=DirectoryKind.ACTION_SET),
    cure=" Take the id from the CRM's list of action sets.",
)
CATEGORIES = ReferenceKind(
    word="product category",
    plural="product categories",
    set_in=categories_set,
    look_up=partial(listed_seen, kind=DirectoryKind.PRODUCT_CATEGORY),
)
