"""Which of a connection's tag names, products and payment types the CRM really has."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from django.utils import timezone

from crm.contract import Crm, ProductRecord
from crm.errors import NotSupported, OutcomeUnknown
from mappings.directory import Resolution, directory_forget, ids_known, names_ask, names_known
from mappings.directory_lists import list_stale
from mappings.findings import Finding, Level, MappedNames
from mappings.models import Connection, DirectoryEntry
from mappings.names import names_split, near_miss, near_misses

TAG = DirectoryEntry.Kind.TAG
T = TypeVar("T")
NAMES_AT_ONCE = 10
IDS_AT_ONCE = 200


class Clock:
    """How long a test may go on asking."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


def tag_findings(connection: Connection, mapped: MappedNames, crm: Crm, clock: Clock) -> Iterator[Finding]:
    """Look every tag name up anew; create the missing ones where the merchant chose that."""
    fields = dict.fromkeys(mapped.product_tags, "product_tags")
    fields.update(dict.fromkeys(names_split(connection.contact_tags), "contact_tags"))
    there = _still_there(connection, crm, list(fields))
    missing = 0
    for chunk in _chunks([name for name in fields if name not in there], NAMES_AT_ONCE):
        if clock.is_over:
            yield _not_all("contact_tags", "tag names")
            return
        answers = names_ask(connection, crm, TAG, chunk, now=timezone.now())
        absent = [name for name, answer in answers.items() if answer.crm_id is None]
        missing += len(absent)
        resembling = near_misses(absent, names_known(connection, TAG)) if absent else {}
        for name, answer in answers.items():
            yield from _tag_finding(connection, crm, fields[name], answer, resembling.get(name))
    if missing and connection.pk is not None:
        list_stale(connection, TAG)  # what is created next should be in the pick list
    if fields and not missing:
        yield Finding(Level.OK, "contact_tags", f"Every tag name is known to the CRM ({len(fields)}).")


def product_findings(
    connection: Connection, mapped: MappedNames, crm: Crm, clock: Clock
) -> Iterator[Finding]:
    """Load every mapped product by its id."""
    missing = 0
    for chunk in _chunks(sorted(set(mapped.products.values())), IDS_AT_ONCE):
        if clock.is_over:
            yield _not_all("product_mappings", "mapped products")
            return
        found = {record.id: record for record in crm.load_products(chunk)}
        for product_id in set(chunk) - set(found):
            directory_forget(connection, DirectoryEntry.Kind.PRODUCT, crm_id=product_id)
        for item_id, product_id in mapped.products.items():
            if product_id in chunk:
                missing += product_id not in found
                yield from _product_finding(item_id, product_id, found.get(product_id))
    if mapped.products and not missing:
        count = len(mapped.products)
        yield Finding(Level.OK, "product_mappings", f"Every mapped product exists in the CRM ({count}).")


def payment_type_findings(connection: Connection, mapped: MappedNames, crm: Crm) -> Iterator[Finding]:
    """Compare with the CRM's list, where the API has one."""
    if connection.creation_method == Connection.CreationMethod.SKIP:
        return
    try:
        offered = crm.list_payment_types()
    except NotSupported:
        return
    fields = dict.fromkeys(mapped.payment_types, "payment_types")
    fields[connection.default_payment_type] = "default_payment_type"
    for name, field in fields.items():
        if name not in offered:
            sentence = f"The CRM has no payment type “{name}”.{_hint(near_miss(name, offered))}"
            yield Finding(Level.ERROR, field, sentence)


def _still_there(connection: Connection, crm: Crm, names: Sequence[str]) -> set[str]:
    """Those of the names whose remembered ids the CRM still knows by them: many names, one call."""
    remembered = ids_known(connection, TAG, names)
    there: set[str] = set()
    for chunk in _chunks(sorted(remembered), IDS_AT_ONCE):
        there |= {tag.name for tag in crm.load_tags(chunk) if remembered.get(tag.id) == tag.name}
    return there


def _tag_finding(
    connection: Connection, crm: Crm, field: str, answer: Resolution, resembling: str | None
) -> Iterator[Finding]:
    if answer.crm_id is None and connection.unknown_tags == Connection.UnknownTags.CREATE:
        yield _tag_create(connection, crm, field, answer.name)
    elif answer.crm_id is None:
        hint = _hint(resembling)
        yield Finding(
            Level.ERROR,
            field,
            f"The CRM has no tag “{answer.name}”.{hint or ' Create it there, or correct the name here.'}",
        )
    elif answer.matches > 1:
        yield Finding(
            Level.WARNING,
            field,
            f"{answer.matches} tags of the CRM are called “{answer.name}”; the one with the id "
            f"{answer.crm_id} is used.",
        )


def _tag_create(connection: Connection, crm: Crm, field: str, name: str) -> Finding:
    """Create a tag that was just looked up in vain, then look it up again."""
    try:
        crm.create_tag(name)
    except OutcomeUnknown as err:
        sentence = f"Whether the tag “{name}” was created is not known: {err.message} Save again to look."
        return Finding(Level.ERROR, field, sentence)
    if names_ask(connection, crm, TAG, [name], now=timezone.now())[name].crm_id is None:
        sentence = f"The tag “{name}” was created, but the CRM does not find it yet. Save again to look."
        return Finding(Level.WARNING, field, sentence)
    return Finding(Level.OK, field, f"The tag “{name}” was created in the CRM.")


def _product_finding(item_id: str, product_id: int, record: ProductRecord | None) -> Iterator[Finding]:
    if record is None:
        sentence = f"The CRM has no product with the id {product_id}, to which the item {item_id} is mapped."
        yield Finding(Level.ERROR, "product_mappings", sentence)
    elif not record.active:
        sentence = (
            f"The product {product_id} ({record.name}), for the item {item_id}, is inactive in the CRM."
        )
        yield Finding(Level.WARNING, "product_mappings", sentence)


def _hint(other: str | None) -> str:
    return f" It has “{other}”: letter case and blanks count." if other else ""


def _not_all(field: str, what: str) -> Finding:
    return Finding(
        Level.WARNING, field, f"Not all {what} could be checked in time; the rest is checked when first used."
    )


def _chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
