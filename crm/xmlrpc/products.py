"""Products: the table Product."""

from __future__ import annotations

from collections.abc import Sequence

from crm.money import exact_amount
from crm.records import Money, ProductRecord
from crm.values import Struct, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import amount_or_zero

TABLE = "Product"
COLUMNS = ("Id", "ProductName", "Sku", "Status", "ProductPrice")
INACTIVE = "0"  # Status 1 is active, 0 inactive (vendor field-access file, 2013)


class ProductCalls(Service):
    def find_products(self, name: str) -> list[ProductRecord]:
        """Return the products whose name equals `name` exactly, active ones first, then lowest id."""
        matches = self._query_exact("find_products", TABLE, "ProductName", name, COLUMNS, product)
        return sorted(matches, key=lambda found: (not found.active, found.id))

    def find_products_by_sku(self, sku: str) -> list[ProductRecord]:
        """Return the products whose SKU equals `sku` exactly, active ones first, then lowest id."""
        matches = self._query_exact("find_products_by_sku", TABLE, "Sku", sku, COLUMNS, product)
        return sorted(matches, key=lambda found: (not found.active, found.id))

    def create_product(self, name: str, sku: str, price: Money) -> int:
        """Create an active product; return its id.

        Repeat: not safe: look it up first.
        Docs:   DataService.add on Product; Status 1 is active.
        """
        values: dict[str, Param] = {
            "ProductName": name,
            "Sku": sku,
            "ProductPrice": exact_amount(price),
            "Status": 1,
        }
        return self._wire.write("create_product", "DataService.add", [TABLE, values], record_id)

    def load_products(self, product_ids: Sequence[int]) -> list[ProductRecord]:
        """Return those of the given products that exist, lowest id first."""
        matches = self._query_ids("load_products", TABLE, product_ids, COLUMNS, product)
        return sorted(matches, key=lambda found: found.id)


def product(row: Struct) -> ProductRecord:
    return ProductRecord(
        id=record_id(row.get("Id")),
        name=text(row, "ProductName"),
        sku=text(row, "Sku"),
        active=text(row, "Status").strip() != INACTIVE,
        price=amount_or_zero(row, "ProductPrice"),
    )
