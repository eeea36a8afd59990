"""What the tables of mappings hold for some items; a fixed number of queries each time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from crm.list_records import DirectoryKind
from mappings.batch.cells import Value
from mappings.batch.columns import COLUMNS, Column
from mappings.batch.staging import Staging
from mappings.models import Connection, DirectoryList, DirectoryRow

READ_AT_ONCE = 2000
ASKED_AT_ONCE = 5000
Held = dict[str, dict[Value, int]]  # of each column: value → primary key of its row


def held_by(connection: Connection, items: Collection[str], columns: Iterable[Column]) -> dict[str, Held]:
    """What each item has now; one query for each column."""
    columns = list(columns)
    found: dict[str, Held] = {item: {column.key: {} for column in columns} for item in items}
    for column in columns:
        rows = column.rows(connection).filter(**{f"{column.item_field}__in": list(items)})
        for pk, item, *value in rows.order_by().values_list("pk", column.item_field, *column.fields):
            found[item][column.key][tuple(value)] = pk
    return found


def items_stage(connection: Connection, staging: Staging, columns: Iterable[Column] = COLUMNS) -> None:
    """Put every item that has a mapping in one of the columns into the staging."""
    for column in columns:
        rows = column.rows(connection).order_by().values_list(column.item_field, flat=True)
        staging.items_add(rows.iterator(READ_AT_ONCE))


def fingerprint(connection: Connection) -> str:
    """Differs as soon as one mapping of an item does. Reads every row, keeps none."""
    digest = hashlib.blake2b(digest_size=16)
    for column in COLUMNS:
        rows = column.rows(connection).order_by("pk").values_list("pk", column.item_field, *column.fields)
        for row in rows.iterator(READ_AT_ONCE):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def product_names(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The CRM's names of these products, as far as our copy of its list has them: one query."""
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=DirectoryKind.PRODUCT.value, crm_id__in=list(ids)
    )
    return dict(rows.values_list("crm_id", "name"))


class Directory:
    """What our copy of the CRM's lists knows of products, tags and action sets; names them when absent."""

    LISTS: Mapping[str, tuple[str, str, str]] = {
        "product": (DirectoryKind.PRODUCT.value, "crm_id", "product with the id"),
        "tags": (DirectoryKind.TAG.value, "name", "tag"),
        "action_sets": (DirectoryKind.ACTION_SET.value, "crm_id", "action set with the id"),
    }

    def __init__(self, connection: Connection) -> None:
        self._connection_id = connection.pk
        read = DirectoryList.objects.filter(
            connection_id=connection.pk, supported=True, refreshed_at__isnull=False
        )
        kinds = set(read.values_list("kind", flat=True))
        self._lists = {key: told for key, told in self.LISTS.items() if told[0] in kinds}

    @property
    def was_read(self) -> bool:
        """Whether products and tags can be looked up at all."""
        return {"product", "tags"} <= set(self._lists)

    def known(self, wanted: Mapping[str, Collection[Value]]) -> dict[str, set[object]]:
        """Which of the values of these columns the CRM has: one query for each 5,000 of a column."""
        found: dict[str, set[object]] = {}
        for key, (kind, field, _) in self._lists.items():
            rows = DirectoryRow.objects.filter(connection_id=self._connection_id, kind=kind)
            asked = [value[0] for value in wanted.get(key, ())]
            found[key] = set()
            for first in range(0, len(asked), ASKED_AT_ONCE):
                some = asked[first : first + ASKED_AT_ONCE]
                found[key].update(rows.filter(**{f"{field}__in": some}).values_list(field, flat=True))
        return found

    def missing(self, key: str, values: Iterable[Value], known: Mapping[str, set[object]]) -> list[str]:
        """A sentence for each value of the column that the CRM does not have."""
        if key not in known:
            return []
        what = self._lists[key][2]
        return [
            f"The CRM has no {what} “{value[0]}”." if key == "tags" else f"The CRM has no {what} {value[0]}."
            for value in sorted(values)
            if value[0] not in known[key]
        ]
