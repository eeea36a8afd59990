"""The reports on invoices and products."""

from __future__ import annotations

from reports.catalogue.parameters import INVOICE, PRODUCTS
from reports.catalogue.report import Report
from reports.catalogue.rest_calls import ResourceList
from reports.catalogue.xmlrpc_calls import Answers, MethodCall
from reports.columns import Column, ColumnType

INVOICE_ID = Column(name="InvoiceId", type=ColumnType.ID)
PRODUCT_ID = Column(name="ProductId", type=ColumnType.ID)

REPORTS = (
    Report(
        name="invoice-due",
        number=23,
        title="Invoice - Amount Due",
        area="Invoices",
        says="What is still owed on invoices.",
        parameters=(INVOICE,),
        columns=(INVOICE_ID, Column(name="AmountDue", type=ColumnType.DECIMAL)),
        key=("InvoiceId",),
        xmlrpc=MethodCall(
            method="InvoiceService.calculateAmountOwed",
            params=lambda asked, each: (each,),
            answers=Answers.VALUE,
            names=("AmountDue",),
            each="invoices",
            each_as="InvoiceId",
        ),
        rest=ResourceList(
            route="GET /v2/orders",
            member="orders",
            query=lambda asked, each: {"filter": f"invoice_id=={each}"},
            paths={"AmountDue": "total_due"},
            each="invoices",
            each_as="InvoiceId",
        ),
    ),
    Report(
        name="payment-options",
        number=24,
        title="Invoice - Available Payment Options",
        area="Invoices",
        says="The types of payment that the account offers.",
        columns=(Column(name="Name"), Column(name="Label")),
        key=("Name",),
        xmlrpc=MethodCall(
            method="InvoiceService.getAllPaymentOptions", answers=Answers.BY_NAME, names=("Name", "Label")
        ),
        differs="REST has no list of them.",
    ),
    Report(
        name="invoice-payments",
        number=25,
        title="Invoice - Payments",
        area="Invoices",
        says="The payments of invoices.",
        parameters=(INVOICE,),
        columns=(
            INVOICE_ID,
            Column(name="Id", type=ColumnType.ID),
            Column(name="ContactId", type=ColumnType.ID),
            Column(name="PayDate", type=ColumnType.TIME),
            Column(name="PayAmt", type=ColumnType.DECIMAL),
        ),
        is_open=True,
        key=("InvoiceId", "Id"),
        xmlrpc=MethodCall(
            method="InvoiceService.getPayments",
            params=lambda asked, each: (each,),
            each="invoices",
            each_as="InvoiceId",
        ),
        differs="The list of REST is not read yet.",
    ),
    Report(
        name="product-inventory",
        number=27,
        title="Product - Inventory",
        area="Products",
        says="How many of products are in stock.",
        parameters=(PRODUCTS,),
        columns=(PRODUCT_ID, Column(name="Inventory", type=ColumnType.NUMBER)),
        key=("ProductId",),
        xmlrpc=MethodCall(
            method="ProductService.getInventory",
            params=lambda asked, each: (each,),
            answers=Answers.VALUE,
            names=("Inventory",),
            each="products",
            each_as="ProductId",
        ),
        rest=ResourceList(
            route="GET /v2/products/{product_id}",
            at=lambda asked, each: (each,),
            paths={"Inventory": "inventory.inventory_count"},
            paged=False,
            each="products",
            each_as="ProductId",
        ),
    ),
)
