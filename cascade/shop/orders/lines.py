"""The lines of the CRM order, to the cent: what the shop charged, in the few forms the CRM can hold.

The sum of the lines is the shop's total less the items that are left out, each of which is named. Nothing is
guessed: what cannot be expressed is a problem with a sentence, found before the first write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from carts.order_data import ChargeKind, OrderData, OrderLineData
from cascade.planning.contact import clean_text
from cascade.planning.rules import Names, Rules
from crm.lengths import OTHER_TEXT
from crm.money import exponent, quantize
from crm.records import LineType
from mappings.models import OrderSettings

TITLE_LENGTH = 150
OTHER_CHARGES = "Other charges, not itemised by the shop"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedLine:
    key: str
    type: LineType
    title: str
    quantity: int
    unit_price: Decimal
    product_id: int = 0
    description: str = ""

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price

    def to_args(self, currency: str) -> dict[str, Any]:
        return {
            "type": self.type.value,
            "title": self.title,
            "description": self.description,
            "quantity": self.quantity,
            "unit_price": str(self.unit_price),
            "currency": currency,
            "product_id": self.product_id,
        }


@dataclass(slots=True)
class OrderLines:
    """`problem` says why there are none; `setting` names the section that cures it, if one does."""

    currency: str
    lines: list[PlannedLine] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # line keys
    total: Decimal = Decimal(0)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    charge_remarks: list[tuple[str, str]] = field(default_factory=list)
    missing: list[OrderLineData] = field(default_factory=list)  # charged, and without a product
    problem: str = ""
    setting: str = ""
    keys: set[str] = field(default_factory=set)  # of the order's lines, sent or not, and of ours

    def say(self, text: str, level: str = "info") -> None:
        self.remarks.append((text, level))


def order_lines(order: OrderData, rules: Rules, names: Names) -> OrderLines:
    """Express an order that has lines and a total. Amounts are rounded to the currency's decimals."""
    assert order.lines is not None and order.total is not None
    money = OrderLines(currency=order.currency, keys={line.key for line in order.lines})
    total = quantize(order.total, order.currency)
    _check_currency(money, order, rules)
    if not money.problem and total < 0:
        money.problem = (
            f"The shop's total is negative ({total} {order.currency}), which no CRM order can hold. Correct "
            "the order in the shop, then send it again."
        )
    rows = _charged_rows(money, order) if not money.problem else []
    if money.problem:
        return money
    left_out_amount = _product_lines(money, order, rows, rules, names)
    for charge in order.charges:
        amount = quantize(charge.amount, order.currency)
        if amount:
            title = clean_text(charge.title, remove_four_byte=rules.removes_four_byte) or charge.kind.value
            _add(money, charge.key, _CHARGE_TYPES[charge.kind], title[:TITLE_LENGTH], amount)
    _balance_remainder(money, order, rows, total - left_out_amount)
    if not any(line.type == LineType.PRODUCT for line in money.lines) and money.left_out:
        money.problem = (
            "None of the order's items has a product in the CRM, and a CRM order must hold at least one. Map "
            "them under Order → Product mapping, then resend."
        )
        money.setting = "products"
    money.total = total - left_out_amount
    if not money.problem and money.total < 0:
        money.problem = (
            "Without the items left out, the discounts are larger than the rest of the order. Map the items "
            "under Order → Product mapping, then resend."
        )
        money.setting = "products"
    return money


def _check_currency(money: OrderLines, order: OrderData, rules: Rules) -> None:
    if order.currency == rules.crm_currency:
        return
    text = f"The shop's amounts are in {order.currency}, the CRM account's in {rules.crm_currency}."
    if rules.other_currency == OrderSettings.OtherCurrency.SEND:
        money.say(f"{text} The numbers were sent as they are, by setting.", "warning")
        return
    money.problem = f"{text} Set the CRM currency, or choose to send the numbers as they are, then resend."
    money.setting = "orders"


# -- products -------------------------------------------------------------------------------------------


def _charged_rows(money: OrderLines, order: OrderData) -> Sequence[OrderLineData]:
    """The rows that were charged: a kit or its components, whichever add up to the subtotal, never both."""
    lines = order.lines or ()
    whole = [line for line in lines if not line.kit_key]
    if len(whole) == len(lines) or order.subtotal is None:
        return whole
    parts = [line for line in lines if not line.kit]
    subtotal = quantize(order.subtotal, order.currency)
    candidates = (whole, parts, list(lines))
    gaps = [abs(_list_sum(rows, order.currency) - subtotal) for rows in candidates]
    nearest = candidates[gaps.index(min(gaps))]  # the first of equals
    if min(gaps) <= _smallest(order.currency) * len(nearest):  # rounding: the remainder accounts for it
        return nearest
    money.problem = (
        "The order holds a kit, and neither the kit's price nor its parts' prices add up to the shop's "
        f"subtotal of {order.subtotal} {order.currency}. Enter this order in the CRM by hand."
    )
    return []


def _list_sum(rows: Sequence[OrderLineData], currency: str) -> Decimal:
    return sum((quantize(row.quantity * row.unit_price, currency) for row in rows), Decimal(0))


