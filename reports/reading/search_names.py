"""The account's saved searches by name, for choosing one."""

from __future__ import annotations

from typing import cast

from crm.contract import TableReader
from crm.values import integer, record_id, rows, text
from crm.xmlrpc.service import safe_pattern
from mappings.access.open import open_crm
from mappings.models import Connection
from reports.catalogue.report import XMLRPC
from reports.reading.asking import over

MOST = 1000
EVERY = "*"


def searches_found(connection: Connection, name: str) -> list[tuple[str, str]]:
    """Choices `id/user` with names that contain the text, every one for `*`: one call. Raises: CrmError."""
    crm = open_crm(over(connection, XMLRPC), step="saved searches", backfill=True).crm
    wanted = "%" if name.strip() in ("", EVERY) else f"%{safe_pattern(name.strip())}%"
    answer = cast(TableReader, crm).query_table(
        "SavedFilter",
        {"FilterName": wanted},
        ["Id", "FilterName", "UserId"],
        limit=MOST,
        order_by="FilterName",
    )
    return [
        (
            f"{record_id(row.get('Id'))}/{integer(row.get('UserId') or 0)}",
            f"{text(row, 'FilterName')} ({row['Id']})",
        )
        for row in rows(answer.value)
    ]
