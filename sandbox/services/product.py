"""ProductService: stock. The level is kept in Product.InventoryLimit, which is our assumption."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.records import existing
from sandbox.services.registry import method


@method("ProductService.getInventory", "int")
def get_inventory(work: Work, product_id: int) -> int:
    return int(str(existing(work.store, "Product", product_id)["InventoryLimit"] or 0))


@method("ProductService.increaseInventory", "int int")
def increase_inventory(work: Work, product_id: int, quantity: int) -> bool:
    level = get_inventory(work, product_id) + quantity
    work.store.change("Product", product_id, {"InventoryLimit": level})
    work.note("product.stock_changed", {"product": product_id}, {"level": level})
    return True


method("ProductService.decreaseInventory", "int int")(
    lambda work, product_id, quantity: increase_inventory(work, product_id, -quantity)
)
method("ProductService.incrementInventory", "int")(
    lambda work, product_id: increase_inventory(work, product_id, 1)
)
method("ProductService.decrementInventory", "int")(
    lambda work, product_id: increase_inventory(work, product_id, -1)
)
