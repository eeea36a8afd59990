"""ShippingService, DiscountService and WebFormService: what an account has set up, seeded as `AccountOption`.

A row names the method that tells it; `Members` are a struct, or a list of them, as JSON. All values are
texts, as in the recorded replies. Without rows an account has set up nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.account import Work
from sandbox.problems import record_not_found
from sandbox.services.registry import method

OPTIONS = (
    "ShippingService.getFlatRateShippingOption",
    "ShippingService.getOrderTotalShippingOption",
    "ShippingService.getOrderTotalShippingRanges",
    "ShippingService.getProductBasedShippingOption",
    "ShippingService.getOrderQuantityShippingOption",
    "ShippingService.getWeightBasedShippingOption",
    "ShippingService.getUpsShippingOption",
    "DiscountService.getCategoryDiscount",
    "DiscountService.getCategoryAssignmentsForCategoryDiscount",
    "DiscountService.getOrderTotalDiscount",
    "DiscountService.getProductTotalDiscount",
    "DiscountService.getShippingTotalDiscount",
    "DiscountService.getFreeTrial",
)
LISTS: dict[str, Callable[[], Any]] = {
    "ShippingService.getAllShippingOptions": list,
    "InvoiceService.getAllShippingOptions": list,
    "WebFormService.getMap": dict,
}


def _set_up(work: Work, name: str) -> dict[int, Any]:
    """What the method tells, by the id that it is asked for; 0 where it is asked for none."""
    rows = [row for row in work.store.rows("AccountOption") if row["Method"] == name]
    return {int(str(row["Asked"] or 0)): json.loads(str(row["Members"])) for row in rows}


def _option(name: str) -> Callable[[Work, int], Any]:
    def run(work: Work, option_id: int) -> Any:
        found = _set_up(work, name)
        if option_id not in found:
            raise record_not_found(f"Option was not found for Id:{option_id}")
        return found[option_id]

    return run


def _list(name: str, nothing: Callable[[], Any]) -> Callable[[Work], Any]:
    return lambda work: _set_up(work, name).get(0, nothing())


for _name in OPTIONS:
    method(_name, "int")(_option(_name))
for _name, _nothing in LISTS.items():
    method(_name)(_list(_name, _nothing))
