"""An account without the e-commerce component: its orders, invoices and payments are closed on every path."""

from __future__ import annotations

import re

from sandbox.options import Options
from sandbox.problems import Fault, no_handler, no_table_access
from sandbox.values import Wire

SERVICES = ("InvoiceService.", "OrderService.")
TABLES = frozenset(
    [
        "CCharge",
        "CreditCard",
        "Invoice",
        "InvoiceItem",
        "InvoicePayment",
        "Job",
        "JobRecurringInstance",
        "OrderItem",
        "PayPlan",
        "PayPlanItem",
        "Payment",
        "RecurringOrder",
    ]
)
PATHS = re.compile(r"/v[12]/orders(/.*)?")


def check_method(options: Options, method: str, arguments: list[Wire]) -> None:
    """Raise the fault of an XML-RPC call that needs the component where the account has none."""
    if options.ecommerce == "open":
        return
    if method.startswith(SERVICES):
        raise (
            no_handler(method) if options.ecommerce == "absent" else Fault(7, "[NoTableAccess]Access denied")
        )
    table = str(arguments[0]) if method.startswith("DataService.") and arguments else ""
    if table in TABLES:
        raise no_table_access(table, "use")


def is_closed(options: Options, path: str) -> bool:
    """Whether a path of REST, which begins with its version, needs the component and lacks it."""
    return options.ecommerce != "open" and PATHS.fullmatch(path) is not None
