"""What a merchant's settings lose over REST, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.checks.findings import Finding, FindingLevel, MappedNames
from mappings.models import Connection, ProductActionSet


@dataclass(frozen=True, slots=True)
class RestGap:
    """Something REST does not have, and what to do instead; `field` is where it is set."""

    field: str
    what: str
    instead: str


def rest_gaps(connection: Connection, mapped: MappedNames) -> Iterator[RestGap]:
    """What the settings and tables ask for that REST cannot do; nothing for most."""
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY:
        yield RestGap(
            "credential_kind",
            "A legacy API key works on the app's own address alone, which speaks XML-RPC alone.",
            "Make a personal access token or service account key in the CRM (Settings, API), choose that "
            "kind of key and type it above.",
        )
    if connection.contact_action_set_id:
        yield RestGap(
            "contact_action_set_id",
            f"The action set {connection.contact_action_set_id} runs on the contact of every order; REST "
            "has no action sets.",
            "Build a campaign in the CRM that starts when a tag is applied, and name that tag under Contact "
            "Tags.",
        )
    items = list(dict.fromkeys(row.item_id for row in mapped.of(ProductActionSet)))
    if items:
        named = ", ".join(items[:3]) + (" and others" if len(items) > 3 else "")
        yield RestGap(
            "product_action_sets",
            f"Action sets run for whoever buys {named}; REST has no action sets.",
            "Start the campaign by a goal (“Goal achievement”) or by a tag (“Product → Contact tags”) of "
            "the same item instead.",
        )
    specials = connection.place_order_specials
    if specials and connection.creation_method == Connection.CreationMethod.PLACE_ORDER:
        yield RestGap(
            "place_order_specials",
            "placeOrder lets the CRM apply its automatic discounts; over REST it takes promo codes alone.",
            "Give the discount a promo code that the shop sends, or choose addBlankOrder, which sends the "
            "shop's own prices and discounts.",
        )


def rest_findings(connection: Connection, mapped: MappedNames) -> list[Finding]:
    """The gaps of a connection that speaks REST, each an error where it is set."""
    if connection.protocol != Connection.Protocol.REST:
        return []
    return [
        Finding(FindingLevel.ERROR, gap.field, f"{gap.what} {gap.instead}")
        for gap in rest_gaps(connection, mapped)
    ]
