"""From XML-RPC to REST: what a merchant's settings lose by it, what to do instead, and the change-over."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mappings.checks import check_store, connection_check
from mappings.findings import CheckOutcome, mapped_names
from mappings.models import Connection

XMLRPC_ENDS = date(2026, 12, 31)  # the vendor's announcement, as 4spotconsulting.com reports it
Protocol = Connection.Protocol


@dataclass(frozen=True, slots=True)
class Loss:
    """Something REST does not have, and what to do instead."""

    what: str
    instead: str


def rest_losses(connection: Connection) -> Iterator[Loss]:
    """What the connection's settings ask for that REST cannot do; nothing for most."""
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY:
        yield Loss(
            "A legacy API key works on the app's own address alone, which speaks XML-RPC alone.",
            "Make a personal access token or service account key in the CRM (Settings, API), choose that "
            "kind of key and type it above.",
        )
    if connection.contact_action_set_id:
        yield Loss(
            f"The action set {connection.contact_action_set_id} runs on the contact of every order; REST "
            "has no action sets.",
            "Build a campaign in the CRM that starts when a tag is applied, and name that tag under Contact "
            "Tags.",
        )
    yield from _product_losses(connection)
    specials = connection.place_order_specials
    if specials and connection.creation_method == Connection.CreationMethod.PLACE_ORDER:
        yield Loss(
            "placeOrder lets the CRM apply its automatic discounts; over REST it takes promo codes alone.",
            "Give the discount a promo code that the shop sends, or choose addBlankOrder, which sends the "
            "shop's own prices and discounts.",
        )


def connection_move(connection: Connection) -> CheckOutcome:
    """Try REST, and change over to it if it takes the credentials; the answer either way.

    Orders in flight go on: each run reads the protocol anew, and what was begun over one is continued over
    the other. Repeat: safe.
    """
    trial = copy.copy(connection)
    trial.protocol = Protocol.REST
    outcome = connection_check(trial, mapped_names(connection))
    if outcome.accepted:
        Connection.objects.filter(pk=connection.pk).update(protocol=Protocol.REST)
        connection.protocol = Protocol.REST
        check_store(connection, outcome)
    return outcome


def _product_losses(connection: Connection) -> Iterator[Loss]:
    items = list(connection.product_action_sets.values_list("item_id", flat=True)[:4])
    if items:
        named = ", ".join(items[:3]) + (" and others" if len(items) > 3 else "")
        yield Loss(
            f"Action sets run for whoever buys {named}; REST has no action sets.",
            "Start the campaign by a goal (“Goal achievement”) or by a tag (“Product → Contact tags”) of "
            "the same item instead.",
        )