def _product_lines(
    money: OrderLines, order: OrderData, rows: Sequence[OrderLineData], rules: Rules, names: Names
) -> Decimal:
    left_out = Decimal(0)
    for row in rows:
        product_id, found = rules.products.get(row.item_id) or 0, names.products.get(row.item_id)
        if not product_id and found is not None and found.crm_id is not None:
            product_id = found.crm_id
            if found.matches > 1:
                text = f"The CRM has {found.matches} products named {found.name}: the oldest is used."
                money.say(text, "warning")
        if not (product_id or row.fee):
            money.missing.append(row)
        amount = quantize(row.quantity * row.unit_price, order.currency)
        if product_id or row.fee or rules.unresolved_lines == OrderSettings.UnresolvedLines.NAMED_LINE:
            money.lines.append(_product_line(row, order.currency, amount, product_id, rules))
            if not (product_id or row.fee):
                money.say(_unresolved(row, "was sent as a line without a product", rules), "warning")
        else:
            money.left_out.append(row.key)
            left_out += amount
            level = "error" if amount else "info"  # a gift that costs nothing changes no sum
            money.say(_unresolved(row, f"was left out ({amount} {order.currency})", rules), level)
    return left_out


def _unresolved(row: OrderLineData, what: str, rules: Rules) -> str:
    keys = "name" + " or SKU" * rules.products_by_sku + " or the line's title" * rules.products_by_title
    return (
        f"Item {row.item_id[:100]} {what}: it has no product mapping, and no CRM product has exactly this "
        f"{keys}. Map it under Order → Product mapping, then resend."
    )


def _product_line(
    row: OrderLineData, currency: str, amount: Decimal, product_id: int, rules: Rules
) -> PlannedLine:
    text = clean_text(row.title, remove_four_byte=rules.removes_four_byte) or row.item_id
    title = text.splitlines()[0].strip()[:TITLE_LENGTH] or row.item_id[:TITLE_LENGTH]
    description = "" if text == title else text[:OTHER_TEXT]
    quantity, price = row.quantity, quantize(row.unit_price, currency)
    whole = quantity == quantity.to_integral_value() and 0 < quantity < 1_000_000
    if not (whole and price * quantity == amount):
        title = f"{title} ({_number(quantity)} × {_number(row.unit_price)})"
        quantity, price = Decimal(1), amount
    return PlannedLine(
        key=row.key,
        type=LineType.PRODUCT if product_id else LineType.SERVICE,
        title=title,
        description=description,
        quantity=int(quantity),
        unit_price=price,
        product_id=product_id,
    )


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


# -- everything else ------------------------------------------------------------------------------------


_CHARGE_TYPES = {
    ChargeKind.SHIPPING: LineType.SHIPPING,
    ChargeKind.TAX: LineType.TAX,
    ChargeKind.SERVICE: LineType.SERVICE,
    ChargeKind.FINANCE_CHARGE: LineType.FINANCE_CHARGE,
    ChargeKind.DISCOUNT: LineType.DISCOUNT,
}


def _balance_remainder(
    money: OrderLines, order: OrderData, rows: Sequence[OrderLineData], expected: Decimal
) -> None:
    """Account for what the lines do not explain: a gift certificate, rounding, or unlisted charges."""
    remainder = expected - sum((line.amount for line in money.lines), Decimal(0))
    certificate = quantize(order.gift_certificate, order.currency)
    smallest = _smallest(order.currency)
    rounding = smallest * (len(order.lines or ()) + len(order.charges))
    if certificate and remainder < -min(rounding, certificate / 2):
        _add(money, "gift-certificate", LineType.DISCOUNT, "Gift certificate", -certificate)
        remainder += certificate
    elif certificate:
        text = "The shop's total does not subtract the gift certificate: it counts as a means of payment."
        money.charge_remarks.append((text, "info"))
    if not remainder:
        return
    # By how much the shop's own subtotal differs from its rounded prices: half a cent a piece at most.
    of_prices = Decimal(0)
    if order.subtotal is not None:
        gap = quantize(order.subtotal, order.currency) - _list_sum(rows, order.currency)
        pieces = sum((row.quantity for row in rows), Decimal(0))
        of_prices = gap if abs(gap) <= smallest * pieces / 2 else of_prices
    # A total may be rounded to five of the smallest unit, as where there are no smaller coins.
    total = quantize(order.total or Decimal(0), order.currency)
    in_cash = abs(remainder) <= 2 * smallest and total % (5 * smallest) == 0
    if min(abs(remainder), abs(remainder - of_prices)) <= rounding or in_cash:
        kind = LineType.SERVICE if remainder > 0 else LineType.DISCOUNT
        _add(money, "rounding", kind, "Rounding", remainder)
    elif not order.lines:
        money.problem = (
            f"The order has no items, and its charges do not come to the shop's total of {order.total} "
            f"{order.currency}. Add them to the order in the shop, then send it again."
        )
    elif remainder > 0:
        _add(money, "other-charges", LineType.SERVICE, OTHER_CHARGES, remainder)
        text = (
            f"The shop's total holds {remainder} {order.currency} that none of its lines explains. They are "
            f"sent as a line “{OTHER_CHARGES}”."
        )
        money.charge_remarks.append((text, "warning"))
    else:
        money.problem = (
            f"The order's lines add up to {-remainder} {order.currency} more than the shop's total, and no "
            "discount explains it. Enter this order in the CRM by hand, or correct it in the shop."
        )


def _smallest(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))


def _add(money: OrderLines, key: str, type: LineType, title: str, amount: Decimal) -> None:
    while key in money.keys:  # a shop may call an item what a charge is called
        key = f"{key}~"
    money.keys.add(key)
    money.lines.append(PlannedLine(key=key, type=type, title=title, quantity=1, unit_price=amount))
