"""Reading and writing rows as a caller may: table and column rights, custom columns, computed columns."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.account import Work
from sandbox.columns import check_length, convert, custom_columns
from sandbox.problems import no_field, no_field_access, no_fields, no_table, no_table_access
from sandbox.store import Store
from sandbox.tables.tables import TABLES, Column, Table
from sandbox.values import Row, Stored, Wire

VERBS = {"a": "add", "e": "edit", "d": "delete", "r": "read"}
JOINED = "Contact."


def table_for(name: str, right: str) -> Table:
    """The table, if it exists and allows what `right` (a, e, d or r) stands for."""
    if name not in TABLES or not TABLES[name].access:
        raise no_table(name)
    if right not in TABLES[name].access:
        raise no_table_access(name, VERBS[right])
    return TABLES[name]


def all_columns(store: Store, table: Table) -> dict[str, Column]:
    custom = custom_columns(store.rows("DataFormField"), table.form)
    return table.columns | {name: Column(kind, "aedr") for name, kind in custom.items()}


def column_for(columns: dict[str, Column], table: str, name: str, right: str) -> Column:
    if name not in columns:
        raise no_field(table, name)
    if right not in columns[name].access:
        raise no_field_access(table, name, VERBS[right])
    return columns[name]


def stored_name(name: str) -> str:
    """AccountId is another name of CompanyID."""
    return "CompanyID" if name == "AccountId" else name


def writable(work: Work, table: Table, values: dict[str, Wire], right: str) -> Row:
    """Check and convert what a caller wants to write."""
    if not values:
        raise no_fields(table.name)
    columns = all_columns(work.store, table)
    row: Row = {}
    for name, value in values.items():
        column = column_for(columns, table.name, name, right)
        row[stored_name(name)] = convert(name, column.type, value, work.options)
        if table.name == "Contact" and work.options.contact_lengths == "refuse":
            check_length(name, value)
    return row


def readable(work: Work, table: Table, names: list[Wire]) -> list[str]:
    if not names:
        raise no_fields(table.name)
    columns = all_columns(work.store, table)
    for name in names:
        column_for(columns, table.name, str(name), "r")
    return [str(name) for name in names]


def project(store: Store, table: Table, key: int, names: list[str]) -> dict[str, Stored]:
    """The wanted columns of a row; null ones are left out, as in every recorded reply."""
    row = store.row(table.name, key)
    values = {name: read_column(store, table.name, row, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def read_column(store: Store, table: str, row: Row, name: str) -> Stored:
    if name.startswith(JOINED):
        contact = store.get("Contact", int(str(row["ContactId"])))
        return read_column(store, "Contact", contact, name.removeprefix(JOINED)) if contact else None
    computed = COMPUTED.get((table, name))
    return computed(store, row) if computed else row.get(name)


def _lead_source_name(store: Store, row: Row) -> Stored:
    source = row.get("LeadSourceId")
    found = store.get("LeadSource", source) if isinstance(source, int) else None
    return found["Name"] if found else row.get("Leadsource")


def tag_ids(store: Store, contact_id: Stored) -> list[int]:
    keys = store.find("ContactGroupAssign", "ContactId", contact_id)
    return [int(str(store.row("ContactGroupAssign", key)["GroupId"])) for key in keys]


COMPUTED: dict[tuple[str, str], Callable[[Store, Row], Stored]] = {
    ("Contact", "Groups"): lambda store, row: ",".join(map(str, tag_ids(store, row["Id"]))) or None,
    ("Company", "Groups"): lambda store, row: ",".join(map(str, tag_ids(store, row["Id"]))) or None,
    ("Contact", "Leadsource"): _lead_source_name,
    ("Contact", "AccountId"): lambda store, row: row["CompanyID"],
    ("Company", "AccountId"): lambda store, row: row["CompanyID"],
    ("ContactGroupAssign", "ContactGroup"): lambda store, row: (
        store.get("ContactGroup", int(str(row["GroupId"]))) or {}
    ).get("GroupName"),
}
