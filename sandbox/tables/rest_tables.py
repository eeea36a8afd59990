"""What REST keeps of an order beyond the columns that DataService knows; the table is ours."""

from __future__ import annotations

from sandbox.tables.schema import add_table

add_table(
    "OrderDetail",
    "",
    {
        "Id r": "Id JobId",
        "String r": "Terms InvoiceNumber ExternalCreateUser",
        "DateTime r": "SentTime ExternalCreateTime ExternalUpdateTime",
    },
)
