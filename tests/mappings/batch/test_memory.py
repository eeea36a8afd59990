"""Ten times the items take about the same memory, out and in.

5,000 items at every change; for more set `BATCH_ITEMS=50000`.
"""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mappings.batch.export import export_csv, export_xlsx
from mappings.batch.services import batch_apply, batch_upload
from mappings.batch.work import batch_work
from mappings.models import BatchImport, Connection
from tests.mappings.batch.files import csv_of

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
HEADER = ["Item ID", "CRM product id", "Contact tags"]
MANY = int(os.environ.get("BATCH_ITEMS", "5000"))
FEW = MANY // 10


def file_of(items: int) -> bytes:
    return csv_of(HEADER, *([f"ITEM-{n:06}", str(n + 1), "Dog owner"] for n in range(items)))


def peak_kilobytes(work: Callable[[], Any]) -> int:
    """The most memory that Python took while working."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] // 1024
    finally:
        tracemalloc.stop()


def imported(connection: Connection, body: bytes) -> None:
    batch = batch_upload(connection, user=None, file_name="m.csv", body=body, replaces_all=True)
    batch_work(batch.pk)
    assert batch_apply(batch)
    batch_work(batch.pk)
    assert BatchImport.objects.defer("body").get(pk=batch.pk).state == BatchImport.State.APPLIED


def workbook(connection: Connection) -> None:
    with export_xlsx(connection) as file:
        assert file.read(2) == b"PK"


def drained(connection: Connection) -> None:
    for _ in export_csv(connection):
        pass


def test_memory_does_not_grow_with_the_items(connection: Connection) -> None:
    """The uploaded file itself is the one thing that is there as a whole, at most 10 MB."""
    peaks: dict[str, list[int]] = {"import": [], "csv": [], "workbook": []}
    for items in (FEW, MANY):
        body = file_of(items)
        allowed = 3 * len(body) // 1024  # the file, as the database and its driver hand it over
        peaks["import"].append(peak_kilobytes(lambda body=body: imported(connection, body)) - allowed)  # type: ignore[misc]
        peaks["csv"].append(peak_kilobytes(lambda: drained(connection)))
        peaks["workbook"].append(peak_kilobytes(lambda: workbook(connection)))
    for what, (few, many) in peaks.items():
        assert many < 2 * max(few, 1024), (what, peaks)
