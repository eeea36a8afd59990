"""ShippingService and WebFormService of an account that has set up no shipping and no forms."""

from __future__ import annotations

from typing import Any

from sandbox.problems import record_not_found
from sandbox.services.registry import method
from sandbox.world import Work

OPTION_METHODS = (
    "getFlatRateShippingOption",
    "getOrderTotalShippingOption",
    "getOrderTotalShippingRanges",
    "getProductBasedShippingOption",
    "getOrderQuantityShippingOption",
    "getWeightBasedShippingOption",
    "getUpsShippingOption",
)


@method("ShippingService.getAllShippingOptions")
def get_all_shipping_options(work: Work) -> list[Any]:
    return []


@method("InvoiceService.getAllShippingOptions")
def get_all_invoice_shipping_options(work: Work) -> list[Any]:
    return []


def _no_option(work: Work, option_id: int) -> None:
    raise record_not_found(f"Shipping option was not found for Id:{option_id}")


for _name in OPTION_METHODS:
    method(f"ShippingService.{_name}", "int")(_no_option)


@method("WebFormService.getMap")
def get_map(work: Work) -> dict[str, str]:
    return {}
