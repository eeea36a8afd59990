"""Orders the CRM makes from its own catalogue: OrderService."""

from __future__ import annotations

from crm.errors import CardCharged
from crm.records import CartOrder, CreatedOrder, OrderRef
from crm.values import Struct, Unexpected, Value, record_id, struct, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import optional_id

NO_CARD = 0  # then nothing is charged
DEFAULT_PAY_PLAN = 0
NOTHING = frozenset({"", "0", "none", "null"})  # how the reply's texts say that there is none
TEST_MODE = "(TESTMODE)"  # how a message of a merchant account in test mode begins


class CartOrderCalls(Service):
    def place_order(self, order: CartOrder) -> CreatedOrder:
        """Have the CRM make the order from its catalogue; no card is charged.

        The title and the time do not go along: the CRM gives its own. Promo codes count only where the CRM
        applies its automatic discounts too, so with a code `specials` is on.

        Repeat: not safe: probe with `list_orders`.
        Raises: CardCharged if the reply shows a charge all the same; the order is made then.
        Docs:   OrderService.placeOrder. Every member of its reply is a text; with no card Successful is
                "false" although the order is made and both ids are filled.
        """

        def parse(value: Value) -> CreatedOrder:
            reply = struct(value)
            # Money moved: an approval, or a success with a reference of the card processor.
            is_test = text(reply, "Message").strip().upper().startswith(TEST_MODE)
            has_reference = text(reply, "RefNum").strip().lower() not in NOTHING
            succeeded = text(reply, "Successful").strip().lower() in {"true", "1"}
            approved = text(reply, "Code").strip().upper() == "APPROVED"
            if not is_test and (approved or (succeeded and has_reference)):
                raise _charged(reply)
            invoice_id, order_id = record_id(reply.get("InvoiceId")), record_id(reply.get("OrderId"))
            return CreatedOrder(ref=OrderRef(invoice_id=invoice_id, order_id=order_id), has_lines=True)

        params: list[Param] = [
            order.contact_id,
            NO_CARD,
            DEFAULT_PAY_PLAN,
            order.product_ids,
            (),
            order.specials or bool(order.promo_codes),
            order.promo_codes,
            order.lead_affiliate_id,
            order.sale_affiliate_id,
        ]
        return self._wire.write("place_order", "OrderService.placeOrder", params, parse)


def _charged(reply: Struct) -> CardCharged:
    order_id, invoice_id = _id_or_none(reply, "OrderId"), _id_or_none(reply, "InvoiceId")
    shown = ", ".join(f"{name} {text(reply, name)!r}" for name in ("Code", "Successful", "RefNum"))
    return CardCharged(
        "The CRM charged a card for this order although it was told to charge none. Look at the order and "
        "its payment in the CRM, put its merchant account in test mode, then let the connection run again.",
        detail=f"Order {order_id}, invoice {invoice_id}: {shown}",
        label="card-charged",
        order_id=order_id,
        invoice_id=invoice_id,
    )


def _id_or_none(reply: Struct, name: str) -> int:
    try:
        return optional_id(reply, name) or 0
    except Unexpected:
        return 0
