"""Products."""

from __future__ import annotations

from collections.abc import Sequence

from crm.money import exact_amount, exponent
from crm.records import Money, ProductRecord
from crm.rest.body import Param
from crm.rest.service import Service, created
from crm.rest.values import optional_amount
from crm.values import Struct, record_id, text

LIST = "GET /v2/products"
PAGE_ROWS = 200  # each comes with its whole description


class ProductCalls(Service):
    def find_products(self, name: str) -> list[ProductRecord]:
        """Return the products whose name equals `name` exactly, active ones first, then lowest id."""
        found = self._named("find_products", LIST, "products", "name", name, product, page_rows=PAGE_ROWS)
        return sorted(found, key=lambda each: (not each.active, each.id))

    def find_products_by_sku(self, sku: str) -> list[ProductRecord]:
        """Return the products whose SKU equals `sku` exactly, active ones first, then lowest id."""
        found = self._named(
            "find_products_by_sku", LIST, "products", "sku", sku, product, page_rows=PAGE_ROWS
        )
        return sorted(found, key=lambda each: (not each.active, each.id))

    def create_product(self, name: str, sku: str, price: Money) -> int:
        """Create an active product; return its id.

        Units:  the price travels in the currency's smallest unit, as an integer.
        Repeat: not safe: look it up first.
        Docs:   name, price and short_description are required.
        """
        smallest = int(exact_amount(price).scaleb(exponent(price.currency)))
        body: dict[str, Param] = {
            "name": name,
            "sku": sku,
            "price": smallest,
            "short_description": name,
            "active": True,
        }
        return self._wire.call("create_product", "POST /v2/products", created, body=body)

    def load_products(self, product_ids: Sequence[int]) -> list[ProductRecord]:
        """Return those of the given products that exist, lowest id first."""
        found = self._by_ids(
            "load_products", LIST, "products", "product_ids", product_ids, product, page_rows=PAGE_ROWS
        )
        return sorted(found, key=lambda each: each.id)


def product(row: Struct) -> ProductRecord:
    return ProductRecord(
        id=record_id(row.get("id")),
        name=text(row, "name"),
        sku=text(row, "sku"),
        active=row.get("active") is not False,
        price=optional_amount(row, "price"),
    )
