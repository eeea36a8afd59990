"""What a table is: its columns with types and access rights, and the register of all tables."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """Access letters: a add, e edit, d delete, r read."""

    type: str
    access: str


@dataclass(frozen=True)
class Table:
    """`form` is the DataFormField.FormId of the table's custom fields, where it takes any.

    A table without access is one that the CRM has but DataService does not open.
    """

    name: str
    access: str
    columns: dict[str, Column] = field(repr=False)
    form: int | None = None

    @property
    def has_id(self) -> bool:
        return "Id" in self.columns


TABLES: dict[str, Table] = {}


def add_table(name: str, access: str, groups: dict[str, str], form: int | None = None) -> None:
    """Register a table; a group is `"type rights": "column column …"`."""
    columns: dict[str, Column] = {}
    for kind, names in groups.items():
        column_type, _, rights = kind.partition(" ")
        columns |= {column: Column(column_type, rights) for column in names.split()}
    TABLES[name] = Table(name, access, columns, form)
