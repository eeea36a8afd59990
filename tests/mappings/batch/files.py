"""Files as people upload them, and the work on them as a worker does it."""

from __future__ import annotations

import csv
import io
from typing import Any

from openpyxl import Workbook

from mappings.batch.services import batch_apply, batch_upload
from mappings.batch.work import batch_work
from mappings.models import BatchImport, Connection


def csv_of(*rows: list[str], delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(*rows: list[Any]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    return file.getvalue()


def checked(connection: Connection, body: bytes, *, replaces_all: bool = False) -> BatchImport:
    """The upload after its check."""
    batch = batch_upload(connection, user=None, file_name="m.csv", body=body, replaces_all=replaces_all)
    assert batch_work(batch.pk)
    batch.refresh_from_db()
    return batch


def applied(connection: Connection, body: bytes, *, replaces_all: bool = False) -> BatchImport:
    """The upload after it was checked and applied."""
    batch = checked(connection, body, replaces_all=replaces_all)
    assert batch.state == "checked", (batch.problem, batch.report)
    return apply_now(batch)


def apply_now(batch: BatchImport) -> BatchImport:
    assert batch_apply(batch)
    assert batch_work(batch.pk)
    batch.refresh_from_db()
    return batch


def told(batch: BatchImport) -> list[tuple[int, str, str]]:
    return [(line["line"], line["kind"], line["told"]) for line in batch.report]


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All that is mapped to items, to compare."""
    return {
        "products": sorted(connection.product_mappings.values_list("item_id", "crm_product_id")),
        "tags": sorted(connection.product_tags.values_list("item_id", "tag_name")),
        "sets": sorted(connection.product_action_sets.values_list("item_id", "action_set_id")),
        "goals": sorted(connection.product_goals.values_list("trigger", "value", "integration", "call_name")),
        "folders": sorted(connection.item_folders.values_list("item_id", "folder_id")),
    }
