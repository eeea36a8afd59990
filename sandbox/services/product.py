"""ProductService: stock. The level is kept in Product.InventoryLimit, which is our assumption."""

from __future__ import annotations

from sandbox.problems import record_not_found
from sandbox.services.registry import method
from sandbox.values import Row
from sandbox.world import Work


@method("ProductService.getInventory", "int")
def get_inventory(work: Work, product_id: int) -> int:
    return _level(_product(work, product_id))


@method("ProductService.incrementInventory", "int")
def increment_inventory(work: Work, product_id: int) -> bool:
    return _move(work, product_id, 1)


@method("ProductService.decrementInventory", "int")
def decrement_inventory(work: Work, product_id: int) -> bool:
    return _move(work, product_id, -1)


@method("ProductService.increaseInventory", "int int")
def increase_inventory(work: Work, product_id: int, quantity: int) -> bool:
    return _move(work, product_id, quantity)


@method("ProductService.decreaseInventory", "int int")
def decrease_inventory(work: Work, product_id: int, quantity: int) -> bool:
    return _move(work, product_id, -quantity)


def _move(work: Work, product_id: int, by: int) -> bool:
    level = _level(_product(work, product_id)) + by
    work.store.change("Product", product_id, {"InventoryLimit": level})
    work.note("product.stock_changed", {"product": product_id}, {"level": level})
    return True


def _level(product: Row) -> int:
    return int(str(product["InventoryLimit"] or 0))


def _product(work: Work, product_id: int) -> Row:
    row = work.store.get("Product", product_id)
    if row is None:
        raise record_not_found(f"Product was not found for Id:{product_id}")
    return row
