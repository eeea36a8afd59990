"""ShippingService and WebFormService of an account that has set up no shipping and no forms."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.problems import record_not_found
from sandbox.services.registry import method

OPTION_METHODS = (
    "getFlatRateShippingOption",
    "getOrderTotalShippingOption",
    "getOrderTotalShippingRanges",
    "getProductBasedShippingOption",
    "getOrderQuantityShippingOption",
    "getWeightBasedShippingOption",
    "getUpsShippingOption",
)


def _no_option(work: Work, option_id: int) -> None:
    raise record_not_found(f"Shipping option was not found for Id:{option_id}")


for _name in OPTION_METHODS:
    method(f"ShippingService.{_name}", "int")(_no_option)
method("ShippingService.getAllShippingOptions")(lambda work: [])
method("InvoiceService.getAllShippingOptions")(lambda work: [])
method("WebFormService.getMap")(lambda work: {})
