"""Two protocols as one: for each operation the one that needs the fewest calls and is alive.

The other protocol takes over what surely had no effect: a request that never left, a read that got no
answer, a write that was turned away before the CRM. Where an effect is possible its outcome stands, and the
caller probes for it. So nothing here makes anything happen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from crm.contract import Crm
from crm.errors import CrmError, NotSupported, NotWholeYet, OutOfService, Throttled, TransientError
from crm.list_records import DirectoryKind, DirectoryPage
from crm.records import OrderRecord, OrderRef

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
    "create_contact": REST,
    "update_contact": XMLRPC,
    "find_contacts_by_email": XMLRPC,  # looks into all three columns for certain
    "read_contact": XMLRPC,
    "opt_in": REST,
    "add_note": XMLRPC,  # one call; REST names a user of the CRM as its author
    "find_notes": XMLRPC,  # exact look-ups for any title; REST may have to page
    "create_note": XMLRPC,  # takes its date
    "update_note": XMLRPC,  # one call; REST reads the note first
    "list_notes": REST,
    "read_note": REST,
    "create_task": XMLRPC,  # needs no user
    "update_task": XMLRPC,
    "list_tasks": REST,
    "find_tasks": XMLRPC,
    "read_task": REST,
    "find_companies": XMLRPC,
    "create_company": REST,
    "update_company": XMLRPC,
    "read_company": REST,
    "apply_company_tag": REST,
    "list_company_tags": XMLRPC,
    "create_opportunity": REST,
    "update_opportunity": XMLRPC,
    "list_opportunities": REST,
    "read_opportunity": REST,
    "list_stage_moves": REST,
    "create_appointment": XMLRPC,  # takes type, priority and custom fields
    "update_appointment": XMLRPC,
    "read_appointment": XMLRPC,
    "find_appointments": XMLRPC,  # those of all users, for certain
    "sees_all_appointments": XMLRPC,
    "delete_appointment": XMLRPC,
    "complete_appointment": XMLRPC,  # REST has none
    "apply_tags": REST,  # all tags in one call
    "remove_tag": XMLRPC,  # says whether it changed anything
    "find_tags": XMLRPC,  # exact look-ups for any name; REST may have to page
    "load_tags": XMLRPC,
    "create_tag": REST,
    "rename_tag": REST,
    "delete_tag": REST,  # XML-RPC has none
    "list_contact_tags": XMLRPC,  # one call; REST may have to page
    "find_tag_categories": XMLRPC,
    "create_tag_category": REST,
    "run_action_set": XMLRPC,  # REST has none
    "achieve_goal": REST,
    "find_lead_sources": XMLRPC,
    "create_lead_source": REST,
    "find_lead_source_categories": XMLRPC,
    "create_lead_source_category": REST,
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

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        """Every operation that is not written out here."""
        if operation not in FIRST:
            raise AttributeError(operation)

        def call(*args: Any, **kwargs: Any) -> Any:
            orders = [value for value in (*args, *kwargs.values()) if isinstance(value, OrderRef)]
            # REST needs a look-up for an order whose order id is not known.
            first = XMLRPC if any(order.order_id is None for order in orders) else FIRST[operation]
            return self._do(
                first, lambda protocol: getattr(self._protocols[protocol], operation)(*args, **kwargs)
            )

        return call

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
