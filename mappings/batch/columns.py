"""The columns of a file of mappings: which table each fills, and how a header names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database
from django.db.models import Model, QuerySet

from mappings.batch import cells
from mappings.batch.cells import Read, Value, Write
from mappings.models import (
    Connection,
    ItemFolder,
    ProductActionSet,
    ProductGoal,
    ProductMapping,
    ProductTag,
)

ITEM = "Item ID"
PRODUCT_NAME = "Product name in the CRM"


class FileRefused(Exception):
    """Why a file as a whole cannot be read, as a sentence that says what to do."""


class ColumnsUnknown(FileRefused):
    """The file has columns of other names; `guesses` has each with what it may be of ours, blank: nothing."""

    def __init__(self, sentence: str, guesses: list[tuple[str, str]]) -> None:
        super().__init__(sentence)
        self.guesses = guesses


@dataclass(frozen=True, kw_only=True)
class Column:
    """One table of mappings. `fields` beside connection and item make up a value; `single`: at most one."""

    key: str
    title: str
    model: type[Model]
    fields: tuple[str, ...]
    read: Read
    write: Write
    single: bool = False
    item_field: str = "item_id"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, connection: Connection) -> QuerySet[Any]:
        return self.model._default_manager.filter(connection_id=connection.pk, **self.fixed)

    def rows_add(self, connection: Connection, rows: Iterable[tuple[str, Value]]) -> None:
        """Insert item and value of each; a single value is written over. Repeat: safe.

        Without the ORM, which takes several times as long: other writers wait meanwhile on SQLite.
        """
        key = ["connection_id", *self.fixed, self.item_field]
        told = ", ".join(f"{name} = excluded.{name}" for name in self.fields)
        unique, then = (key, f"UPDATE SET {told}") if self.single else ([*key, *self.fields], "NOTHING")
        names = [*key, *self.fields]
        sql = (  # names of ours alone
            f"INSERT INTO {self.model._meta.db_table} ({', '.join(names)}) "  # noqa: S608
            f"VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT ({', '.join(unique)}) DO {then}"
        )
        fixed = (connection.pk, *self.fixed.values())
        with database.cursor() as cursor:
            cursor.executemany(sql, [(*fixed, item, *value) for item, value in rows])


PRODUCT = Column(
    key="product",
    title="CRM product id",
    model=ProductMapping,
    fields=("crm_product_id",),
    read=cells.product_read,
    write=cells.single_write,
    single=True,
)
TAGS = Column(
    key="tags",
    title="Contact tags",
    model=ProductTag,
    fields=("tag_name",),
    read=cells.tags_read,
    write=cells.tags_write,
)
ACTION_SETS = Column(
    key="action_sets",
    title="Action set ids",
    model=ProductActionSet,
    fields=("action_set_id",),
    read=cells.action_sets_read,
    write=cells.action_sets_write,
)
GOALS = Column(
    key="goals",
    title="Goals",
    model=ProductGoal,
    fields=("integration", "call_name"),
    read=cells.goals_read,
    write=cells.goals_write,
    item_field="value",
    fixed={"trigger": ProductGoal.Trigger.ITEM.value},
)
FOLDER = Column(
    key="folder",
    title="Folder ID",
    model=ItemFolder,
    fields=("folder_id",),
    read=cells.folder_read,
    write=cells.single_write,
    single=True,
)
COLUMNS = (PRODUCT, TAGS, ACTION_SETS, GOALS, FOLDER)
TITLES = (ITEM, PRODUCT.title, PRODUCT_NAME, *(column.title for column in COLUMNS[1:]))
# How other programs' item sheets call a column of ours.
SYNONYMS = {"merchantitemid": ITEM, "item": ITEM, "itemnumber": ITEM, "sku": ITEM, "tags": TAGS.title}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the item and each present column stand; `width` is the last named place and one."""

    item: int
    places: Mapping[str, int]
    width: int

    @property
    def columns(self) -> list[Column]:
        return [column for column in COLUMNS if column.key in self.places]


def header_read(names: Sequence[str], chosen: Mapping[str, str] | None = None) -> Header:
    """Letter case, blanks and order do not matter. `chosen`: what a person called a column; blank: left out.

    Raises: ColumnsUnknown with the near miss of a wrong name; FileRefused.
    """
    titles = {_plain(title): title for title in TITLES}
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        title = (chosen or {}).get(name, titles.get(_plain(name)))
        if title == "" or not name.strip():
            continue
        if title is None:
            guesses = {each: titles.get(_plain(each)) or SYNONYMS.get(_plain(each), "") for each in names}
            raise ColumnsUnknown(_unknown(name, titles), [(each, guesses[each]) for each in names if each])
        if title in found:
            raise FileRefused(f"The column “{title}” is there twice: keep one of them.")
        found[title] = place
    if ITEM not in found:
        raise FileRefused(f"The column “{ITEM}” is missing: the first row must name the columns.")
    places = {column.key: found[column.title] for column in COLUMNS if column.title in found}
    if not places:
        raise FileRefused(f"Beside “{ITEM}” at least one more column is needed, such as “{PRODUCT.title}”.")
    return Header(item=found[ITEM], places=places, width=max(found.values()) + 1)


def names_known(names: Sequence[str]) -> int:
    """How many of these are names of columns."""
    known = {_plain(title) for title in TITLES}
    return sum(_plain(name) in known for name in names)


def _unknown(name: str, titles: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(_plain(name)[:80], titles, n=1, cutoff=0.6)
    told = f"The column “{name.strip()[:80]}” is not known."
    if near:
        return f"{told} Did you mean “{titles[near[0]]}”?"
    return f"{told} The columns are: {', '.join(TITLES)}."


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
