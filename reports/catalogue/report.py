"""What a report is: one entry with its parameters, its columns and its call over each protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reports.catalogue.calls import ReportCall
from reports.columns import Column

XMLRPC, REST = "xmlrpc", "rest"
Arguments = Mapping[str, Any]


class Kind(StrEnum):
    """How a parameter is given."""

    TABLE = "table"
    QUERY = "query"
    FIELDS = "fields"
    ID = "id"
    IDS = "ids"
    EMAIL = "email"
    TAGS = "tags"
    PERIOD = "period"
    SEARCH = "search"
    NAMES = "names"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """`pick` is the list of the directory that it is chosen from, where there is one."""

    name: str
    label: str
    kind: Kind
    help: str = ""
    pick: str = ""
    required: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`title` is the name that the product's description gives it. `columns` are fixed, or come of the
    arguments; of an open report they are what the CRM answers, typed as far as named here. `key` are the
    columns a row is known by, none for all of them. `rest_has` says of which arguments REST has the report,
    `rest_lacks` which columns it has not, and `differs` what else REST tells otherwise, or why it has none.
    """

    name: str
    number: int
    title: str
    area: str
    says: str
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...] = ()
    is_open: bool = False
    columns_of: Callable[[Arguments], Mapping[str, Column]] | None = None
    key: tuple[str, ...] = ()
    key_of: Callable[[Arguments], tuple[str, ...]] | None = None
    xmlrpc: ReportCall | None = None
    rest: ReportCall | None = None
    rest_has: Callable[[Arguments], bool] | None = None
    rest_lacks: Callable[[Arguments], str] = field(default=lambda arguments: "")
    differs: str = ""

    def call(self, protocol: str) -> ReportCall | None:
        return self.xmlrpc if protocol == XMLRPC else self.rest

    def known_columns(self, arguments: Arguments) -> dict[str, Column]:
        """All columns that there are, as far as they can be told before anything is read."""
        if self.columns_of is not None:
            return dict(self.columns_of(arguments))
        return {column.name: column for column in self.columns}

    def row_key(self, arguments: Arguments) -> tuple[str, ...]:
        return self.key_of(arguments) if self.key_of is not None else self.key

    def parameter(self, kind: Kind) -> Parameter | None:
        return next((each for each in self.parameters if each.kind is kind), None)
