"""What REST keeps beyond the columns that DataService knows; the tables are ours."""

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
add_table("ActionDetail", "", {"Id r": "Id ActionId", "String r": "Location"})
