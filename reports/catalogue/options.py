"""The reports on discounts, shipping options and web forms: what the account has set up.

The CRM writes all their values as text; what is known to be a number or an amount is read as one.
"""

from __future__ import annotations

from reports.catalogue.parameters import id_parameter
from reports.catalogue.report import Report
from reports.catalogue.xmlrpc_calls import Answers, MethodCall
from reports.columns import Column, ColumnType

ID = Column(name="id", type=ColumnType.ID)
KNOWN = (
    ID,
    *(Column(name=name, type=ColumnType.ID) for name in ("productId", "subscriptionPlanId", "specialItemId")),
    Column(name="productCategoryId", type=ColumnType.ID),
    *(Column(name=name, type=ColumnType.DECIMAL) for name in ("amt", "price", "payAmt")),
    *(Column(name=name, type=ColumnType.NUMBER) for name in ("freeTrialDays", "percentOrAmt")),
    *(Column(name=name, type=ColumnType.FLAG) for name in ("orderBased", "international", "active")),
)
ASKED_AS = "asked_id"
ASKED_ID = Column(name=ASKED_AS, type=ColumnType.ID, label="Asked for")
NOT_READ = "The list of REST is not read yet."


def _one(
    name: str,
    number: int,
    title: str,
    area: str,
    says: str,
    method: str,
    label: str,
    *,
    answers: Answers = Answers.ROW,
    differs: str = NOT_READ,
) -> Report:
    """A report on options by their ids, asked for one after the other."""
    return Report(
        name=name,
        number=number,
        title=title,
        area=area,
        says=says,
        parameters=(id_parameter("options", label),),
        columns=(ASKED_ID, *KNOWN),
        is_open=True,
        key=(ASKED_AS,) if answers is Answers.ROW else (),
        xmlrpc=MethodCall(
            method=method,
            params=lambda asked, each: (each,),
            answers=answers,
            each="options",
            each_as=ASKED_AS,
        ),
        differs=differs,
    )


def _all(name: str, number: int, title: str, area: str, method: str) -> Report:
    return Report(
        name=name,
        number=number,
        title=title,
        area=area,
        says="All shipping options of the account.",
        columns=KNOWN,
        is_open=True,
        key=("id",),
        xmlrpc=MethodCall(method=method),
        differs=NOT_READ,
    )


def _discount(name: str, number: int, title: str, says: str, method: str, label: str) -> Report:
    return _one(name, number, title, "Discounts", says, f"DiscountService.{method}", label)


def _shipping(name: str, number: int, title: str, method: str, answers: Answers = Answers.ROW) -> Report:
    differs = "What the settings of REST hold was never published."
    says = "The settings of shipping options."
    service = f"ShippingService.{method}"
    return _one(
        name, number, title, "Shipping", says, service, "Option ID(s)", answers=answers, differs=differs
    )


REPORTS = (
    _discount(
        *("discount-category", 16, "Discount - Category", "Category discounts."),
        *("getCategoryDiscount", "Category Discount ID(s)"),
    ),
    _one(
        *("discount-assignments", 17, "Discount - Category Assignments", "Discounts"),
        "The categories that discounts are assigned to.",
        "DiscountService.getCategoryAssignmentsForCategoryDiscount",
        "Category Discount ID(s)",
        answers=Answers.ROWS,
    ),
    _discount(
        *("discount-order", 18, "Discount - Order's Discount", "Discounts on an order's total."),
        *("getOrderTotalDiscount", "Discount ID(s)"),
    ),
    _discount(
        *("discount-product", 19, "Discount - Product Total", "Discounts on a product's total."),
        *("getProductTotalDiscount", "Product Discount ID(s)"),
    ),
    _discount(
        *("discount-shipping", 20, "Discount - Shipping", "Discounts on shipping."),
        *("getShippingTotalDiscount", "Shipping Discount ID(s)"),
    ),
    _discount(
        *("discount-trial", 21, "Discount - Subscription's Free Trial", "Free trials of subscriptions."),
        *("getFreeTrial", "Trial ID(s)"),
    ),
    _all(
        *("invoice-shipping", 26, "Invoice - Available Shipping Options", "Invoices"),
        "InvoiceService.getAllShippingOptions",
    ),
    _all(
        *("shipping-options", 31, "Shipping - Available Shipping Options", "Shipping"),
        "ShippingService.getAllShippingOptions",
    ),
    _shipping(*("shipping-flat", 32, "Shipping - Flate Rate Shipping Options"), "getFlatRateShippingOption"),
    _shipping(
        *("shipping-quantity", 33, "Shipping - Order Quantity Shipping Options"),
        "getOrderQuantityShippingOption",
    ),
    _shipping(*("shipping-order", 34, "Shipping - Order Shipping Options"), "getOrderTotalShippingOption"),
    _shipping(
        *("shipping-ranges", 35, "Shipping - Order Shipping Ranges"),
        *("getOrderTotalShippingRanges", Answers.ROWS),
    ),
    _shipping(
        *("shipping-product", 36, "Shipping - Product Shipping Options"), "getProductBasedShippingOption"
    ),
    _shipping(*("shipping-ups", 37, "Shipping - UPS Shipping Options"), "getUpsShippingOption"),
    _shipping(
        *("shipping-weight", 38, "Shipping - Weight-Based Shipping Options"), "getWeightBasedShippingOption"
    ),
    Report(
        name="web-forms",
        number=39,
        title="Webform IDs",
        area="Web forms",
        says="The web forms of the account.",
        columns=(Column(name="Id", type=ColumnType.ID), Column(name="Name")),
        key=("Id",),
        xmlrpc=MethodCall(method="WebFormService.getMap", answers=Answers.BY_NAME, names=("Id", "Name")),
        differs=NOT_READ,
    ),
)
