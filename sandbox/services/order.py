"""OrderService: an order as the shopping cart would make it, from the catalogue's prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.money import rounded
from sandbox.problems import invalid_parameter
from sandbox.records import change_stamped, existing
from sandbox.services.card import NO_CARD, charge_card
from sandbox.services.invoice import add_line, create_blank_order, money
from sandbox.services.registry import method
from sandbox.values import Row, Wire

ONLINE_ORDER = "Online Order"
PRODUCT, SPECIAL, SUBSCRIPTION = 4, 7, 9
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Item:
    kind: int
    product_id: int
    price: Decimal
    quantity: int
    name: str


@method(
    "OrderService.placeOrder",
    "int int int array array boolean array",
    "int int int array array boolean array int int",
)
def place_order(
    work: Work,
    contact_id: int,
    card_id: int,
    pay_plan_id: int,
    product_ids: list[Wire],
    plan_ids: list[Wire],
    process_specials: bool,
    promo_codes: list[Wire],
    lead_affiliate: int = 0,
    sale_affiliate: int = 0,
) -> dict[str, str]:
    """Make the order, then charge the card unless its id is 0. Every member of the reply is text."""
    existing(work.store, "Contact", contact_id)
    items = list(_items(work, product_ids, PRODUCT)) + list(_items(work, plan_ids, SUBSCRIPTION))
    if not items:
        raise invalid_parameter("An order needs a product or a subscription")
    titles = {"fixed": ONLINE_ORDER, "product": items[0].name, "none": ""}
    title = titles[work.options.placed_order_title]
    invoice_id = create_blank_order(work, contact_id, title, crm_now(), lead_affiliate, sale_affiliate)
    for item in items:
        add_line(work, invoice_id, item.product_id, item.kind, item.price, item.quantity, item.name, "")
    if process_specials:
        apply_specials(work, invoice_id, items, [str(code) for code in promo_codes])
    charge = charge_card(work, invoice_id, card_id, "") if card_id else NO_CARD
    return {
        "Successful": "true" if charge.successful else "false",
        "Message": charge.message,
        "RefNum": charge.reference,
        "OrderId": str(existing(work.store, "Invoice", invoice_id)["JobId"]),
        "InvoiceId": str(invoice_id),
        "Code": charge.code,
    }


def _items(work: Work, given: list[Wire], kind: int) -> Iterator[Item]:
    """One item for each id, or for each distinct one with its quantity, in the order given."""
    ids = [int(str(one)) for one in given]
    counted = [(one, 1) for one in ids] if work.options.repeated_ids == "lines" else Counter(ids).items()
    for record_id, quantity in counted:
        if kind == SUBSCRIPTION:
            plan = existing(work.store, "SubscriptionPlan", record_id)
            product, price = existing(work.store, "Product", plan["ProductId"]), money(plan, "PlanPrice")
        else:
            product = existing(work.store, "Product", record_id)
            price = money(product, "ProductPrice")
        yield Item(kind, int(str(product["Id"])), price, quantity, str(product["ProductName"] or ""))


def apply_specials(
    work: Work, invoice_id: int, items: list[Item], codes: list[str], automatic: bool = True
) -> None:
    """Add a line of type special for each discount that applies: automatic, or by a code given."""
    rules = work.store.rows("PromoCode")
    given = {code.casefold() for code in codes if code}
    known = {str(rule["Code"] or "").casefold() for rule in rules}
    if given - known and work.options.unknown_promo_code == "fault":
        raise invalid_parameter(f"Unknown promo code: {', '.join(sorted(given - known))}")
    used = []
    left = sum((item.price * item.quantity for item in items), Decimal(0))
    for rule in rules:
        by_code = str(rule["Code"] or "").casefold() in given
        discount = min(_discount(work, rule, items), left)
        if (by_code or (automatic and rule["Automatic"])) and discount:
            name = str(rule["Name"] or rule["Code"] or "Discount")
            add_line(work, invoice_id, 0, SPECIAL, -discount, 1, name, "")
            left -= discount
            used += [str(rule["Code"])] if by_code else []
    if used:
        change_stamped(work.store, "Invoice", invoice_id, {"PromoCode": ",".join(used)})


def _discount(work: Work, rule: Row, items: list[Item]) -> Decimal:
    """The rule's percentage, or else its amount, of the items it is for, but never more than they cost."""
    wanted = [item for item in items if rule["ProductId"] in (None, 0, item.product_id)]
    base = sum((item.price * item.quantity for item in wanted), Decimal(0))
    share = base * money(rule, "Percent") / HUNDRED if rule["Percent"] else money(rule, "Amount")
    return rounded(work.options, min(share, base))
