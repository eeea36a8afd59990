"""Two protocols as one: for each operation the one that needs the fewest calls and is alive.

The other protocol takes over what surely had no effect: a request that never left, a read that got no
answer, a write that was turned away before the CRM. Where an effect is possible its outcome stands, and the
caller probes for it. So nothing here makes anything happen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from crm.contract import (
    ActionResult,
    AffiliateRecord,
    AppIdentity,
    CartOrder,
    ContactData,
    ContactRecord,
    CreatedOrder,
    Crm,
    CustomField,
    DirectoryKind,
    DirectoryPage,
    DuplicateCheck,
    FieldObject,
    GoalResult,
    Invoice,
    LeadSourceRecord,
    Line,
    LineRecord,
    MerchantMode,
    Money,
    OrderHead,
    OrderRecord,
    OrderRef,
    Payment,
    PaymentRecord,
    ProductRecord,
    TagRecord,
)
from crm.errors import (
    CrmError,
    NotSupported,
    NotWholeYet,
    OutOfService,
    Throttled,
    TransientError,
)

REST, XMLRPC = "rest_v2", "xmlrpc"
PAGE_MARK = " "

# Where one protocol needs fewer calls or says more than the other it is asked first; elsewhere REST, which
# stays when XML-RPC ends.
FIRST: Mapping[str, str] = {
    "probe_credentials": REST,
    "probe_ecommerce": REST,
    "list_payment_types": XMLRPC,  # REST has no list of them
    "read_merchant_mode": REST,
    "read_currency": REST,
    "read_time_zone": REST,
    "list_directory": REST,
    "list_custom_fields": REST,
    "upsert_contact": XMLRPC,  # one call; REST looks the contact up first
    "update_contact": XMLRPC,
    "find_contacts_by_email": XMLRPC,  # looks into all three columns for certain
    "read_contact": XMLRPC,
    "opt_in": REST,
    "add_note": XMLRPC,  # one call; REST names a user of the CRM as its author
    "find_notes": XMLRPC,  # exact look-ups for any title; REST may have to page
    "apply_tags": REST,  # all tags in one call
    "remove_tag": XMLRPC,  # says whether it changed anything
    "find_tags": XMLRPC,  # exact look-ups for any name; REST may have to page
    "load_tags": XMLRPC,
    "create_tag": REST,
    "run_action_set": XMLRPC,  # REST has none
    "achieve_goal": REST,
    "find_lead_sources": XMLRPC,
    "create_lead_source": REST,
    "find_affiliates": XMLRPC,
    "affiliate_exists": REST,
    "create_affiliate": REST,
    "find_products": XMLRPC,
    "find_products_by_sku": XMLRPC,
    "create_product": REST,
    "load_products": XMLRPC,
    "create_order": REST,  # takes lines, fields and notes along
    "place_order": REST,  # carries our marker
    "find_orders": REST,
    "list_orders": REST,
    "order_ids": REST,
    "move_order": REST,  # the invoice goes along for certain
    "add_line": REST,
    "read_lines": REST,
    "record_payment": REST,
    "read_payments": XMLRPC,  # tells the payment's type
    "read_invoice": REST,
    "set_order_fields": XMLRPC,  # one call; REST reads the fields first
}

T = TypeVar("T")


def by_order(operation: str, order: OrderRef) -> str:
    """Return who is asked about an order: REST needs a look-up for one whose order id is not known."""
    return FIRST[operation] if order.order_id is not None else XMLRPC


class AutomaticCrm:
    """Implements `crm.contract.Crm` with two others, of which `alive` tells which answer at this moment.

    One that does not is asked last: its calls are held back at once while its outage is known, so that what
    only it can do waits for it. `awaits_xmlrpc` is false once the vendor has ended XML-RPC for good: what
    REST lacks then fails instead of waiting.
    """

    def __init__(
        self, rest: Crm, xmlrpc: Crm, *, alive: Callable[[str], bool], awaits_xmlrpc: bool = True
    ) -> None:
        self._protocols = {REST: rest, XMLRPC: xmlrpc}
        self._alive = alive
        self._awaits_xmlrpc = awaits_xmlrpc

    def _do(self, first: str, ask: Callable[[str], T]) -> T:
        """Ask the first protocol that is alive, and the other one if that surely had no effect.

        A quota is not asked twice: both protocols share it. Raises: of two refusals, the first that may end
        by waiting.
        """
        refused: CrmError | None = None
        for protocol in self._order(first):
            try:
                return ask(protocol)
            except (Throttled, NotWholeYet):
                raise
            except TransientError as err:
                refused = err if refused is None or isinstance(refused, NotSupported) else refused
            except NotSupported as err:
                refused = refused or err
        assert refused is not None
        raise refused

    def _ask(self, first: str, ask: Callable[[Crm], T]) -> T:
        return self._do(first, lambda protocol: ask(self._protocols[protocol]))

    def _order(self, first: str) -> list[str]:
        order = [first, XMLRPC if first == REST else REST]
        alive = {protocol for protocol in order if self._alive(protocol)}
        if not self._awaits_xmlrpc:
            order = [protocol for protocol in order if protocol == REST or protocol in alive]
        return sorted(order, key=lambda protocol: protocol not in alive)

    def list_directory(self, kind: DirectoryKind, page: str = "") -> DirectoryPage:
        """Return one page of a list; the next page is asked of the protocol that gave this one."""
        begun_by, _, token = page.partition(PAGE_MARK)

        def ask(protocol: str) -> DirectoryPage:
            found = self._protocols[protocol].list_directory(kind, token)
            mark = f"{protocol}{PAGE_MARK}{found.next_page}" if found.next_page else ""
            return replace(found, next_page=mark)

        return ask(begun_by) if begun_by in self._protocols else self._do(FIRST["list_directory"], ask)

    def create_order(
        self,
        head: OrderHead,
        lines: Sequence[Line] = (),
        *,
        fields: Mapping[str, str] | None = None,
        notes: str = "",
    ) -> CreatedOrder:
        return self._ask(
            FIRST["create_order"], lambda crm: crm.create_order(head, lines, fields=fields, notes=notes)
        )

    def find_orders(self, title: str, *, contact_id: int = 0) -> list[OrderRecord]:
        """Return the orders of that title, asking both protocols before "not found".

        What one protocol created the other might show under another title: only one that is known to be out
        of service is done without.
        """
        refused: list[CrmError] = []
        order = self._order(FIRST["find_orders"])
        for protocol in order:
            try:
                found = self._protocols[protocol].find_orders(title, contact_id=contact_id)
            except OutOfService as err:
                refused.append(err)
                continue
            if found:
                return found
        if len(refused) == len(order):
            raise refused[0]
        return []

    def set_order_fields(
        self,
        order: OrderRef,
        values: Mapping[str, str],
        *,
        notes: str | None = None,
        title: str | None = None,
        placed_at: datetime | None = None,
    ) -> None:
        self._ask(
            by_order("set_order_fields", order),
            lambda crm: crm.set_order_fields(order, values, notes=notes, title=title, placed_at=placed_at),
        )

    def probe_credentials(self) -> AppIdentity:
        return self._ask(FIRST["probe_credentials"], lambda crm: crm.probe_credentials())

    def probe_ecommerce(self) -> bool:
        return self._ask(FIRST["probe_ecommerce"], lambda crm: crm.probe_ecommerce())

    def list_payment_types(self) -> list[str]:
        return self._ask(FIRST["list_payment_types"], lambda crm: crm.list_payment_types())

    def read_merchant_mode(self) -> MerchantMode:
        return self._ask(FIRST["read_merchant_mode"], lambda crm: crm.read_merchant_mode())

    def read_currency(self) -> str:
        return self._ask(FIRST["read_currency"], lambda crm: crm.read_currency())

    def read_time_zone(self) -> str:
        return self._ask(FIRST["read_time_zone"], lambda crm: crm.read_time_zone())

    def list_custom_fields(self, of: FieldObject) -> list[CustomField]:
        return self._ask(FIRST["list_custom_fields"], lambda crm: crm.list_custom_fields(of))

    def upsert_contact(self, data: ContactData, check: DuplicateCheck) -> int:
        return self._ask(FIRST["upsert_contact"], lambda crm: crm.upsert_contact(data, check))

    def update_contact(self, contact_id: int, data: ContactData) -> None:
        return self._ask(FIRST["update_contact"], lambda crm: crm.update_contact(contact_id, data))

    def find_contacts_by_email(self, email: str) -> list[ContactRecord]:
        return self._ask(FIRST["find_contacts_by_email"], lambda crm: crm.find_contacts_by_email(email))

    def read_contact(self, contact_id: int) -> ContactRecord:
        return self._ask(FIRST["read_contact"], lambda crm: crm.read_contact(contact_id))

    def opt_in(self, email: str, reason: str) -> bool:
        return self._ask(FIRST["opt_in"], lambda crm: crm.opt_in(email, reason))

    def add_note(self, contact_id: int, title: str, text: str) -> int:
        return self._ask(FIRST["add_note"], lambda crm: crm.add_note(contact_id, title, text))

    def find_notes(self, contact_id: int, title: str) -> list[int]:
        return self._ask(FIRST["find_notes"], lambda crm: crm.find_notes(contact_id, title))

    def apply_tags(self, contact_id: int, tag_ids: Sequence[int]) -> dict[int, bool]:
        return self._ask(FIRST["apply_tags"], lambda crm: crm.apply_tags(contact_id, tag_ids))

    def remove_tag(self, contact_id: int, tag_id: int) -> bool:
        return self._ask(FIRST["remove_tag"], lambda crm: crm.remove_tag(contact_id, tag_id))

    def find_tags(self, name: str) -> list[TagRecord]:
        return self._ask(FIRST["find_tags"], lambda crm: crm.find_tags(name))

    def load_tags(self, tag_ids: Sequence[int]) -> list[TagRecord]:
        return self._ask(FIRST["load_tags"], lambda crm: crm.load_tags(tag_ids))

    def create_tag(self, name: str) -> int:
        return self._ask(FIRST["create_tag"], lambda crm: crm.create_tag(name))

    def run_action_set(self, contact_id: int, action_set_id: int) -> list[ActionResult]:
        return self._ask(FIRST["run_action_set"], lambda crm: crm.run_action_set(contact_id, action_set_id))

    def achieve_goal(self, contact_id: int, integration: str, call_name: str) -> list[GoalResult]:
        return self._ask(
            FIRST["achieve_goal"], lambda crm: crm.achieve_goal(contact_id, integration, call_name)
        )

    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        return self._ask(FIRST["find_lead_sources"], lambda crm: crm.find_lead_sources(name))

    def create_lead_source(self, name: str) -> int:
        return self._ask(FIRST["create_lead_source"], lambda crm: crm.create_lead_source(name))

    def find_affiliates(self, code: str) -> list[AffiliateRecord]:
        return self._ask(FIRST["find_affiliates"], lambda crm: crm.find_affiliates(code))

    def affiliate_exists(self, affiliate_id: int) -> bool:
        return self._ask(FIRST["affiliate_exists"], lambda crm: crm.affiliate_exists(affiliate_id))

    def create_affiliate(self, contact_id: int, code: str, name: str) -> int:
        return self._ask(FIRST["create_affiliate"], lambda crm: crm.create_affiliate(contact_id, code, name))

    def find_products(self, name: str) -> list[ProductRecord]:
        return self._ask(FIRST["find_products"], lambda crm: crm.find_products(name))

    def find_products_by_sku(self, sku: str) -> list[ProductRecord]:
        return self._ask(FIRST["find_products_by_sku"], lambda crm: crm.find_products_by_sku(sku))

    def create_product(self, name: str, sku: str, price: Money) -> int:
        return self._ask(FIRST["create_product"], lambda crm: crm.create_product(name, sku, price))

    def load_products(self, product_ids: Sequence[int]) -> list[ProductRecord]:
        return self._ask(FIRST["load_products"], lambda crm: crm.load_products(product_ids))

    def place_order(self, order: CartOrder) -> CreatedOrder:
        return self._ask(FIRST["place_order"], lambda crm: crm.place_order(order))

    def list_orders(self, contact_id: int, since: datetime) -> list[OrderRecord]:
        return self._ask(FIRST["list_orders"], lambda crm: crm.list_orders(contact_id, since))

    def order_ids(self, contact_id: int) -> list[int]:
        return self._ask(FIRST["order_ids"], lambda crm: crm.order_ids(contact_id))

    def move_order(self, order: OrderRef, contact_id: int) -> bool:
        return self._ask(by_order("move_order", order), lambda crm: crm.move_order(order, contact_id))

    def add_line(self, order: OrderRef, line: Line) -> None:
        return self._ask(by_order("add_line", order), lambda crm: crm.add_line(order, line))

    def read_lines(self, order: OrderRef) -> list[LineRecord]:
        return self._ask(by_order("read_lines", order), lambda crm: crm.read_lines(order))

    def record_payment(self, order: OrderRef, payment: Payment) -> None:
        return self._ask(by_order("record_payment", order), lambda crm: crm.record_payment(order, payment))

    def read_payments(self, order: OrderRef) -> list[PaymentRecord]:
        return self._ask(by_order("read_payments", order), lambda crm: crm.read_payments(order))

    def read_invoice(self, order: OrderRef) -> Invoice:
        return self._ask(by_order("read_invoice", order), lambda crm: crm.read_invoice(order))


if TYPE_CHECKING:

    def _implements(crm: AutomaticCrm) -> Crm:
        return crm
